"""A copy of what uv needs to lock a project, so that nothing real changes before it was judged.

The copy stands at the same place below a temporary folder as the project does below the
root of the disk, so that relative paths to things beside the project still lead there.
"""

import contextlib
import os
import shutil
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from onward.core.disk import read_limited
from onward.core.errors import BadInput
from onward.core.scratch_folder import scratch_folder

_LEFT_OUT = {
    ".git",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".onward",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".ruff_cache",
}
_FILE_LIMIT = 50_000_000


class Scratch:
    """The copy: ``root`` is the project's root in it, ``members`` the folders (relative, ``/``) with a pyproject.toml."""

    def __init__(self, real: Path, root: Path, members: Sequence[str], top: Path) -> None:
        self.real = real
        self.root = root
        self.members = tuple(members)
        self.top = top

    def read(self, relative: str) -> bytes | None:
        """Give a file of the copy, or None when it is not there."""
        path = self.root / relative
        return read_limited(path, _FILE_LIMIT) if path.is_file() else None

    def write(self, relative: str, content: bytes) -> None:
        """Write a file of the copy."""
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def linked(self, real: str) -> str:
        """Give the place in the copy that stands for a folder or file of this disk, linked to it."""
        place = _below(self.top, Path(real))
        if Path(real).exists() and not os.path.lexists(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(Path(real), place)
        return str(place)


def _below(top: Path, real: Path) -> Path:
    return top.joinpath(*[part.strip(":\\/") or "root" for part in real.parts])


@contextlib.contextmanager
def scratch_copy(
    real: Path, members: Sequence[str], changed: Mapping[str, bytes]
) -> Iterator[Scratch]:
    """Make the copy of the project at ``real`` for as long as the body runs.

    ``members`` are the folders of the workspace ("" is the root itself); ``changed`` are
    files (relative paths) that have other content in the copy.
    """
    with scratch_folder() as top:
        root = _below(top, real)
        root.mkdir(parents=True)
        scratch = Scratch(real, root, members, top)
        for member in members:
            _copy_member(scratch, member)
        for name in ("uv.lock", ".python-version", ".python-versions"):
            if (real / name).is_file():
                scratch.write(name, read_limited(real / name, _FILE_LIMIT))
        for relative, content in changed.items():
            scratch.write(relative, content)
        yield scratch


def _copy_member(scratch: Scratch, member: str) -> None:
    here = scratch.real / member if member else scratch.real
    path = here / "pyproject.toml"
    try:
        content = read_limited(path, _FILE_LIMIT)
        table = tomllib.loads(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(
            "bad-pyproject", f"`{path}` cannot be read", context=(str(error),)
        ) from error
    relative = f"{member}/pyproject.toml" if member else "pyproject.toml"
    if _must_be_built(table):
        _copy_tree(here, scratch.root / member if member else scratch.root)
        if not member:
            _link(here, ".git", scratch.root)  # versions that come from tags
    else:
        scratch.write(relative, content)
    _link_all(here, table, scratch.root / member if member else scratch.root)


def _must_be_built(table: Mapping[str, Any]) -> bool:
    """Whether uv can only learn the metadata by building, and so needs all the files."""
    project = table.get("project")
    if not isinstance(project, dict):
        return "build-system" in table
    dynamic = project.get("dynamic", [])
    return isinstance(dynamic, list) and bool(
        {"version", "dependencies", "optional-dependencies"} & set(map(str, dynamic))
    )


def _paths(table: Mapping[str, Any]) -> list[str]:
    """Give the folders and files that [tool.uv.sources] points to."""
    sources = table.get("tool", {}).get("uv", {}).get("sources", {})
    entries = sources.values() if isinstance(sources, dict) else ()
    tables = [
        table for entry in entries for table in (entry if isinstance(entry, list) else [entry])
    ]
    return [t["path"] for t in tables if isinstance(t, dict) and isinstance(t.get("path"), str)]


def _link_all(here: Path, table: Mapping[str, Any], there: Path) -> None:
    """Link what a project's sources point to, and what the sources of that point to: uv follows them all."""
    for target in _paths(table):
        real = _link(here, target, there)
        inner = real / "pyproject.toml" if real is not None else None
        if real is None or inner is None or not inner.is_file():
            continue
        with contextlib.suppress(OSError, ValueError):
            below = tomllib.loads(inner.read_text(encoding="utf-8"))
            _link_all(real, below, Path(os.path.normpath(there / target)))


def _link(here: Path, target: str, there: Path) -> Path | None:
    """Link ``target`` as seen from ``there``; gives its real place, None when it was linked before or is not there."""
    real = Path(os.path.normpath(here / target))
    copy = Path(os.path.normpath(there / target))
    if Path(target).is_absolute() or not real.exists() or os.path.lexists(copy):
        return None
    copy.parent.mkdir(parents=True, exist_ok=True)
    _link_or_copy(real, copy)
    return real


def _link_or_copy(real: Path, copy: Path) -> None:
    try:
        copy.symlink_to(real, target_is_directory=real.is_dir())
    except OSError:  # Windows without the right to make links
        if real.is_dir():
            _copy_tree(real, copy)
        else:
            shutil.copy2(real, copy)


def _copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(
        source,
        target,
        dirs_exist_ok=True,
        symlinks=True,
        ignore=lambda _folder, names: [
            n for n in names if n in _LEFT_OUT or n.endswith(".egg-info")
        ],
    )
    for folder, _, names in os.walk(target):
        # nobody may write in some projects; a copy is ours to fill and to remove
        for path in (Path(folder), *(Path(folder, name) for name in names)):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IWUSR)
