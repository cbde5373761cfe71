"""How a judged page looks to the clients of a server: pip, uv, poetry, pdm, whatever their version.

What reaches a person differs from client to client, so the reason is told three times: in
the yanked text (PEP 592), in the address of a blocked file, which most of them print, and in
the answer to whoever fetches it (RFC 9457, written by the index). A name that is blocked
whole, or with every release it has, is listed un-yanked, so that every client takes a file,
fetches it and shows why.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from onward.adapters.simple_api import File, Meta, Page
from onward.core.finding import Finding
from onward.core.names import Name
from onward.domain.guard.releases import Judged
from onward.shelves.shown import Blocks, reasons_of

API_VERSION = "1.4"
"""The newest version of the simple API (PEP 792)."""

BLOCKED = "BLOCKED-"
"""How the first part of a blocked file's address begins; the rule follows."""

MADE_UP = "0+blocked."
"""How the version of a made-up file begins, the only one on the page of a name that no index was asked for, or has."""

ROOT = "../.."
"""The server's root, relative to ``/simple/NAME/``, so that pages fit any address of the server."""

_FILES = f"{ROOT}/files"
_LONGEST = 60  # letters of a licence in an address


class ToClients:
    """Writes pages whose files are below ``/files/`` of this server.

    ``mirrors`` is the address of the index whose pages they are; empty for own ones. A mirror
    says which project it tracks, after what that one itself tracks, and hands on the other
    places that its owner named (PEP 708).
    """

    mark = "clients 3"

    def __init__(self, *, mirrors: str = "") -> None:
        self._mirrors = mirrors

    def page(
        self,
        page: Page,
        name: Name,
        versions: Mapping[str, str],
        judged: Judged,
        blocks: Blocks,
    ) -> Page:
        """Give the page with every file below our own addresses; see ``shown.Show``."""
        whole = [f for f in judged.project if blocks(f)]
        reasons = reasons_of(judged.releases, blocks)
        late = reasons_of(judged.files, blocks)
        steps_back = any(v not in reasons and file not in late for file, v in versions.items())
        files: list[File] = []
        for file in page.files:
            version = versions.get(file.filename)
            if version is None:
                continue
            reason = reasons.get(version) or late.get(file.filename)
            if not whole and not reason:
                address = f"{_FILES}/{name}/{_quoted(file.filename)}"
                files.append(_moved(file, name, version, address))
                continue
            found = (*judged.releases.get(version, ()), *judged.files.get(file.filename, ()))
            blocking = whole or [f for f in found if blocks(f)]
            moved = _moved(file, name, version, blocked_address(name, file.filename, blocking))
            yank = not whole and steps_back
            files.append(msgspec.structs.replace(moved, yanked=reason) if yank else moved)
        if whole and not files:  # the index took all of them away
            return self.unasked(name, whole)
        return self._page(page, name, files, tuple(dict.fromkeys(versions.values())))

    def unasked(self, name: Name, found: Sequence[Finding]) -> Page:
        """Give a page with one made-up file, whose version and address say what is wrong."""
        version = f"{MADE_UP}{'.'.join(found[0].rule.split('/')).replace('-', '.')}"
        filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        file = File(filename=filename, url=blocked_address(name, filename, found), size=0)
        return Page(
            meta=Meta(api_version=API_VERSION), name=name, files=(file,), versions=(version,)
        )

    def addressed(self, file: File) -> File:
        """Give the file as it is; see ``shown.Show``."""
        return file

    def _page(self, page: Page, name: Name, files: list[File], versions: tuple[str, ...]) -> Page:
        # PEP 700 wants sizes on every file from version 1.1 on; not every upstream has them
        sized = all(file.size is not None for file in files)
        own = (f"{self._mirrors.rstrip('/')}/{name}/",) if self._mirrors else ()
        return Page(
            meta=Meta(
                api_version=API_VERSION if sized else "1.0",
                tracks=tuple(dict.fromkeys((*page.meta.tracks, *own))),
            ),
            name=name,
            files=tuple(files),
            versions=versions,
            alternate_locations=page.alternate_locations,
            project_status=page.project_status,
        )


def blocked_address(name: Name, filename: str, found: Sequence[Finding]) -> str:
    """Give the address of a file that is not handed out: ``BLOCKED-rule/evidence/name/file``.

    Evidence is the advisory's id, the right name, the day it passes or the licence; the first finding that
    has one names the rule.
    """
    first = next((finding for finding in found if _evidence(finding)), found[0])
    words = (BLOCKED + first.rule.replace("/", "-"), _evidence(first) or "-", name, filename)
    return f"{_FILES}/{'/'.join(quote(word, safe='') for word in words)}"


def _evidence(finding: Finding) -> str:
    ids = finding.facts.get("ids")
    if isinstance(ids, (list, tuple)) and ids:
        return str(ids[0])
    for key in ("meant", "passes", "claim"):
        if finding.facts.get(key):
            return str(finding.facts[key]).partition("T")[0]
    # a slash would be one more part of the address
    return str(finding.facts.get("licence", ""))[:_LONGEST].replace("/", "-")


def _quoted(word: str) -> str:
    """Give a word as a part of an address (RFC 3986, section 2.3); nearly all need no change, and a page has thousands."""
    return word if _UNRESERVED.fullmatch(word) else quote(word, safe="")


_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")


def _moved(file: File, name: Name, version: str, address: str) -> File:
    """Give the file at an address of ours; every wheel has its metadata beside it (PEP 658).

    Its provenance (PEP 740) is below an address of ours too, of the form that PyPI has.
    """
    place = None
    if file.provenance:
        words = (name, version, file.filename)
        place = f"{ROOT}/integrity/{'/'.join(map(_quoted, words))}/provenance"
    told = file.core_metadata or file.dist_info_metadata
    return msgspec.structs.replace(
        file,
        url=address,
        core_metadata=told or (True if file.filename.endswith(".whl") else None),
        dist_info_metadata=None,
        provenance=place,
    )
