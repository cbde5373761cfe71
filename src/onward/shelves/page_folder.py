"""A folder of pages, one file for each name: a line that says what it is, then the page itself."""

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from onward.core.disk import remove, write_atomic
from onward.core.errors import OnwardError, OutsideFailed
from onward.core.names import Name, is_name

_LONGEST_HEAD = 100_000_000  # bytes; a judgement on tens of thousands of files has some millions
_MOST_UNWRITTEN = 64_000_000  # bytes


class PageFolder:
    """Keeps pages below ``folder``; what the disk does not take is held in memory, the last ones of it.

    So a full disk costs time and no answer. Safe to share between threads.
    """

    def __init__(self, folder: Path, *, most_unwritten: int = _MOST_UNWRITTEN) -> None:
        self._folder = folder
        self._most = most_unwritten
        self._unwritten: OrderedDict[Name, tuple[bytes, bytes]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def head(self, name: Name) -> bytes | None:
        """Give the line about a page; None when there is no page of that name, or it cannot be read."""
        if (held := self._unwritten.get(name)) is not None:
            return held[0]
        with contextlib.suppress(OSError), (self._folder / name).open("rb") as file:
            return file.readline(_LONGEST_HEAD)
        return None

    def body(self, name: Name) -> bytes | None:
        """Give a page without the line about it; None as for ``head``."""
        if (held := self._unwritten.get(name)) is not None:
            return held[1]
        with contextlib.suppress(OSError), (self._folder / name).open("rb") as file:
            file.readline(_LONGEST_HEAD)
            return file.read()
        return None

    def write(self, name: Name, head: bytes, body: bytes) -> None:
        """Keep a page with the line about it (without its end)."""
        try:
            write_atomic(self._folder / name, head + b"\n" + body, durable=False)
        except OutsideFailed:
            self._hold(name, head, body)
        else:
            self._let_go(name)

    def remove(self, name: Name) -> None:
        """Take a page away, as far as the disk lets us."""
        self._let_go(name)
        with contextlib.suppress(OnwardError):
            remove(self._folder / name)

    def names(self) -> Iterator[Name]:
        """Give the names that are here; one may come twice. Raises OutsideFailed (``store-failed``)."""
        yield from list(self._unwritten)
        try:
            with contextlib.suppress(FileNotFoundError), os.scandir(self._folder) as entries:
                yield from (Name(entry.name) for entry in entries if is_name(entry.name))
        except OSError as error:
            raise OutsideFailed(
                "store-failed",
                "the pages that are kept cannot be listed",
                context=(error.strerror or str(error),),
                hint="Look at the data folder: is it readable?",
            ) from error

    def _hold(self, name: Name, head: bytes, body: bytes) -> None:
        with self._lock:
            self._drop(name)
            self._unwritten[name] = (head, body)
            self._weight += len(head) + len(body)
            while self._weight > self._most and len(self._unwritten) > 1:
                self._drop(next(iter(self._unwritten)))

    def _let_go(self, name: Name) -> None:
        if name in self._unwritten:
            with self._lock:
                self._drop(name)

    def _drop(self, name: Name) -> None:
        head, body = self._unwritten.pop(name, (b"", b""))
        self._weight -= len(head) + len(body)
