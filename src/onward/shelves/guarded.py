"""Pages as the policy lets them be seen: each release judged once, when the page is built.

The judged page is kept on disk under everything that could change it, so that the next
request costs a comparison. How it looks is in ``shelves.shown``.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from onward.adapters import simple_api
from onward.adapters.simple_api import File, Page
from onward.core.artifact import Artifact, Status
from onward.core.disk import sha256_of
from onward.core.errors import OutsideFailed
from onward.core.finding import Finding
from onward.core.names import Name
from onward.domain.guard.releases import Judged
from onward.domain.guard.setting import Index
from onward.shelves.page_folder import PageFolder
from onward.shelves.shelf import Sheet, Source
from onward.shelves.shown import Show, empty_page

RULES_VERSION = 7
"""Raise this when the rules or the form of a kept view change, so that old views are judged anew."""

PRIVATE = "guard/private-name"
NEVER_SHOWN = ("guard/malicious", PRIVATE, "guard/quarantined")


class PageJudge(Protocol):
    """Who judges: the rules with the policy, the data and the project's lock behind them."""

    @property
    def now(self) -> dt.datetime:
        """The current time, aware."""

    def digest(self, name: Name) -> str:
        """Give a text that changes when a judgement on ``name`` could, other than by its page or the time."""

    def on_name(self, name: Name, index: Index) -> tuple[Finding, ...]:
        """Judge a name before any page is asked for."""

    def on_releases(
        self, name: Name, releases: Mapping[str, Sequence[Artifact]], index: Index, status: Status
    ) -> Judged:
        """Judge all releases of a project."""

    def blocks(self, finding: Finding) -> bool:
        """Say whether the policy lets this finding stop an installation."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A judged page. ``mark`` is its ETag without quotes; ``until`` when it must be judged anew.

    ``since`` is when it was judged (seconds since 1970): if that is still to come, the clock was
    wrong then, and what it let through for its age may be too new.
    """

    mark: str
    context: str
    judged: Judged
    until: dt.datetime | None = None
    since: float = 0.0

    def counts_at(self, now: float) -> bool:
        """Whether the judgement holds at ``now`` (seconds since 1970)."""
        return self.since <= now and (self.until is None or now < self.until.timestamp())


