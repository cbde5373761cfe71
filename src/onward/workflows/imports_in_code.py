"""Which files of a project import which of its libraries."""

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters.installed import Environment
from onward.core.disk import read_limited
from onward.core.errors import BadInput
from onward.core.finding import Place
from onward.core.lines import lines_of
from onward.core.names import Name
from onward.domain.imports import belongs, imported_modules, usual_module

_MOST_FILES = 20_000
_LARGEST = 2_000_000  # bytes; a larger Python file is data
_NOT_OURS = {"node_modules", "__pycache__", "site-packages"}
_NOT_OURS_AT_ROOT = {"build", "dist", "venv", "env"}


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """Where names are imported, in the order of files and lines.

    ``unread`` are the files that could not be looked at: for them nothing is known.
    ``guessed`` are names whose modules are only guessed from the name, as nothing is
    installed that tells them.
    """

    places: dict[Name, tuple[Place, ...]] = {}
    unread: tuple[str, ...] = ()
    guessed: tuple[Name, ...] = ()
    cut: bool = False


def imports_of(root: Path, names: Collection[Name], environment: Environment | None) -> Imported:
    """Give where the Python files below ``root`` import what the distributions ``names`` bring.

    Virtual environments, hidden folders and build output are not looked at.
    """
    installed: Mapping[Name, tuple[str, ...]] = environment.modules if environment else {}
    modules = {name: installed.get(name) or (usual_module(name),) for name in names}
    words = {module.rpartition(".")[2] for found in modules.values() for module in found}
    places: dict[Name, list[Place]] = {name: [] for name in names}
    unread: list[str] = []
    cut = False
    for count, path in enumerate(python_files(root)):
        if count >= _MOST_FILES:
            cut = True
            break
        relative = path.relative_to(root).as_posix()
        try:
            text = read_limited(path, _LARGEST).decode("utf-8-sig", "replace")
            if not any(word in text for word in words):
                continue
            found = imported_modules(text, relative)
        except (BadInput, OSError):
            unread.append(relative)
            continue
        lines = lines_of(text)
        for name in names:
            hits = dict.fromkeys(i.line for i in found if belongs(i.module, modules[name]))
            places[name] += [
                Place(path=relative, line=at, source_line=lines[at - 1].strip()[:300])
                for at in hits
                if at <= len(lines)
            ]
    return Imported(
        places={name: tuple(found) for name, found in places.items()},
        unread=tuple(unread),
        guessed=tuple(name for name in names if not installed.get(name)),
        cut=cut,
    )


def python_files(root: Path) -> Iterator[Path]:
    """Give the project's own Python files below ``root``, sorted within each folder."""
    for folder, below, files in os.walk(root):
        if folder != str(root) and "pyvenv.cfg" in files:
            below.clear()
            continue
        others = _NOT_OURS | (_NOT_OURS_AT_ROOT if folder == str(root) else set())
        below[:] = sorted(n for n in below if not n.startswith(".") and n not in others)
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))
