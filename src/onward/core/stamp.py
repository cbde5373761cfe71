"""A note that an environment fits its project, checked by ``stat`` alone.

Written after a sync that was judged and succeeded; read at the start of ``run`` and
``sync``. It holds what each watched path looked like, until when the judgement counts,
and the task names, so that an unchanged project needs no parsing at all. Imported on the
fast path, so nothing heavy is imported here.
"""

from __future__ import annotations

import os
import time
import zlib

from onward.core import env as env_names

TYPE_CHECKING = False  # that of `typing`, whose import is not paid for here
if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = os.path.join(".onward", "stamp")
_FORMAT = "onward-stamp 1"
_VARIABLES = (
    env_names.POLICY,
    env_names.POLICY_SHA256,
    env_names.CACHE_DIR,
    "UV_PROJECT_ENVIRONMENT",
    "HOME",
)


def look(path: str) -> str:
    """Give what ``path`` looks like now (time in ns, size, inode), or ``-`` when it is not there."""
    try:
        seen = os.stat(path)
    except (OSError, ValueError):
        return "-"
    return f"{seen.st_mtime_ns} {seen.st_size} {seen.st_ino}"


class Stamp:
    """What a fresh stamp tells: the environment folder and the tasks of the project."""

    __slots__ = ("environment", "root", "tasks")

    def __init__(self, root: str, environment: str, tasks: tuple[str, ...]) -> None:
        self.root = root
        self.environment = environment
        self.tasks = tasks


def salt(version: str, env: Mapping[str, str]) -> str:
    """Give a word for what no watched file shows: onward's version and the variables that steer it.

    Only a checksum of the variables is kept, since a policy's address may hold a login.
    """
    words = [f"{name}={env.get(name, '')}" for name in _VARIABLES]
    return f"{version} {zlib.crc32(chr(0).join(words).encode()):08x}"


def find(start: str, env_salt: str) -> Stamp | None:
    """Give the stamp that counts for the folder ``start`` if nothing has changed since; else None.

    The nearest stamp upwards counts, unless a project of its own stands in between.
    """
    here, nearest = start, ""
    while True:
        if not nearest and os.path.exists(os.path.join(here, "pyproject.toml")):
            nearest = os.path.join(here, "pyproject.toml")
        if os.path.exists(os.path.join(here, NAME)):
            return read(here, env_salt, nearest or os.path.join(here, "pyproject.toml"))
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above


def read(root: str, env_salt: str, must_watch: str = "") -> Stamp | None:
    """Give the stamp of the project at ``root`` if nothing it watches has changed; else None.

    ``must_watch`` is a file that has to be among them (empty: none).
    """
    try:
        with open(os.path.join(root, NAME), encoding="utf-8") as file:
            lines = file.read().split("\n")
    except (OSError, UnicodeDecodeError):
        return None
    if len(lines) < 5 or lines[0] != _FORMAT or lines[1] != env_salt or lines[-1] != "end":
        return None
    until, environment = lines[2], lines[3]
    if not _counts(until):
        return None
    tasks: list[str] = []
    missing = bool(must_watch)
    for line in lines[4:-1]:
        kind, _, rest = line.partition("\t")
        if kind == "task":
            tasks.append(rest)
            continue
        path, _, seen = rest.partition("\t")
        # what a file looks like cannot be known before it is checked out, so a stamp that came
        # with a repository never counts
        missing = missing and (path != must_watch or seen == "-")
        if look(path) != seen:
            return None
    return None if missing else Stamp(root, environment, tuple(tasks))


def _counts(until: str) -> bool:
    try:
        return until == "always" or time.time() < float(until)
    except ValueError:
        return False


def render(
    *,
    env_salt: str,
    until: float | None,
    environment: str,
    watched: dict[str, str],
    tasks: tuple[str, ...],
) -> bytes:
    """Give the bytes of a stamp; ``until`` is seconds since 1970 or None, ``watched`` maps path to ``look``."""
    lines = [_FORMAT, env_salt, "always" if until is None else repr(until), environment]
    lines += [f"task\t{task}" for task in tasks]
    lines += [f"file\t{path}\t{seen}" for path, seen in watched.items()]
    return "\n".join([*lines, "end"]).encode()
