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

    In each place that is ``src`` if it holds Python, else every importable folder and the loose modules (a
    member's only where it has nothing else); the whole of ``root`` when there is none of all that.
    """
    bases: list[str] = []
    paths: list[str] = []
    members = _members(root)
    for place in (root, *members):
        source = place / "src"
        if source.is_dir() and next(source.rglob("*.py"), None) is not None:
            bases.append(_told(source, root))
            paths.append(_told(source, root))
            continue
        packages = [
            folder
            for folder in _packages(place)
            if not any(member.is_relative_to(folder) for member in members)
        ]
        paths += [_told(folder, root) for folder in packages]
        if place == root or not packages:
            taken = {folder.name for folder in packages}
            paths += [_told(path, root) for path in _modules(place) if path.stem not in taken]
        else:
            bases.append(_told(place, root))
    return CodeFolders(paths=tuple(dict.fromkeys(paths)) or (".",), bases=tuple(bases))


def everything(root: Path) -> tuple[str, ...]:
    """Give what lies in ``root`` but virtual environments and hidden folders: Python files and folders; ``.`` if none."""
    found = [
        path.name
        for path in _listed(root)
        if not path.name.startswith(".")
        and (path.suffix == ".py" or (path.is_dir() and not (path / "pyvenv.cfg").exists()))
    ]
    return tuple(found) or (".",)


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


def _modules(place: Path) -> Iterator[Path]:
    for path in _listed(place):
        if (
            path.suffix == ".py"
            and path.stem.isidentifier()
            and path.stem not in _NO_MODULES
            and path.is_file()
        ):
            yield path


def _members(root: Path) -> list[Path]:
    """Give the folders of a uv workspace's members; settings that cannot be read name none."""
    try:
        text = (root / "pyproject.toml").read_text("utf-8")
        if "workspace" not in text:  # to read TOML costs milliseconds, and every tool asks
            return []
        wanted = tomllib.loads(text)["tool"]["uv"]["workspace"]["members"]
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
