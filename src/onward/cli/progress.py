"""How far a long step is: one line on the terminal that is written over, and gone before anything else is said."""

import threading
import time
from collections.abc import Callable
from typing import TextIO

from onward.cli.door import Desk
from onward.core.perform import Listen, silent

_SECONDS_BETWEEN = 1.0
_INDENT = "    "


def line_on(desk: Desk) -> "Progress | None":
    """Give the line of a terminal, drawn from now on and gone before any words; None where nobody looks at one."""
    if desk.progress is None and desk.err.isatty():
        desk.progress = Progress(desk.err, time.monotonic)
        desk.progress.keep_drawing()
        desk.before_words = desk.progress.over
    return desk.progress


def watching(desk: Desk) -> Listen:
    """Give a listener that shows how far a check is where a person looks at a terminal, and says no word elsewhere."""
    line = line_on(desk)
    if line is None:
        return silent

    def listen(event: str, sentence: str) -> None:
        """Show how far it is, and say nothing."""
        # what follows "done" may take a while too: the line stays until the first words of the answer
        if event == "start":
            line.step()
        elif event == "progress":
            line.word(sentence)

    return listen


def telling(desk: Desk) -> Listen:
    """Give a listener that tells each step on stderr, with how far it is and its seconds where a person looks."""
    line = line_on(desk)

    def listen(event: str, sentence: str) -> None:
        """Tell the step, and show how far it is."""
        if event == "note":
            desk.tell(f"note: {sentence}")
        elif event in ("start", "undo"):
            desk.tell(f"{sentence} ...")
        if line is None:
            return
        if event == "progress":
            line.word(sentence)
        elif event != "done":
            line.step()

    return listen


class Progress:
    """The line of the step that runs now, on ``err``, which must be a terminal.

    ``clock`` gives seconds. A step shorter than a second shows nothing.
    """

    def __init__(self, err: TextIO, clock: Callable[[], float]) -> None:
        self._err = err
        self._clock = clock
        self._lock = threading.Lock()
        self._started: float | None = None
        self._words = ""
        self._shown = 0

    def step(self) -> None:
        """Begin a step: its seconds count from now."""
        with self._lock:
            self._wipe()
            self._started, self._words = self._clock(), ""

    def word(self, words: str) -> None:
        """Say how far the step is (empty: nothing more to say than its seconds); begins one when none runs."""
        with self._lock:
            self._words = words
            if self._started is None:
                self._started = self._clock()

    def over(self) -> None:
        """End the step, and take its line away."""
        with self._lock:
            self._wipe()
            self._started = None

    def draw(self) -> None:
        """Write the line as it is now; called once a second."""
        with self._lock:
            seconds = 0.0 if self._started is None else self._clock() - self._started
            if seconds < _SECONDS_BETWEEN:
                return
            words = f"{self._words}, " if self._words else ""
            import shutil  # only where somebody looks

            width = shutil.get_terminal_size().columns - 1
            line = f"{_INDENT}{words}{seconds:.0f} s"[:width]
            self._err.write("\r" + line.ljust(self._shown))
            self._err.flush()
            self._shown = len(line)

    def keep_drawing(self) -> None:
        """Draw once a second from now on, until the process ends."""
        threading.Thread(target=self._draw_on, daemon=True).start()

    def _draw_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(_SECONDS_BETWEEN):
            try:
                self.draw()
            except (OSError, ValueError):  # the terminal is gone: that stops no work
                return

    def _wipe(self) -> None:
        if self._shown:
            self._err.write("\r" + " " * self._shown + "\r")
            self._err.flush()
            self._shown = 0
