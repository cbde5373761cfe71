"""Project pages of the simple repository API: read (JSON or HTML), and written again as JSON.

Sources: PEP 503 (HTML), 592 (yanked), 629 (version), 658/714 (core-metadata), 691 (JSON),
700 (size, upload-time, versions), 708 (tracks, alternate-locations), 740 (provenance), 792 (status). Pages come from outside
and are read with limits; a page that does not fit is an error, never an empty page.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import urljoin

import msgspec

from onward.core.artifact import Artifact, Origin, Status
from onward.core.errors import OutsideFailed
from onward.core.names import Name, is_name, parse_name
from onward.core.net import Request
from onward.core.redact import redact
from onward.domain.guard.advisories import read_version

JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
PAGE_LIMIT = 100_000_000  # bytes; the largest real pages are about 30 MB


# gc=False: a page has thousands, none can be part of a cycle, and looking through them costs a tenth of its building
class File(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", omit_defaults=True, gc=False):
    """One file of a page, as PEP 691 and 700 write it; ``upload_time`` is ISO text or empty."""

    filename: str
    url: str
    # a factory of its own, since this key must be written also when it is empty (PEP 691)
    hashes: dict[str, str] = msgspec.field(default_factory=lambda: {})  # noqa: PIE807
    requires_python: str | None = None
    size: int | None = None
    upload_time: str | None = None
    yanked: bool | str = False
    gpg_sig: bool | None = None
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None
    provenance: str | None = None


class ProjectStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The status marker of a project (PEP 792)."""

    status: str = "active"
    reason: str = ""


