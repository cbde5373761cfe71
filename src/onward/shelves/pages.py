"""Pages ready to send: built once, compressed, and kept in memory until something could change them."""

import contextlib
import gzip
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from onward.adapters import simple_api
from onward.adapters.simple_api import File, Page
from onward.core.finding import Finding
from onward.core.names import Name
from onward.domain.guard.releases import Judged
from onward.shelves.guarded import Guarded, View
from onward.shelves.merged import Merged
from onward.shelves.to_clients import BLOCKED

_LEVEL = 6  # of compression; higher ones cost far more than they save
_EMPTY, _LISTED = (
    2_000,
    700,
)  # bytes of memory for a page without its forms, and for each file in a table


class Head(NamedTuple):
    """An entity tag, and the headers that go with it: as pairs, and as the lines that HTTP/1.1 makes of them."""

    etag: str
    headers: tuple[tuple[bytes, bytes], ...]
    lines: bytes


class Ready:
    """One page in the forms that clients ask for, and when it must be looked at again.

    ``json`` and ``html`` are compressed; the HTML form and the table of files are made when
    someone first wants them. ``edition`` is the number of the policy and the feed it was
    judged under, ``checked`` the monotonic second when its index was last asked. ``stale`` is
    when the index last answered (seconds since 1970) if that is too long ago, since it cannot
    be asked; else None. ``heads`` is room for whoever sends the page: by content type and
    compression.
    """

    __slots__ = (
        "checked",
        "edition",
        "files",
        "heads",
        "html",
        "json",
        "name",
        "owner",
        "stale",
        "view",
        "weight",
    )

    def __init__(
        self, name: Name, owner: Guarded, view: View, json: bytes, *, edition: int, checked: float
    ) -> None:
        self.name = name
        self.owner = owner
        self.view = view
        self.edition = edition
        self.checked = checked
        self.json = json
        self.html: bytes | None = None
        self.files: dict[str, File] | None = None
        self.heads: dict[tuple[str, bool], Head] = {}
        self.stale: float | None = None
        self.weight = _EMPTY + len(json)  # bytes of memory, about

    def page(self) -> Page:
        """Give the page as clients see it, with addresses relative to its own."""
        return simple_api.decode_page(gzip.decompress(self.json))

    def blocking(self, file: File) -> tuple[Finding, ...]:
        """Give what holds back a file of this page; empty when it may be had."""
        if f"/{BLOCKED}" not in file.url:
            return ()
        found = self.findings(file)
        return tuple(f for f in found if self.owner.blocks(f)) or found

    def findings(self, file: File) -> tuple[Finding, ...]:
        """Give all that was found on a file: on its project, its release, itself."""
        version = simple_api.version_of(file.filename, self.name) or ""
        judged = self.view.judged
        return (
            *judged.project,
            *(judged.on(version) if version else ()),
            *judged.files.get(file.filename, ()),
        )

    @property
    def index(self) -> str:
        """The address of the index it is from."""
        return self.owner.index.address

    def original(self, filename: str) -> File | None:
        """Give a file as its own index lists it."""
        return self.owner.original(self.name, filename)


