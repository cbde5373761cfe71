"""Files of a project that are known by their names, such as Dockerfiles: where they are."""

import os
from collections.abc import Callable
from pathlib import Path

_LEFT_OUT = frozenset({
    "node_modules", "__pycache__", "build", "dist", ".git", ".hg", ".svn", ".onward", ".tox", ".nox", ".mypy_cache",
    ".ruff_cache", ".pytest_cache", ".hypothesis", ".eggs",
})  # fmt: skip


def files_named(root: Path, wanted: Callable[[str], bool], *, hidden: bool = False) -> list[str]:
    """Give the paths (relative with ``/``, sorted) of the files below ``root`` whose name is ``wanted``.

    Virtual environments and folders of other people's code are left out, and folders with a dot
    before their name unless ``hidden``.
    """
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        if folder != str(root) and "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = [
            name for name in folders if name not in _LEFT_OUT and (hidden or name[0] != ".")
        ]
        found += [(here / name).relative_to(root).as_posix() for name in files if wanted(name)]
    return sorted(found)
