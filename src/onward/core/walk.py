"""The files below a folder that count as a project's own, told by the system alone: nothing is read.

Imported on the fast path of ``onward check``, so nothing heavy is imported here.
"""

import os
from collections.abc import Iterator

SKIPPED = frozenset({
    ".git", ".hg", ".svn", ".onward", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".tox", ".nox",
    ".eggs", "__pycache__", "node_modules",
})  # fmt: skip
"""Folders that hold no source of the project; virtual environments are told by their ``pyvenv.cfg``."""


def walk(root: str) -> Iterator[tuple[str, "os.DirEntry[str] | None"]]:
    """Give each file with its path (relative, ``/``); None stands for a link to a folder outside."""
    folders = [("", root)]
    while folders:
        prefix, folder = folders.pop()
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError:
            continue
        if prefix and "pyvenv.cfg" in [entry.name for entry in entries]:
            continue
        for entry in entries:
            path = prefix + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED:
                        folders.append((f"{path}/", entry.path))
                elif entry.is_file():
                    yield readable(path), entry
                elif entry.is_symlink() and entry.is_dir() and not is_inside(entry.path, root):
                    yield readable(path), None
            except OSError:
                continue


def readable(path: str) -> str:
    """Give a path as tools tell it, and as it can be written: what of it is no Unicode becomes U+FFFD."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "replace")


def is_inside(link: str, root: str) -> bool:
    """Say whether a path really lies at or below ``root``, all links followed."""
    there, here = os.path.realpath(link), os.path.realpath(root)
    return there == here or there.startswith(here.rstrip(os.sep) + os.sep)