class Pages:
    """The pages of a server; safe to share between threads.

    ``edition`` gives the number of the present policy and feed, ``now`` the present second
    since 1970. A page is asked for upstream again after ``fresh_for`` seconds, and served as
    it is while that happens.
    """

    def __init__(
        self,
        merged: Merged,
        *,
        edition: Callable[[], int],
        now: Callable[[], float] = time.time,
        fresh_for: float = 600.0,
        most_bytes: int = 128_000_000,
    ) -> None:
        self.ahead: Callable[[Ready], bool] = lambda _: False
        """Hears of a new page before anyone sees it, and says whether it must be judged anew."""
        self._merged = merged
        self._edition = edition
        self._now = now
        self._fresh_for = fresh_for
        self._most = most_bytes
        self._kept: OrderedDict[Name, Ready] = OrderedDict()
        self._weight = 0
        self.hits = self.misses = 0
        self._changes = 0
        self._lock = threading.Lock()
        self._turns: dict[Name, tuple[threading.Lock, int]] = {}

    def hit(self, name: Name) -> tuple[Ready, bool] | None:
        """Give the page if it may be sent as it is, and whether it is time to look again; asks nobody."""
        ready = self._kept.get(name)
        if ready is None or ready.edition != self._edition():
            return None
        if not ready.view.counts_at(self._now()):
            return None
        with self._lock:
            self.hits += 1
            if name in self._kept:
                self._kept.move_to_end(name)
        return ready, time.monotonic() - ready.checked >= self._fresh_for

    def page(self, name: Name, *, anew: bool = False) -> Ready | None:
        """Give the page, building it when needed (once, whoever asks); None for an unknown name.

        ``anew`` asks the index again if the page is no longer fresh. Raises OutsideFailed
        when no index could be asked and nothing is kept.
        """
        with self._turn(name):
            found = self.hit(name)
            if found is not None and not (found[1] and anew):
                return found[0]
            old = found[0] if found else None
            ready = self._build(name, old)
            if ready is not None and ready is not old and self.ahead(ready):
                return self._build(name, None)
            return ready

    def html(self, ready: Ready) -> bytes:
        """Give the compressed HTML form of a page."""
        if ready.html is None:
            from onward.adapters.simple_api.write_html import write_html

            ready.html = gzip.compress(write_html(ready.page()), _LEVEL, mtime=0)
            self._grown(ready, len(ready.html))
        return ready.html

    def file(self, ready: Ready, filename: str) -> File | None:
        """Give a file as its page lists it; None when the page does not."""
        if ready.files is None:
            ready.files = {file.filename: file for file in ready.page().files}
            self._grown(ready, _LISTED * len(ready.files))
        return ready.files.get(filename)

    def age(self, ready: Ready) -> int | None:
        """Give how many seconds old a page is whose index cannot be asked; None for one that is as it should be."""
        return None if ready.stale is None else max(0, int(self._now() - ready.stale))

    def last_judged(self, name: Name) -> Judged | None:
        """Give what was found when the page of ``name`` was last judged, in memory or on disk; asks no index."""
        ready = self._kept.get(name)
        return ready.view.judged if ready is not None else self._merged.last_judged(name)

    def names(self) -> list[Name]:
        """Give the names of all pages that are kept, in memory or on disk; asks no index.

        Raises OutsideFailed (``store-failed``) when the disk cannot be read.
        """
        with self._lock:
            here = list(self._kept)
        return sorted({*here, *self._merged.names()})

    def drop(self, name: Name) -> None:
        """Forget what is in memory of a page, since what is behind it has changed."""
        with self._lock:
            self._changes += 1
            self._drop(name)

    @contextlib.contextmanager
    def _turn(self, name: Name) -> Iterator[None]:
        """Let one thread at a time work on a name; the others find what it made."""
        with self._lock:
            lock, waiting = self._turns.get(name, (threading.Lock(), 0))
            self._turns[name] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._turns.pop(name)
                if waiting > 1:
                    self._turns[name] = (lock, waiting - 1)

    def _build(self, name: Name, old: Ready | None) -> Ready | None:
        with self._lock:
            self.misses += 1
        edition, checked, changes = self._edition(), time.monotonic(), self._changes
        found = self._merged.view(name)
        if found is None:
            with self._lock:
                self._drop(name)
            return None
        owner, view = found
        if old is not None and old.view.mark == view.mark and old.owner is owner:
            old.checked, old.view = checked, view
            old.stale = self._stale(owner, name)
            return old
        json = gzip.compress(owner.body(name, view), _LEVEL, mtime=0)
        ready = Ready(name, owner, view, json, edition=edition, checked=checked)
        ready.stale = self._stale(owner, name)
        with self._lock:
            if self._changes != changes:  # what it was made from may be gone already
                return ready
            self._drop(name)
            self._kept[name] = ready
            self._weight += ready.weight
            self._shrink()
        return ready

    def _stale(self, owner: Guarded, name: Name) -> float | None:
        """Give when the index last answered, when that is longer ago than a page may be; else None."""
        asked = owner.asked(name)
        fresh = asked is None or self._now() - asked < self._fresh_for
        return None if fresh else asked

    def _grown(self, ready: Ready, by: int) -> None:
        with self._lock:
            ready.weight += by
            if self._kept.get(ready.name) is ready:
                self._weight += by
                self._shrink()

    def _shrink(self) -> None:
        while self._weight > self._most and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))

    def _drop(self, name: Name) -> None:
        old = self._kept.pop(name, None)
        self._weight -= old.weight if old is not None else 0
