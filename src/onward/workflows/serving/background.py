"""Work that goes on beside the answers: a thread that does one thing again and again, until it is told to stop."""

import contextlib
import datetime as dt
import threading
import traceback
from collections.abc import Callable

from onward.core.errors import OnwardError
from onward.core.lines import lines_of

_LAST_WORDS = 15.0  # seconds that a running step may still take at the end


class Background:
    """Calls ``what`` every ``seconds`` in a thread of its own; what goes wrong is told to ``warn``, once while it lasts."""

    def __init__(
        self, what: Callable[[], object], *, seconds: float, warn: Callable[[OnwardError], None]
    ) -> None:
        self._what = what
        self._seconds = seconds
        self._warn = warn
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._told = ""

    def start(self) -> None:
        """Begin; gives at once."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and wait a while for what is being done."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(_LAST_WORDS)

    def once(self) -> None:
        """Do it one time, here."""
        try:
            self._what()
            self._told = ""
        except OnwardError as error:
            self._tell(error)
        except Exception as error:  # noqa: BLE001 - a job must not end for good, and nobody else would hear of it
            words = lines_of(traceback.format_exc().strip())[-3:]
            self._tell(
                OnwardError(
                    "job-failed",
                    f"a job beside the answers failed, which is a fault of onward: {error!r}",
                    context=tuple(words),
                )
            )

    def _tell(self, error: OnwardError) -> None:
        if error.reference != self._told and not self._over.is_set():
            self._told = error.reference
            # a closed stderr: nobody listens any more
            with contextlib.suppress(OSError, ValueError):
                self._warn(error)

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            self.once()


class Due:
    """Says when it is time again: at first, each ``every`` after that, and after the clock was set back."""

    def __init__(self, every: dt.timedelta) -> None:
        self._every = every
        self._last: dt.datetime | None = None

    def at(self, now: dt.datetime) -> bool:
        """Whether it is time, as of ``now``; if so, the next time counts from here."""
        if self._last is not None and self._last <= now < self._last + self._every:
            return False
        self._last = now
        return True
