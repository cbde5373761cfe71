"""Where a project's own code lies: what a tool looks at that has to be told, and by which names it is imported.

Tests, examples and build folders are left out: a project that wants them looked at says so in
the tool's own settings.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

_NOT_THE_CODE = frozenset({
    "test", "tests", "testing", "doc", "docs", "example", "examples", "sample", "samples", "bench", "benchmark",
    "benchmarks", "script", "scripts", "tools", "tasks", "build", "dist", "site", "node_modules", "venv", "env",
})  # fmt: skip
_NO_MODULES = frozenset({"setup", "conftest", "noxfile", "fabfile", "tasks", "dodo"})


class CodeFolders(msgspec.Struct, frozen=True, kw_only=True):
    """Paths relative to the project with ``/``.

    ``paths`` are the folders and files of the code, ``bases`` the folders other than the project's that its
    modules are named from (``src``).
    """

    paths: tuple[str, ...]
    bases: tuple[str, ...] = ()


def code_folders(root: Path) -> CodeFolders:
    """Give where the code of the project at ``root`` is, those of a workspace's members included.

    In each place that is ``src`` if it holds Python, else every importable folder and, for the
    project itself, its loose modules; the whole of ``root`` when there is none of all that.
    """
    bases: list[str] = []
    paths: list[str] = []
    for place in (root, *_members(root)):
        source = place / "src"
        if source.is_dir() and next(source.rglob("*.py"), None) is not None:
            bases.append(_told(source, root))
            paths.append(_told(source, root))
            continue
        found = [_told(folder, root) for folder in _packages(place)]
        paths += found
        if place == root:
            paths += _modules(root)
        elif found:
            bases.append(_told(place, root))
    return CodeFolders(paths=tuple(dict.fromkeys(paths)) or (".",), bases=tuple(bases))


def _packages(place: Path) -> Iterator[Path]:
    for folder in _listed(place):
        if (
            folder.name.isidentifier()
            and folder.name not in _NOT_THE_CODE
            and folder.is_dir()
            and not (folder / "pyvenv.cfg").exists()
            and (next(folder.glob("*.py"), None) or next(folder.glob("*/*.py"), None))
        ):
            yield folder


def _modules(root: Path) -> list[str]:
    packages = {folder.name for folder in _packages(root)}
    return [
        path.name
        for path in _listed(root)
        if path.suffix == ".py"
        and path.stem.isidentifier()
        and path.stem not in _NO_MODULES | packages
        and path.is_file()
    ]


def _members(root: Path) -> list[Path]:
    """Give the folders of a uv workspace's members; settings that cannot be read name none."""
    try:
        read = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
        wanted = read["tool"]["uv"]["workspace"]["members"]
        found = {path for glob in wanted for path in root.glob(glob)}
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError, IndexError):
        return []
    return sorted(path for path in found if (path / "pyproject.toml").is_file() and path != root)


def _listed(place: Path) -> list[Path]:
    try:
        return sorted(place.iterdir())
    except OSError:
        return []


def _told(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
