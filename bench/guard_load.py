"""What a server costs: CPU of its processes for each request, and the memory they hold (from /proc)."""

import contextlib
import http.client
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

CLIENTS, REQUESTS, SECONDS = 8, 150, 4.0
JSON = {"Accept": "application/vnd.pypi.simple.v1+json", "Accept-Encoding": "gzip"}


class Answer(msgspec.Struct, frozen=True):
    """What a request gave; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def measurable() -> bool:
    """Whether this system tells the CPU time of a thread in nanoseconds."""
    return Path("/proc/self/schedstat").exists()


def get(port: int, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask once on a connection of its own; raises OSError."""
    with _connected(port) as client:
        client.request("GET", path, headers=dict(headers or {}))
        answer = client.getresponse()
        named = {key.lower(): value for key, value in answer.getheaders()}
        return Answer(answer.status, named, answer.read())


def per_request(pid: int, port: int, path: str) -> float:
    """Give the CPU milliseconds of a server for one of many requests, from a few clients at once as in a team.

    Raises OSError when not every answer is 200.
    """
    stop = time.monotonic() + SECONDS
    before = cpu(pid)
    with ThreadPoolExecutor(CLIENTS) as pool:
        asked = sum(pool.map(lambda _: _ask_many(port, path, stop), range(CLIENTS)))
    return (cpu(pid) - before) * 1000 / asked


def ask_all(port: int, paths: Iterable[str]) -> int:
    """Ask for each path once, four at a time; gives how many did not answer 200."""

    def failed(some: list[str]) -> int:
        with _connected(port) as client:
            wrong = 0
            for path in some:
                client.request("GET", path, headers=JSON)
                with client.getresponse() as answer:
                    answer.read()
                    wrong += answer.status != 200
            return wrong

    listed = list(paths)
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(failed, (listed[start::4] for start in range(4))))


def cpu(pid: int) -> float:
    """Give the seconds that a process, with its children, has been on a core; schedstat counts in nanoseconds."""
    seen = 0.0
    for one in tree(pid):
        for path in Path(f"/proc/{one}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):  # a thread that has just ended
                seen += int(path.read_text(encoding="ascii").split()[0]) / 1e9
    return seen


def memory(pid: int, what: str = "VmRSS") -> float:
    """Give the megabytes that a process holds now (``VmHWM``: at most)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1000


def tree(pid: int) -> list[int]:
    """Give a process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # a process that has just ended
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def _ask_many(port: int, path: str, stop: float) -> int:
    room, asked = memoryview(bytearray(1 << 20)), 0
    with _connected(port) as client:
        while asked < REQUESTS and (time.monotonic() < stop or not asked):
            client.request("GET", path, headers=JSON)
            with client.getresponse() as answer:
                while answer.readinto(room):  # without keeping it: the client should cost little
                    pass
            asked += 1
            if answer.status != 200:
                raise OSError(f"{path} answered {answer.status}")
    return asked


def _connected(port: int) -> contextlib.closing[http.client.HTTPConnection]:
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60))
