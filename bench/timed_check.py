"""``onward check``, with the CPU that each of its own looks takes in this very run told as JSON in a file.

Measured alone they take less than beside tools that share the processor with them, and the rest would look dearer
than it is.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from onward.core.finding import Finding
    from onward.core.tool import OwnLook

TOLD = "BENCH_LOOKS"
"""The variable that names the file."""


def main() -> int:
    """Check the project in the current folder as ``onward check`` does."""
    from onward.cli import quick_check
    from onward.workflows import check_project

    taken: dict[str, float] = {}
    make = check_project.own_looks

    def timed(*words: Any, **named: Any) -> "tuple[OwnLook, ...]":
        return tuple(_Timed(one, taken) for one in make(*words, **named))

    check_project.own_looks = timed
    code = quick_check.run(sys.argv[1:], dict(os.environ))
    Path(os.environ[TOLD]).write_bytes(msgspec.json.encode(taken))
    return code


class _Timed:
    """A look of onward's own that notes what its thread takes while it looks."""

    def __init__(self, look: "OwnLook", taken: dict[str, float]) -> None:
        self.name = look.name
        self.depends = look.depends
        self._look = look
        self._taken = taken

    def look(self, root: Path, paths: Iterable[str]) -> "Iterator[Finding]":
        """Give what it finds."""
        spent = 0.0
        began = time.thread_time()
        for finding in self._look.look(root, paths):
            spent += time.thread_time() - began
            yield finding
            began = time.thread_time()
        self._taken[self.name] = spent + time.thread_time() - began


if __name__ == "__main__":
    sys.exit(main())
