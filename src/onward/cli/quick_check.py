"""``check`` when nothing has changed since it was last asked: its answer from then, after a look at every file's time.

What is imported here is paid for at every ``onward check``.
"""

import gc
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, TextIO, cast

from onward import __version__
from onward.core import again

_ANSWERS = frozenset({"check", "--all", "--json", "--sarif", "--github", "--junit", "--no-shrink"})
"""The only words of which an answer is kept; whoever adds an option need not think of this."""

_RARELY = (100_000, 20, 20)
"""When Python looks for circles of objects: by itself it does so all the time while trees and findings are built."""

BEGAN = time.time_ns()
"""When this process began to look, in nanoseconds since 1970."""


def run(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Answer ``check`` with what was kept of its last answer if that still holds, else by the ordinary path."""
    if list(argv) == ["check", "--hook", "commit"]:
        from onward.cli import hook_entry

        code = hook_entry.attempt(os.getcwd(), env)
        if code is not None:
            return code
    where = _where(argv, env)
    salt = again.salt(__version__, os.getcwd(), argv, env, terminal=sys.stdout.isatty())
    kept = again.answer(where, salt, lambda line: _says_the_same(line, env)) if where else None
    if kept is not None:
        try:
            for piece in kept[1]:
                sys.stdout.write(piece)
        except BrokenPipeError:  # `| head -1`: whoever read has enough, and the verdict stands
            pass
        return kept[0]
    gc.set_threshold(*_RARELY)
    from onward.cli import door

    if not where:
        return door.run_verb(argv, env)
    said, made = again.Said(os.path.dirname(where)), list[again.Made]()
    try:
        out = cast(TextIO, _Recorder(sys.stdout, said))
        code = door.run_verb(argv, env, out=out, lasting=made.append)
        if made and said.whole:
            again.keep(where, salt, made[-1], BEGAN, (code, said))
    finally:
        said.close()
    return code


def _says_the_same(line: str, env: Mapping[str, str]) -> bool:
    """Ask a tool again that could not look; what is imported here is little beside that."""
    from onward.cli.door import terminable
    from onward.core.proc.stumble import says_the_same

    with terminable():
        return says_the_same(line, env)


class _Recorder:
    """Standard output that remembers what went through it."""

    def __init__(self, out: TextIO, said: again.Said) -> None:
        self._out = out
        self._said = said

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)

    def write(self, text: str) -> int:
        """Hand it on; what nobody took, or not whole, is not remembered."""
        self._said.add(text)
        try:
            return self._out.write(text)
        except BaseException:
            self._said.close()
            raise


def _where(argv: Sequence[str], env: Mapping[str, str]) -> str:
    if not _ANSWERS.issuperset(argv):
        return ""
    from onward.core.folders import cache_folder

    return again.place(str(cache_folder(env)), os.getcwd(), argv)
