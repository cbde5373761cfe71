"""A note that the tree of a commit has passed onward's own tools, and under what circumstances. Imports nothing heavy.

It lies in git's own folder, so it never comes with a repository. It is compared as a whole:
the tree, the commit before, the files that differ, onward's version, the day, the variables, and how
every file outside of the tree looks that an answer may depend on.
"""

import os
import time
import zlib
from collections.abc import Iterable, Mapping

from onward.core.stamp import look

FOLDER = "onward"
PASSED = "passed"
HOOKS = "hooks"
_FORMAT = "onward-passed 1"
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


def render(state: str, env_salt: str, watched: Iterable[str]) -> bytes:
    """Give the note; ``state`` is ``Staged.state``, ``watched`` are paths of files and folders, there or not, looked at now."""
    lines = [_FORMAT, env_salt, state]
    lines += [f"{path}\t{look(path)}" for path in sorted(set(watched)) if "\n" not in path]
    return "\n".join([*lines, "end"]).encode("utf-8", "surrogateescape")


def holds(folder: str, state: str, env_salt: str) -> bool:
    """Say whether the note in ``folder`` is about this state and nothing that it watches has changed."""
    try:
        with open(
            os.path.join(folder, PASSED), encoding="utf-8", errors="surrogateescape", newline="\n"
        ) as file:
            lines = file.read().split("\n")
    except OSError:
        return False
    if lines[:3] != [_FORMAT, env_salt, state] or lines[-1] != "end":
        return False
    pairs = (line.rpartition("\t") for line in lines[3:-1])
    return all(look(path) == seen for path, _, seen in pairs)
