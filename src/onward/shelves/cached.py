"""Pages kept on disk: fresh ones cost one small read, old ones one conditional request."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import msgspec

from onward.adapters import simple_api
from onward.core.disk import sha256_of
from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.core.net import Response
from onward.shelves.page_folder import PageFolder
from onward.shelves.shelf import Sheet
from onward.shelves.upstream import Upstream, refused_by

FRESH_FOR = 600.0
"""Seconds; what the public index itself tells its clients (Cache-Control: max-age=600)."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a kept page; ``fetched`` is seconds since 1970, ``missing`` a remembered 404."""

    url: str
    content_type: str
    mark: str
    fetched: float
    etag: str = ""
    modified: str = ""
    missing: bool = False


class Cached:
    """Keeps the pages of one upstream in ``folder``, one file each: a JSON line, then the body.

    ``serve_old`` gives the old page where the upstream cannot be asked, or answers with what is
    no page, instead of raising; either way an old page is never given up for what is none.
    ``odd`` hears of such answers.
    Unknown names are kept there too; with ``most_unknown`` so many of them in memory instead,
    since whoever asks a server for names that do not exist must not fill its disk.
    ``recalled`` are the names that were answered as unknown from memory, by this object.
    """

    def __init__(
        self,
        source: Upstream,
        folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        fresh_for: float = FRESH_FOR,
        offline: bool = False,
        serve_old: bool = False,
        most_unknown: int | None = None,
        odd: Callable[[OutsideFailed], None] = lambda _: None,
    ) -> None:
        self._odd = odd
        self._most_unknown = most_unknown
        self._unknown: OrderedDict[Name, Kept] = OrderedDict()
        self._lock = threading.Lock()
        self.address = source.address
        self._source = source
        self._folder = PageFolder(folder / sha256_of(source.address.encode())[:16])
        self._clock = clock
        self._fresh_for = fresh_for
        self._offline = offline
        self._serve_old = serve_old
        self.recalled: set[Name] = set()

    def names(self) -> tuple[Name, ...]:
        """Give no name: what was asked for is known, what the index has is not."""
        return ()

    def mark(self, name: Name) -> str | None:
        """Give the mark of the current page (None: unknown name) without reading its body when it is fresh."""
        kept = self._kept(name)
        if kept is not None and not kept.missing and self._is_fresh(kept):
            return kept.mark
        sheet = self.page(name)
        return sheet.mark if sheet else None

    def forget(self, name: Name) -> None:
        """Do not believe what is kept of a name: the next time it is asked for."""
        self._folder.remove(name)
        with self._lock:
            self._unknown.pop(name, None)
            self.recalled.discard(name)

    def kept(self, name: Name) -> Sheet | None:
        """Give the page that is on disk, however old, or None; asks nobody."""
        kept = self._kept(name)
        return None if kept is None or kept.missing else self._read(name, kept)

    def asked(self, name: Name) -> float | None:
        """Give when the index last answered for a name, in seconds since 1970; None when it never did."""
        kept = self._kept(name)
        return None if kept is None else kept.fetched

    def page(self, name: Name) -> Sheet | None:
        """Give the page, from disk while it is fresh, else revalidated; raises when it could not look."""
        kept = self._kept(name)
        fresh = kept is not None and self._is_fresh(kept)
        if kept is not None and kept.missing:
            if fresh:
                self.recalled.add(name)
                return None
            kept = None
        old = self._read(name, kept) if kept is not None else None
        if fresh and old is not None:
            return old
        if self._offline:
            raise OutsideFailed(
                "offline",
                f"no page of `{name}` from `{self.address}` is kept here, and onward is told to stay offline",
                hint="It is asked once onward may be online: see ONWARD_OFFLINE, and `offline` of a server.",
            )
        asked = kept if old is not None else None  # a damaged copy must not be confirmed by a 304
        try:
            answer = self._ask(name, asked)
        except OutsideFailed:
            if old is not None and self._serve_old:
                return old
            raise
        if answer is None:
            self._note_unknown(name)
            return None
        new, response = answer
        sheet = new or old
        if sheet is None:
            raise refused_by(self.address, response.status)
        confirmed = asked if new is None else None
        found = Kept(
            url=sheet.url,
            content_type=sheet.content_type,
            mark=sheet.mark,
            fetched=self._clock(),
            etag=response.headers.get("etag", confirmed.etag if confirmed else ""),
            modified=response.headers.get("last-modified", confirmed.modified if confirmed else ""),
        )
        self._write(name, found, sheet.body)
        return sheet

    def _ask(self, name: Name, asked: Kept | None) -> tuple[Sheet | None, Response] | None:
        """Ask the index; what would take the place of a page that is kept must be one itself."""
        answer = self._source.ask(
            name, etag=asked.etag if asked else "", modified=asked.modified if asked else ""
        )
        new = answer[0] if answer else None
        if asked is not None and new is not None and new.mark != asked.mark:
            try:
                simple_api.read_page(new.body, new.content_type, new.url, name)
            except OutsideFailed as error:
                self._odd(error)
                raise
        return answer

    def _note_unknown(self, name: Name) -> None:
        missing = Kept(url="", content_type="", mark="", fetched=self._clock(), missing=True)
        if self._most_unknown is None:
            self._write(name, missing, b"")
            return
        self._folder.remove(name)
        with self._lock:
            self._unknown[name] = missing
            self._unknown.move_to_end(name)
            if len(self._unknown) > self._most_unknown:
                oldest, _ = self._unknown.popitem(last=False)
                self.recalled.discard(oldest)

    def _is_fresh(self, kept: Kept) -> bool:
        return self._offline or 0 <= self._clock() - kept.fetched < self._fresh_for

    def _kept(self, name: Name) -> Kept | None:
        if (missing := self._unknown.get(name)) is not None:
            return missing
        head = self._folder.head(name)
        try:
            return msgspec.json.decode(head, type=Kept) if head else None
        except msgspec.MsgspecError:
            return None

    def _read(self, name: Name, kept: Kept) -> Sheet | None:
        body = self._folder.body(name)
        if body is None or sha256_of(body) != kept.mark:
            return None  # damaged on disk; it will be fetched anew
        return Sheet(url=kept.url, content_type=kept.content_type, mark=kept.mark, body=body)

    def _write(self, name: Name, kept: Kept, body: bytes) -> None:
        with self._lock:
            self._unknown.pop(name, None)
        self._folder.write(name, msgspec.json.encode(kept), body)
