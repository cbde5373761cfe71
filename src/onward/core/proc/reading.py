"""How far a program of ours has read a file: for a program that tells nobody but a terminal how far it is."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from onward.core.proc.run import running_pids

_PAUSE = 0.5  # seconds between two looks


@contextlib.contextmanager
def watch_reading(path: Path, tell: Callable[[int], None]) -> Iterator[None]:
    """While the body runs, tell how many bytes of ``path`` the program that it started has read.

    Linux alone shows that (proc_pid_fdinfo(5)); elsewhere nothing is told. ``tell`` is called in
    another thread.
    """
    over = threading.Event()

    def look() -> None:
        while not over.wait(_PAUSE):
            done = max((read_so_far(pid, path) for pid in running_pids()), default=0)
            if done:
                tell(done)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def read_so_far(pid: int, path: Path) -> int:
    """Give the place in ``path`` that a process stands at, 0 when it is not open there or nobody can say."""
    place = os.path.realpath(path)
    with contextlib.suppress(OSError, ValueError):  # it may end, or close the file, at any time
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError, ValueError):
                if str(link.readlink()) == place:
                    told = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text(encoding="ascii")
                    return int(told.partition("pos:")[2].split()[0])
    return 0
