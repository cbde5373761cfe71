"""A note that an environment fits its project, checked by ``stat`` alone.

Written after a sync that was judged and succeeded; read at the start of ``run`` and
``sync``. It holds what each watched path looked like, until when the judgement counts,
and the task names, so that an unchanged project needs no parsing at all. Imported on the
fast path: only ``os`` and ``time``.
"""

import os
import time

NAME = os.path.join(".onward", "stamp")
_FORMAT = "onward-stamp 1"


def look(path: str) -> str:
    """Give what ``path`` looks like now (time in ns, size, inode), or ``-`` when it is not there."""
    try:
        seen = os.stat(path)
    except OSError:
        return "-"
    return f"{seen.st_mtime_ns} {seen.st_size} {seen.st_ino}"


class Stamp:
    """What a fresh stamp tells: the environment folder and the tasks of the project."""

    __slots__ = ("environment", "root", "tasks")

    def __init__(self, root: str, environment: str, tasks: tuple[str, ...]) -> None:
        self.root = root
        self.environment = environment
        self.tasks = tasks


def read(root: str, salt: str) -> Stamp | None:
    """Give the stamp of the project at ``root`` if nothing has changed since; else None.

    ``salt`` stands for what no file shows (version of onward, relevant environment); a
    different one makes the stamp stale.
    """
    try:
        with open(os.path.join(root, NAME), encoding="utf-8") as file:
            lines = file.read().split("\n")
    except (OSError, UnicodeDecodeError):
        return None
    if len(lines) < 5 or lines[0] != _FORMAT or lines[1] != salt or lines[-1] != "end":
        return None
    until, environment = lines[2], lines[3]
    if until != "always" and time.time() >= float(until):
        return None
    tasks: list[str] = []
    for line in lines[4:-1]:
        kind, _, rest = line.partition("\t")
        if kind == "task":
            tasks.append(rest)
        else:
            path, _, seen = rest.partition("\t")
            if look(path) != seen:
                return None
    return Stamp(root, environment, tuple(tasks))


def render(
    *,
    salt: str,
    until: float | None,
    environment: str,
    watched: dict[str, str],
    tasks: tuple[str, ...],
) -> bytes:
    """Give the bytes of a stamp; ``until`` is seconds since 1970 or None, ``watched`` maps path to ``look``."""
    lines = [_FORMAT, salt, "always" if until is None else repr(until), environment]
    lines += [f"task\t{task}" for task in tasks]
    lines += [f"file\t{path}\t{seen}" for path, seen in watched.items()]
    return "\n".join([*lines, "end"]).encode()


def find_root(start: str) -> str | None:
    """Give the nearest folder at or above ``start`` that holds a stamp, or None."""
    here = start
    while True:
        if os.path.exists(os.path.join(here, NAME)):
            return here
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above
