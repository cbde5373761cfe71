"""One run of the bench of the guard: the upstream, the servers that are up, and what was measured so far."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import guard_peers, workplace
from bench.guard_library import Library
from bench.guard_peers import Plan, Running, running
from bench.guard_table import Row, say
from bench.guard_upstream import Upstream
from tests.index.serving import free_port

PROJECT = "boto3"  # some 4,300 files: about the largest page that people ask for every day
_MEMORY = 8_000_000_000  # bytes that must be free there; uv needs less than one for each server
ROUNDS, PEER_ROUNDS = 5, 1
"""How often onward and what it is held against are measured, and how often the other servers."""


class Bench:
    """Everything lies below ``place``; servers run until ``stack`` is closed."""

    def __init__(self, place: Path, stack: contextlib.ExitStack) -> None:
        self.place = place
        self.env = workplace.environment()
        self.stack = stack
        self.upstream = Upstream(self.env, free_port())
        stack.callback(self.upstream.close)
        self.library = Library(self.env)
        self.servers: dict[str, Running] = {}
        self.skipped: dict[str, str] = {}
        self.rows: list[Row] = []

    def started(self, name: str, plan_of: Callable[[int], Plan]) -> Running | None:
        """Have a server until the end of the run; None, and said aloud, when it cannot be had."""
        port = free_port()
        log = self.place / f"{name}-{port}.log"
        try:
            plan = plan_of(port)
            return self.stack.enter_context(running(name, plan, port, self.env, log))
        except (OSError, subprocess.SubprocessError) as error:
            self.skipped[name] = str(error)
            say(f"{name}: NOT MEASURED: {error}")
            return None

    def another(
        self, data: Path, upstream: str, first: str
    ) -> contextlib.AbstractContextManager[Running]:
        """Have one more server of ours while a body runs, asked for ``first`` until it answers."""
        port = free_port()
        plan = guard_peers.onward(port, data, upstream, first)
        return running("onward", plan, port, self.env, self.place / f"another-{port}.log")

    def folder(self, name: str) -> Path:
        """Give a new folder."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.place))

    def memory_folder(self, name: str) -> Path:
        """Give a new folder that is in memory where the system has room for that: what uv writes is not what is measured.

        On a disk the writing of what was unpacked takes most of an install, and three times as
        long in one run as in the next.
        """
        memory = Path("/dev/shm")
        if not memory.is_dir() or shutil.disk_usage(memory).free < _MEMORY:
            return self.folder(name)
        folder = tempfile.mkdtemp(prefix=f"onward-bench-{name}-", dir=memory)
        self.stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)


def rotated(names: Sequence[str], number: int) -> list[str]:
    """Give the names in another order each round, so that nobody always comes after the same one."""
    first = number % max(1, len(names))
    return [*names[first:], *names[:first]]
