"""``run`` and ``sync`` when nothing has changed: a few ``stat`` calls, no parsing, no uv.

Gives None whenever the ordinary path has to look. What is imported here is paid for at
every ``onward run``.
"""

import os
import sys
from collections.abc import Mapping, Sequence

from onward import __version__
from onward.core import stamp
from onward.core.errors import FINE


def attempt(argv: Sequence[str], env: Mapping[str, str]) -> int | None:
    """Answer ``run WORD...`` or a bare ``sync`` at once, or give None for the ordinary path."""
    if os.name != "posix" or (len(argv) == 1 and argv[0] == "run"):
        return None  # elsewhere a program is found by its suffix; the ordinary path knows how
    if argv[0] == "sync" and len(argv) > 1:
        return None
    found = stamp.find(os.getcwd(), stamp.salt(__version__, env))
    if found is None or os.path.exists(os.path.join(found.root, ".onward", "journal")):
        return None
    if argv[0] == "sync":
        sys.stdout.write(
            "Nothing to do: the environment fits the lock, and all of it was judged.\n"
        )
        return FINE
    words = list(argv[2:] if argv[1] == "--" else argv[1:])
    if not words or words[0].startswith("-") or words[0] in found.tasks:
        return None
    return _become(words, found.environment, env)


def _become(words: list[str], environment: str, env: Mapping[str, str]) -> int | None:
    from onward.core.proc.handover import environment_variables, hand_over

    if words[0].endswith(".py") and os.path.isfile(words[0]):
        words.insert(0, "python")
    inside = environment_variables(environment, env)
    program = find_program(words[0], inside["PATH"])
    return None if program is None else hand_over(program, words, inside)


def find_program(word: str, path: str) -> str | None:
    """Give the file that ``word`` starts, looked for in ``path`` unless it is a path itself."""
    if os.path.dirname(word):
        return word if os.access(word, os.X_OK) else None
    for folder in path.split(os.pathsep):
        candidate = os.path.join(folder, word)
        if os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return candidate
    return None