class Guarded:
    """The pages of one index as the policy shows them.

    ``show`` writes a judged page for whoever reads it. With ``ask_anyway`` the index is asked
    for blocked names too, so that a page can list their files; never for private ones.
    """

    def __init__(
        self,
        source: Source,
        index: Index,
        judge: PageJudge,
        folder: Path,
        *,
        show: Show,
        ask_anyway: bool = False,
    ) -> None:
        self.index = index
        self._source = source
        self._judge = judge
        self._show = show
        self._ask_anyway = ask_anyway
        self._folder = PageFolder(folder / sha256_of(index.address.encode())[:16])

    def view(self, name: Name) -> View | None:
        """Give the judgement on a project's page without its body; None when the index does not know it.

        A blocked name is answered without asking the index, so that a private name or a
        slip of the keyboard never leaves the machine.
        """
        digest = self._judge.digest(name)  # first: the policy may change while the index is asked
        named = self._judge.on_name(name, self.index)
        blocked = [f for f in named if self._judge.blocks(f)]
        mark = None
        if all(map(self._may_ask, blocked)):
            mark = self._source.mark(name)
        if mark is None:
            self._folder.remove(name)  # of a time when there was a page
            return _unasked(named) if blocked else None
        context = f"{RULES_VERSION} {mark} {self._show.mark} {self.index.public} {digest}"
        kept = self._kept(name)
        if (
            kept is not None
            and kept.context == context
            and kept.counts_at(self._judge.now.timestamp())
        ):
            return kept
        built = self._build(name, named, context)
        return built[0] if built else None

    def body(self, name: Name, view: View) -> bytes:
        """Give the page that belongs to ``view``, as PEP 691 JSON.

        Another onward with another policy may have put its own in the folder since.
        """
        if not view.context:
            return simple_api.write_page(self._show.unasked(name, view.judged.project))
        body = self._folder.body(name)
        if body is not None and _hash(body) == view.mark:
            return body
        built = self._build(name, self._judge.on_name(name, self.index), view.context)
        if built is None:
            raise OutsideFailed("page-gone", f"{self.index.address} has lost `{name}` just now")
        return built[1]

    def names(self) -> Iterator[Name]:
        """Give the names of which a judged page is on disk, or that are known to be there.

        One may come twice. Raises OutsideFailed (``store-failed``).
        """
        yield from self._source.names()
        yield from self._folder.names()

    def asked(self, name: Name) -> float | None:
        """Give when the index last answered for a name, in seconds since 1970; None when it never did."""
        return self._source.asked(name)

    def listed(self, name: Name, *, anew: bool) -> tuple[Artifact, ...] | None:
        """Give every file that the index lists of a project, unjudged; None when it does not know the name.

        Without ``anew`` only a page on disk is looked at, however old it is. With it an
        unknown name is asked for, even if it was unknown a moment ago.
        """
        if anew and self._source.page(name) is None and name in self._source.recalled:
            self._source.forget(name)
        page = self._read(name, self._source.page(name) if anew else self._source.kept(name))
        if page is None:
            return None
        releases = simple_api.artifacts_of(page, name, self.index.address)
        return tuple(file for files in releases.values() for file in files)

    def last_judged(self, name: Name) -> Judged | None:
        """Give what was found when a page was last judged, however long ago; None when none is on disk."""
        kept = self._kept(name)
        return kept.judged if kept else None

    def blocks(self, finding: Finding) -> bool:
        """Say whether the policy lets this finding stop an installation."""
        return self._judge.blocks(finding)

    def original(self, name: Name, filename: str) -> File | None:
        """Give a file as the index itself lists it, from the page on disk where there is one."""
        for sheet in (self._source.kept, self._source.page):
            page = self._read(name, sheet(name))
            found = page and next((f for f in page.files if f.filename == filename), None)
            if found:
                return found
        return None

    def ask_again(self) -> bool:
        """Forget which names were unknown; whether there were any that were not asked for this time."""
        recalled = list(self._source.recalled)
        for name in recalled:
            self._source.forget(name)
        return bool(recalled)

    def open_body(self, name: Name) -> bytes | None:
        """Give the page with nothing held back but malware, quarantine and private names.

        Only to find out what a resolution failed for; nothing is installed from it. A slip of
        the keyboard has an empty page too: like a private name it never leaves the machine.
        """
        view = self.view(name)
        if view is None:
            return None
        if any(f.rule in (*NEVER_SHOWN, "guard/lookalike") for f in view.judged.project):
            return simple_api.write_page(empty_page(name))
        page = self._page(name)
        if page is None:
            return None
        versions = simple_api.versions_of(page, name)
        files = tuple(
            self._show.addressed(file)
            for file in page.files
            if file.filename in versions
            and not any(
                f.rule in NEVER_SHOWN for f in view.judged.releases.get(versions[file.filename], ())
            )
        )
        return simple_api.write_page(msgspec.structs.replace(page, files=files))

    def _may_ask(self, finding: Finding) -> bool:
        return self._ask_anyway and finding.rule != PRIVATE

    def _page(self, name: Name) -> Page | None:
        return self._read(name, self._source.page(name))

    def _read(self, name: Name, sheet: Sheet | None) -> Page | None:
        if sheet is None:
            return None
        try:
            return simple_api.read_page(sheet.body, sheet.content_type, sheet.url, name)
        except OutsideFailed:
            self._source.forget(name)  # what is no page may be one the next time
            raise

    def _build(
        self, name: Name, named: tuple[Finding, ...], context: str
    ) -> tuple[View, bytes] | None:
        page = self._page(name)
        if page is None:
            return None
        versions = simple_api.versions_of(page, name)
        releases = simple_api.artifacts_of(page, name, self.index.address, versions)
        since = self._judge.now.timestamp()
        judged = self._judge.on_releases(name, releases, self.index, page.status)
        judged = msgspec.structs.replace(judged, project=(*named, *judged.project))
        shown = self._show.page(page, name, versions, judged, self._judge.blocks)
        body = simple_api.write_page(shown)
        view = View(
            mark=_hash(body), context=context, judged=judged, until=judged.until, since=since
        )
        # what was judged while the policy changed is not kept: a part of it may be by the one before
        if context.endswith(f" {self._judge.digest(name)}"):
            self._folder.write(name, msgspec.json.encode(view), body)
        return view, body

    def _kept(self, name: Name) -> View | None:
        head = self._folder.head(name)
        try:
            return _view_decoder.decode(head) if head else None
        except msgspec.MsgspecError:
            return None


_view_decoder = msgspec.json.Decoder(View)


def _unasked(named: tuple[Finding, ...]) -> View:
    """Give the view of a name that is blocked, and of which no page is known."""
    judged = Judged(project=named)
    return View(mark=f"blocked-{_hash(msgspec.json.encode(judged))}", context="", judged=judged)


def _hash(content: bytes) -> str:
    return sha256_of(content)[:32]
