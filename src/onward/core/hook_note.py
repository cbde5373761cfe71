"""Notes of what the commit hook need not look at again, and under what circumstances. Imports nothing heavy.

``passed``: this very tree has passed onward's own tools. ``quiet``: which files those look at at all.
They lie in git's own folder, so they never come with a repository. Each is compared as a whole:
onward's version, the day, the variables, how every file outside of the tree looks that an answer may
depend on, and for ``passed`` the commit before with all that differs from it.
"""

from __future__ import annotations

import os
import time
import zlib

from onward.core.stamp import look

TYPE_CHECKING = False  # that of `typing`, whose import is not paid for here
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER = "onward"
PASSED = "passed"
QUIET = "quiet"
HOOKS = "hooks"
_FORMAT = "onward-note 2"
# What git and the shell set anew for each command, and no tool goes by.
_NOISE = ("_", "SHLVL", "PWD", "OLDPWD")


def salt(version: str, env: Mapping[str, str]) -> str:
    """Give a word for onward's version, the day (UTC) and all variables; only a checksum of them is kept."""
    words = sorted(
        f"{key}={value}"
        for key, value in env.items()
        if not key.startswith("GIT_") and key not in _NOISE
    )
    day = time.strftime("%Y-%m-%d", time.gmtime())
    text = chr(0).join(words).encode("utf-8", "surrogateescape")
    return f"{version} {day} {zlib.crc32(text):08x}"


def render(about: str, env_salt: str, watched: Iterable[str]) -> bytes:
    """Give a note; ``about`` is one line, ``watched`` are paths of files and folders, there or not, looked at now."""
    lines = [_FORMAT, env_salt, about]
    lines += [f"{path}\t{look(path)}" for path in sorted(set(watched)) if "\n" not in path]
    return "\n".join([*lines, "end"]).encode("utf-8", "surrogateescape")


def endings(kinds: Iterable[str]) -> str:
    """Give what the ``quiet`` note is about: the ends of the names of all files that something looks at."""
    return "\t".join(sorted(set(kinds)))


def has_passed(folder: str, state: str, env_salt: str) -> bool:
    """Say whether the note in ``folder`` is about this ``Staged.state`` and nothing that it watches has changed."""
    lines = _lines(os.path.join(folder, PASSED), env_salt)
    return lines[2:3] == [state] and _unchanged(lines)


def is_quiet(folder: str, paths: Iterable[str], env_salt: str) -> bool:
    """Say whether none of onward's tools looks at any of these files, as far as the note in ``folder`` still holds."""
    lines = _lines(os.path.join(folder, QUIET), env_salt)
    if not lines or any(path.endswith(tuple(lines[2].split("\t"))) for path in paths):
        return False
    return _unchanged(lines)


def _lines(path: str, env_salt: str) -> list[str]:
    """Give the lines of a note that is whole and was made under these circumstances; else none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            lines = file.read().split("\n")
    except OSError:
        return []
    return lines if lines[:2] == [_FORMAT, env_salt] and lines[-1] == "end" else []


def _unchanged(lines: list[str]) -> bool:
    pairs = (line.rpartition("\t") for line in lines[3:-1])
    return all(look(path) == seen for path, _, seen in pairs)
