"""Onward in a process of its own that can be killed, or run out of disk, at an exact point.

``python -m tests.faults.at_a_point JSON`` with a ``Drive`` as JSON. What counts as a point is
everything that changes a file below one of the given folders, and every start of a process.
"""

import datetime as dt
import os
import resource
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from onward.cli.door import run_verb

_REPOSITORY = Path(__file__).resolve().parents[2]
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Drive(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, and when to stop it.

    ``kill_at`` is the point (from 1; 0: never) before which the process is killed, with
    its children or, for ``alone``, without them; ``late`` is seconds from that point.
    ``disk`` is the most bytes a file of onward's own may have (0: no limit). ``count`` is a
    file for the number of points there were, ``now`` an ISO time.
    """

    argv: list[str]
    folders: list[str]
    now: str
    count: str = ""
    kill_at: int = 0
    alone: bool = False
    late: float = 0.0
    disk: int = 0


def command(drive: Drive, env: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Give the words that start onward as ordered, and ``env`` with where this module is found."""
    paths = f"{_REPOSITORY}{os.pathsep}{_REPOSITORY / 'src'}"
    words = [sys.executable, "-m", "tests.faults.at_a_point", msgspec.json.encode(drive).decode()]
    return words, {**env, "PYTHONPATH": paths}


class Points:
    """Counts the points, and does at the chosen one what was ordered."""

    def __init__(self, drive: Drive) -> None:
        self.drive = drive
        self.seen = 0
        self.stopping = False

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at an audit event (PEP 578)."""
        if self.stopping or not self._counts(event, arguments):
            return
        if self.drive.disk:
            self._limit(starts_process=event == "subprocess.Popen")
        self.seen += 1
        if self.seen == self.drive.kill_at:
            self.stopping = True
            if self.drive.late:
                threading.Timer(self.drive.late, self._kill).start()
            else:
                self._kill()

    def _kill(self) -> None:
        if self.drive.alone:
            os.kill(os.getpid(), signal.SIGKILL)
        os.killpg(0, signal.SIGKILL)

    def _limit(self, *, starts_process: bool) -> None:
        """Only onward's own files are short of space: uv is a test of its own."""
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        room = most if starts_process else self.drive.disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))

    def _counts(self, event: str, arguments: tuple[Any, ...]) -> bool:
        match event:
            case "subprocess.Popen":
                return True
            case "open":
                path, _, flags = arguments
                return bool(flags & _WRITES) and self._ours(path)
            case "os.rename" | "os.remove" | "os.mkdir" | "os.rmdir" | "os.chmod" | "shutil.rmtree":
                return any(self._ours(word) for word in arguments)
            case _:
                return False

    def _ours(self, path: object) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        word = os.fsdecode(path)
        return any(word.startswith(folder) for folder in self.drive.folders)


def main() -> int:
    """Run onward as ordered."""
    drive = msgspec.json.decode(sys.argv[1], type=Drive)
    os.setsid()
    now = dt.datetime.fromisoformat(drive.now)
    points = Points(drive)
    sys.addaudithook(points.hook)
    code = run_verb(drive.argv, os.environ, cwd=Path.cwd(), clock=lambda: now)
    points.stopping = True
    if drive.count:
        Path(drive.count).write_text(str(points.seen), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
