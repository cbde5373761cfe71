"""The answer of a check, kept to be given again while nothing that it was made from has changed.

What it was made from is told by name, size, time and inode of every file of the project, of
what is installed, and of the settings outside of both. An answer is kept only when all of that
is older than the check by more than file systems may be wrong, so that nothing can have changed
unseen meanwhile. Imported on the fast path, so nothing heavy is imported here.
"""

import os
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence

from onward.core.walk import walk

_FORMAT = "onward-again 1"
_PART = "\x00\n"
_RACY = 2_000_000_000  # nanoseconds; some file systems keep time in steps of two seconds
_PASSING = frozenset({"_", "SHLVL", "OLDPWD", "PWD"})  # variables that say nothing of how to check
LARGEST = 2_000_000
"""Letters of an answer; a larger one is not kept."""


class Made:
    """What an answer was made from: the project, its environment, the other files (there or not).

    ``names`` are the files that the project had when the check began to look, None where that
    is not known: one that was taken away since has no time of its own to tell of it.
    """

    __slots__ = ("environment", "names", "others", "root")

    def __init__(
        self,
        root: str,
        environment: str,
        others: Iterable[str],
        names: frozenset[str] | None = None,
    ) -> None:
        self.root = root
        self.environment = environment
        self.others = tuple(sorted(set(others)))
        self.names = names


def place(folder: str, cwd: str, argv: Sequence[str]) -> str:
    """Give the file in the cache ``folder`` for the answer to ``argv`` in ``cwd``."""
    words = "\0".join((cwd, *argv)).encode("utf-8", "surrogateescape")
    return os.path.join(
        folder, "check", "again", f"{zlib.crc32(words):08x}-{zlib.adler32(words):08x}"
    )


def salt(
    version: str, cwd: str, argv: Sequence[str], env: Mapping[str, str], *, terminal: bool
) -> str:
    """Give a text for all that is no file: onward's version, the words, the environment, the day."""
    told = sorted(f"{name}={value}" for name, value in env.items() if name not in _PASSING)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    return "\n".join((_FORMAT, version, day, str(terminal), cwd, *argv, "", *told))


def keep(path: str, salted: str, made: Made, began: int, answer: tuple[int, str]) -> None:
    """Keep an answer (exit code and output) at ``path``; ``began`` is when the check did, in ns since 1970.

    Nothing is kept when a file has changed since, or so shortly before that this could not be seen.
    """
    looks, newest = _looks(made)
    code, said = answer
    if looks is None or newest >= began - _RACY or len(said) > LARGEST:
        return
    files = "\n".join((made.root, made.environment, *made.others))
    # a login in a variable is not written down
    parts = (_mark(salted), files, looks, f"{code} {len(said)}", said)
    new = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(new, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(_PART.join(parts))
        os.replace(new, path)
    except OSError:
        return  # then it is made again the next time


def answer(path: str, salted: str) -> tuple[int, str] | None:
    """Give the answer that is kept at ``path`` (exit code and output) if it still holds, else None."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            parts = file.read().split(_PART)
    except OSError:
        return None
    if len(parts) != 5 or parts[0] != _mark(salted):
        return None
    root, environment, *others = parts[1].split("\n")
    code, _, length = parts[3].partition(" ")
    if length != str(len(parts[4])):
        return None
    looks, _ = _looks(Made(root, environment, others))
    return (int(code), parts[4]) if looks == parts[2] else None


def _mark(salted: str) -> str:
    import hashlib  # only where there is something to compare

    return hashlib.sha256(salted.encode("utf-8", "surrogateescape")).hexdigest()


def _looks(made: Made) -> tuple[str | None, int]:
    """Give how all of it looks, one line each, and the newest time in it; None where that cannot be told."""
    lines: list[str] = []
    newest = 0
    names: set[str] = set()
    for folder in (made.root, made.environment):
        for path, entry in walk(folder):
            try:
                if entry is None:
                    return None, 0
                seen = entry.stat()
            except OSError:  # it goes while we look
                return None, 0
            if folder == made.root:
                names.add(path)
            newest = max(newest, seen.st_mtime_ns, seen.st_ctime_ns)
            lines.append(
                f"{path} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns} {seen.st_ino}"
            )
    if made.names is not None and names != made.names:
        return None, 0
    lines.sort()  # folders are listed in no order
    for path in made.others:
        try:
            seen = os.stat(path)
        except OSError:
            lines.append(f"{path} -")
            continue
        newest = max(newest, seen.st_mtime_ns, seen.st_ctime_ns)
        lines.append(f"{path} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns} {seen.st_ino}")
    return "\n".join(lines), newest
