"""Work that is asked for again and again: one run at a time, the newest wish wins, nobody who asks has to wait."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")

_BREATH = 0.2  # seconds: wishes this close together are one, and so often it is looked whether a newer one came
_ROUNDS = 25  # of asking a run to stop, five a second, before it is ended


class Newest(Generic[_T]):
    """Does ``work`` in a thread of its own each time it is wanted, and hands what it gives to ``tell``.

    A run that a newer wish has overtaken is asked to end by ``stop`` (True: at once), and what it gives is
    dropped. ``work`` and ``tell`` raise nothing. All three are called from other threads than the one that asks.
    """

    def __init__(
        self, work: Callable[[], _T], tell: Callable[[_T], None], stop: Callable[[bool], None]
    ) -> None:
        self._work = work
        self._tell = tell
        self._stop = stop
        self._bell = threading.Condition()
        self._asked = 0
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="newest", daemon=True)

    def want(self) -> None:
        """Ask for a run that begins after this moment."""
        with self._bell:
            if self._closed:
                return
            self._asked += 1
            if self._asked == 1:
                self._thread.start()
            self._bell.notify_all()

    def close(self) -> None:
        """Begin no more runs, end the one that is under way, and wait for that."""
        with self._bell:
            self._closed = True
            self._bell.notify_all()
            begun = self._asked > 0
        if begun:
            self._thread.join()

    def _serve(self) -> None:
        number = 0
        while (number := self._next(number)) > 0:
            run = threading.Thread(target=self._run, args=(number,), name="newest run", daemon=True)
            run.start()
            self._until_done(run, number)

    def _next(self, done: int) -> int:
        """Wait for a wish after number ``done``, and give the newest; 0 when there will be none."""
        with self._bell:
            self._bell.wait_for(lambda: self._closed or self._asked != done)
            self._bell.wait_for(lambda: self._closed, timeout=_BREATH)
            return 0 if self._closed else self._asked

    def _until_done(self, run: threading.Thread, number: int) -> None:
        rounds = 0
        while True:
            run.join(_BREATH)
            if not run.is_alive():
                return
            if self._overtaken(number):
                self._stop(rounds > _ROUNDS)
                rounds += 1

    def _run(self, number: int) -> None:
        made = self._work()
        if not self._overtaken(number):
            self._tell(made)

    def _overtaken(self, number: int) -> bool:
        with self._bell:
            return self._closed or self._asked != number
