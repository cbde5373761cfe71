"""What can go wrong on the way, as values that a test switches on and off."""

import fnmatch
import threading
from enum import StrEnum

import msgspec


class FaultKind(StrEnum):
    """How an answer is spoiled."""

    status = "status"  # another status code, with ``text`` as body
    hang = "hang"  # no byte for ``seconds``, then the connection closes
    garbage = "garbage"  # 200 with ``text`` in place of the body
    truncate = "truncate"  # the full length is announced, half of it comes
    corrupt = "corrupt"  # same length, other bytes: the hash is wrong
    reset = "reset"  # the connection is reset before an answer
    redirect = "redirect"  # 302 to ``text``
    drip = "drip"  # the right bytes, ``chunk`` at a time with ``seconds`` between


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: for paths that match the glob ``path``, for ``times`` requests (None: until cleared)."""

    kind: FaultKind
    path: str = "*"
    times: int | None = None
    code: int = 500
    seconds: float = 60.0
    chunk: int = 64
    text: str = "<html>this is <b>not the page you asked for"
    headers: tuple[tuple[str, str], ...] = ()


class Faults:
    """The faults that are switched on; safe to change while requests come in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        with self._lock:
            self._on.append((fault, [0]))

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._on.clear()

    def next_for(self, path: str) -> Fault | None:
        """Give the first fault that still counts for ``path``, and count it as used."""
        with self._lock:
            for fault, used in self._on:
                if fnmatch.fnmatchcase(path, fault.path) and (
                    fault.times is None or used[0] < fault.times
                ):
                    used[0] += 1
                    return fault
        return None