class Meta(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", omit_defaults=True):
    """The ``meta`` object of a page; ``tracks`` are the pages it mirrors (PEP 708)."""

    # this key must always be there (PEP 629), so it may not equal its default
    api_version: str = msgspec.field(default_factory=lambda: "1.0")
    tracks: tuple[str, ...] = ()


class Page(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", omit_defaults=True):
    """One project page. Field names are those of PEP 691."""

    meta: Meta
    name: str
    files: tuple[File, ...]
    versions: tuple[str, ...] | None = None
    alternate_locations: tuple[str, ...] = ()
    project_status: ProjectStatus | None = None

    @property
    def status(self) -> Status:
        """The project's status; one that the standard does not know counts as active."""
        word = self.project_status.status if self.project_status else "active"
        return Status(word) if word in tuple(Status) else Status.active


_page_decoder = msgspec.json.Decoder(Page)
_page_encoder = msgspec.json.Encoder()


def ask(index: str, name: Name, *, etag: str = "", modified: str = "") -> Request:
    """Give the request for a project's page on ``index`` (any trailing slash)."""
    headers = {"Accept": _ACCEPT}
    if etag:
        headers["If-None-Match"] = etag
    elif modified:
        headers["If-Modified-Since"] = modified
    return Request(url=f"{index.rstrip('/')}/{name}/", headers=headers, limit=PAGE_LIMIT)


def read_page(body: bytes, content_type: str, url: str, name: Name) -> Page:
    """Read a page in either form; file addresses come out absolute, those off the web are left out.

    Raises OutsideFailed (``bad-page``) when it is neither, or speaks of a major version
    other than 1, or of another project.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json") or body[:1] == b"{":
        page = _read_json(body, url)
    elif "html" in kind or body.lstrip()[:1] == b"<":
        from onward.adapters.simple_api.html import read_html  # rare today, and its parser is not

        page = read_html(body, url, name)
    else:
        raise bad_page(url, f"its content type is `{kind or 'missing'}`")
    if page.meta.api_version.partition(".")[0] != "1":
        raise bad_page(
            url, f"it speaks version {page.meta.api_version} of the API; onward knows version 1"
        )
    if not is_name(page.name) or parse_name(page.name) != name:
        raise bad_page(url, f"it is the page of `{page.name}`")
    files = (file if _is_plain(file) else _sound(_absolute(file, url)) for file in page.files)
    return msgspec.structs.replace(
        page,
        files=tuple([file for file in files if file.url.startswith(_WEB)]),
        meta=msgspec.structs.replace(page.meta, tracks=_elsewhere(page.meta.tracks)),
        alternate_locations=_elsewhere(page.alternate_locations),
    )


def write_page(page: Page) -> bytes:
    """Give the page as PEP 691 JSON."""
    return _page_encoder.encode(page)


def decode_page(body: bytes) -> Page:
    """Read a page that ``write_page`` wrote, as it stands."""
    return _page_decoder.decode(body)


def version_of(filename: str, name: Name) -> str | None:
    """Give the version text in a file name, or None for files that are no distribution of ``name``.

    Wheels follow the binary distribution format; sdists are ``name-version.tar.gz`` or
    ``.zip``, where old names may hold dashes of their own. A name that is no plain file name
    (a path, control characters, hundreds of letters) is none either.
    """
    if not _PLAIN_NAME.fullmatch(filename):
        return None
    if filename.endswith(".whl"):
        parts = filename.split("-")
        own = len(parts) in (5, 6) and _is_spelled(parts[0], name)
        return parts[1].replace("_", "-") if own else None
    for ending in (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz"):
        if filename.endswith(ending):
            return _sdist_version(filename[: -len(ending)], name)
    return None


def named_in(filename: str) -> Name | None:
    """Give the project that a file name speaks of; None when it is no distribution's.

    The version of an sdist is taken to have no dash, as is so since PEP 625.
    """
    wheel = filename.endswith(".whl")
    head = filename.partition("-")[0] if wheel else filename.rpartition("-")[0]
    name = parse_name(head) if is_name(head) else None
    return name if name is not None and version_of(filename, name) is not None else None


_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,239}")
"""What every disk and every address can hold; no tool that builds distributions writes other names."""


def versions_of(page: Page, name: Name) -> dict[str, str]:
    """Give the version of each file (by file name) that is a distribution of ``name``.

    Equal versions (``1.0``, ``1.0.0``, PEP 440) have one text, since they are one release
    for whoever resolves; it is the first one's, normalised.
    """
    labels: dict[str, str] = {}
    texts: dict[
        str, str
    ] = {}  # the files of a release repeat its version, and a page has thousands
    found: dict[str, str] = {}
    usual = _usual(name)
    for file in page.files:
        read_off = usual(file.filename)
        text = read_off[1] if read_off else version_of(file.filename, name)
        if text is None:
            continue
        label = texts.get(text)
        if label is None:
            read = read_version(text)
            label = texts[text] = labels.setdefault(read.canonical, read.text)
        found[file.filename] = label
    return found


@lru_cache(maxsize=64)
def _usual(name: Name) -> Callable[[str], re.Match[str] | None]:
    """Give what reads the version off the usual file names of a project, in one step where ``version_of`` takes several."""
    spelled = re.escape(name.replace("-", "_"))
    wheel = r"(?:-[A-Za-z0-9.+!_]{1,60}){3}\.whl"
    pattern = rf"(?=.{{1,240}}\Z){spelled}-([A-Za-z0-9.+!]{{1,60}})(?:\.tar\.gz|{wheel})"
    return re.compile(pattern, re.ASCII).fullmatch


def artifacts_of(
    page: Page, name: Name, index: str, versions: Mapping[str, str] | None = None
) -> dict[str, list[Artifact]]:
    """Give a page's files as artifacts, grouped by version, in the page's order.

    ``versions`` is what ``versions_of`` gives for this page, where it is at hand.
    """
    releases: dict[str, list[Artifact]] = {}
    versions = versions_of(page, name) if versions is None else versions
    for file in page.files:
        version = versions.get(file.filename)
        if version is None:
            continue
        artifact = Artifact(
            name=name,
            version=version,
            source=index,
            origin=Origin.registry,
            filename=file.filename,
            url=file.url,
            sha256=file.hashes.get("sha256"),
            size=file.size,
            uploaded=read_time(file.upload_time),
            yanked=None if file.yanked is False else ("" if file.yanked is True else file.yanked),
            requires_python=file.requires_python,
            attested=file.provenance is not None,
        )
        releases.setdefault(version, []).append(artifact)
    return releases


def read_time(text: str | None) -> dt.datetime | None:
    """Read an ISO time of PEP 700; None when it is missing, unreadable or without a zone."""
    if not text:
        return None
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


def _read_json(body: bytes, url: str) -> Page:
    try:
        return _page_decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise bad_page(url, f"its JSON does not fit PEP 691: {error}") from error


def _is_plain(file: File) -> bool:
    """Whether a file can stay as it was read, which is so for nearly all of the thousands on a page."""
    url, size, time = file.url, file.size, file.upload_time
    return (
        url.startswith(_WEB)
        and not _may_be_none(url)
        and file.provenance is None
        and (size is None or 0 <= size <= _LARGEST)
        and (time is None or _PLAIN_TIME.fullmatch(time) is not None)
    )


def _absolute(file: File, page_url: str) -> File:
    """Give the file with full addresses; provenance that is nowhere on the web is none."""
    if not file.url.startswith(_WEB) or _may_be_none(file.url):
        file = msgspec.structs.replace(file, url=_joined(page_url, file.url))
    if file.provenance is not None:
        place = _joined(page_url, file.provenance)
        file = msgspec.structs.replace(file, provenance=place if _on_the_web(place) else None)
    return file


def _may_be_none(address: str) -> bool:
    """Whether an address has what may make it none at all, to be looked at closely: a host of odd letters or brackets."""
    return not address.isascii() or "[" in address or "]" in address


def _joined(page_url: str, address: str) -> str:
    try:
        return urljoin(page_url, address)
    except ValueError:
        return ""


def _sound(file: File) -> File:
    """Give the file without a time or a size that nobody can read; a resolver would refuse the whole page."""
    if file.size is not None and not 0 <= file.size <= _LARGEST:
        file = msgspec.structs.replace(file, size=None)
    if file.upload_time is None or _PLAIN_TIME.fullmatch(file.upload_time):
        return file
    time = read_time(file.upload_time)
    odd = time is None or not 1970 <= time.year < 9999
    return msgspec.structs.replace(file, upload_time=None) if odd else file


_LARGEST = 2**53 - 1  # what every reader of JSON can count to (RFC 8259, section 6)


_PLAIN_TIME = re.compile(
    r"(?:19[7-9]|2[0-9]{2})[0-9]-[01][0-9]-[0-3][0-9]T[0-9:]{8}(?:\.[0-9]{1,9})?Z"
)


_WEB = ("https://", "http://")


def _on_the_web(address: str) -> bool:
    return address.startswith(_WEB)


def _elsewhere(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Give those of the addresses of PEP 708 that are addresses: they must be absolute."""
    return tuple(address for address in addresses if _on_the_web(address))


def _sdist_version(stem: str, name: Name) -> str | None:
    at = stem.rfind("-")
    while at > 0:
        if _is_spelled(stem[:at], name):
            return stem[at + 1 :]
        at = stem.rfind("-", 0, at)
    return None


def _is_spelled(text: str, name: Name) -> bool:
    """Whether ``text`` is ``name`` in some spelling; most often it is the very same."""
    return text == name or (is_name(text) and parse_name(text) == name)


def bad_page(url: str, why: str) -> OutsideFailed:
    """Give the error for a page that cannot be used."""
    return OutsideFailed(
        "bad-page", f"`{redact(url)}` is not a usable project page", context=(why,)
    )
