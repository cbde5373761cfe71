"""The server in a process of its own that is killed at an exact point of taking an upload.

``python -m tests.faults.server_at_a_point N COUNTED ...`` runs onward with the other words. A
point is every call to the store, the database or the system that can change something while
an upload is taken; before the N-th the process is killed (0: never). How many there were is written to the file COUNTED.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from onward.cli.main import main
from onward.workflows.serving.publishing import Publisher

_TAKE = Publisher.take.__code__
_CHANGES = {"execute", "commit", "rollback", "mkdir", "fsync", "link", "unlink", "put"}
"""The calls that can change something. After a commit the connection is rolled back, which is a point too."""


class Points:
    """Counts the points (``sys.setprofile``), and kills at the chosen one."""

    def __init__(self, kill_at: int, counted: Path) -> None:
        self.kill_at = kill_at
        self.counted = counted
        self.within = 0  # the thread that takes an upload
        self.seen: list[str] = []

    def hook(self, frame: FrameType, event: str, what: object) -> None:
        """Look at a call."""
        if frame.f_code is _TAKE and event in ("call", "return"):
            self.within = threading.get_ident() if event == "call" else 0
            if event == "return":
                self.counted.write_text("\n".join(self.seen), encoding="utf-8")
        elif event == "c_call" and self.within == threading.get_ident():
            self._called(what)

    def _called(self, what: object) -> None:
        word = getattr(what, "__name__", "")
        if word in _CHANGES:
            self.seen.append(word)
            if len(self.seen) == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    points = Points(int(sys.argv[1]), Path(sys.argv[2]))
    threading.setprofile(points.hook)
    sys.exit(main(sys.argv[3:], os.environ))
