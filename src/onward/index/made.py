"""Answers that cost much to make, kept for as long as nothing behind them changes and there is room."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Made(Generic[_T]):
    """The answers that were asked for last, up to ``most`` bytes; safe to share between threads.

    A key says what was asked, a state all that the answer depends on beside. Of each key only the
    last state is kept: what has changed does not come back.
    """

    def __init__(self, most: int = 32_000_000) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Hashable, _T, int]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, state: Hashable) -> _T | None:
        """Give the answer of this key in this state; None when it is not here (any more)."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or found[0] != state:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def keep(self, key: Hashable, state: Hashable, answer: _T, size: int) -> _T:
        """Keep an answer of ``size`` bytes, unless it alone would take a quarter of the room; give it back."""
        if size * 4 > self._most:
            return answer
        with self._lock:
            old = self._kept.pop(key, None)
            self._weight += size - (old[2] if old else 0)
            self._kept[key] = (state, answer, size)
            while self._weight > self._most:
                _, (_, _, gone) = self._kept.popitem(last=False)
                self._weight -= gone
        return answer
