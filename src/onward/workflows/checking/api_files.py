"""What the files of a project say of its public API and of which names tests use, read again only where their content is new."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from onward import __version__
from onward.core.disk import read_limited, sha256_of, write_atomic
from onward.core.errors import BadInput, OutsideFailed
from onward.domain.boundary.summary import Summary, summarise
from onward.domain.boundary.used import glance, used
from onward.workflows.checking.contents import LARGEST

_FORMAT = 3  # raised when what is remembered changes its shape or meaning


class _Test(msgspec.Struct, frozen=True, array_like=True):
    """The names that a file of tests surely uses, and further ones that it may use; none of these once it was read."""

    sure: frozenset[str]
    further: frozenset[str] = frozenset()


class _Memo(msgspec.Struct, array_like=True):
    """All by the content's digest: what a file offers, what a file of tests uses."""

    onward: tuple[str, int] = (__version__, _FORMAT)
    summaries: dict[str, Summary] = {}
    tests: dict[str, _Test] = {}


class ApiFiles:
    """The files of the project at ``root``; ``memo`` is the file that keeps what was read, None keeps nothing."""

    def __init__(self, root: Path, memo: Path | None) -> None:
        self._root = root
        self._place = memo
        self._known = _remembered(memo)
        self._now = _Memo()

    def summaries(self, paths: Iterable[str]) -> dict[str, Summary]:
        """Give what each of these files offers to others; a file that is gone is left out."""
        found: dict[str, Summary] = {}
        for path in paths:
            content = self._read(path)
            if content is not None:
                key = _key(content)
                known = self._known.summaries.get(key)
                found[path] = known or summarise(content)
                self._now.summaries[key] = found[path]
        return found

    def unnamed(self, tests: Iterable[str], names: Iterable[str]) -> set[str]:
        """Give those of ``names`` that no file of ``tests`` uses.

        A quick look tells most of what a file uses. It is read as Python only when one of its
        other words is a name that no quick look has found anywhere.
        """
        left = set(names)
        further: list[tuple[str, frozenset[str]]] = []
        for path in tests:
            content = self._read(path)
            if content is None:
                continue
            key = _key(content)
            test = self._known.tests.get(key) or _Test(*glance(content))
            self._now.tests[key] = test
            left -= test.sure
            if test.further:
                further.append((path, test.further))
        for path, names_of_it in further:
            if not left.isdisjoint(names_of_it):
                left -= self._used(path)
        return left

    def keep(self) -> None:
        """Remember what was read of the files that are there now."""
        if self._place is None or self._now == self._known:
            return
        try:
            write_atomic(self._place, msgspec.msgpack.encode(self._now), durable=False)
        except OutsideFailed:
            return  # then all is read again next time

    def _used(self, path: str) -> frozenset[str]:
        content = self._read(path)
        if content is None:
            return frozenset()
        found = used(content)
        self._now.tests[_key(content)] = _Test(found)
        return found

    def _read(self, path: str) -> bytes | None:
        try:
            return read_limited(self._root / path, LARGEST)
        except (OSError, BadInput):
            return None


def _key(content: bytes) -> str:
    return sha256_of(content)[:32]


def _remembered(memo: Path | None) -> _Memo:
    if memo is None:
        return _Memo()
    try:
        found = msgspec.msgpack.decode(memo.read_bytes(), type=_Memo)
    except (OSError, msgspec.MsgspecError):
        return _Memo()
    return found if found.onward == (__version__, _FORMAT) else _Memo()
