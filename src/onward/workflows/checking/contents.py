"""The files that onward looks into itself, one at a time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from onward.core.disk import read_limited
from onward.core.errors import BadInput

LARGEST = 5_000_000
"""Bytes of a source file; a larger one is data."""


def contents(
    root: Path, paths: Iterable[str], kinds: tuple[str, ...], largest: int = LARGEST
) -> Iterator[tuple[str, bytes]]:
    """Give path and content of each file of these kinds (endings); of what is gone or cannot be read others tell."""
    for path in paths:
        if not path.endswith(kinds):
            continue
        try:
            if not (root / path).is_file():  # to open a named pipe is to wait for whoever writes
                continue
            content = read_limited(root / path, largest)
        except (OSError, BadInput):
            continue
        yield path, content
