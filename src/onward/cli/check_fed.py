"""``onward check --from TOOL:FILE``: what a tool printed elsewhere, as findings of this check."""

import argparse
import sys
from pathlib import Path

from onward.core.disk import read_limited
from onward.core.errors import BadInput
from onward.workflows.checking.fed import Fed, read_fed

_LARGEST = 200_000_000  # bytes of saved output
_STDIN = "-"


def read_all(options: argparse.Namespace, root: Path, cwd: Path) -> tuple[Fed, ...]:
    """Read what each ``--from`` names, ``-`` from standard input; raises BadInput for what cannot be read."""
    files = [word.partition(":") for word in options.fed]
    if [file for _, _, file in files].count(_STDIN) > 1:
        raise BadInput("stdin-twice", "standard input can be read only once")
    if len({tool for tool, _, _ in files}) < len(files):
        raise BadInput("tool-twice", "`--from` can name each tool only once")
    return tuple(
        read_fed(tool, _content(file, cwd), where=_where(file), root=root, cwd=cwd)
        for tool, _, file in files
    )


def _where(file: str) -> str:
    return "standard input" if file == _STDIN else f"`{file}`"


def _content(file: str, cwd: Path) -> bytes:
    if file == _STDIN:
        return sys.stdin.buffer.read()
    try:
        return read_limited(cwd / file, _LARGEST) if file else b""
    except OSError as error:
        raise BadInput(
            "cannot-read",
            f"`{file}` cannot be read, so nothing was checked",
            context=(error.strerror or str(error),),
        ) from error
