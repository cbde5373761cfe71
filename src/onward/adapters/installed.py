"""What is installed in an environment, read from its files: no Python is started.

Follows the standard "Recording installed projects" (PEP 376, PEP 627) and core metadata.
"""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from onward.core.lines import lines_of
from onward.core.names import Name, is_name, parse_name
from onward.domain.licence import stated_licence

_MODULE = re.compile(
    r"^([A-Za-z_]\w*)(?:\.(?:cpython|abi3|cp3|pypy)[\w-]*|\.[\w-]*-[\w-]+)?\.(?:py|so|pyd)$"
)
_LICENCE = re.compile(r"(?i)^(licen[sc]e|copying|notice|authors)")
_LIMIT = 5_000_000


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """One installed distribution.

    ``requires`` are PEP 508 texts, ``modules`` the top-level modules (dotted inside a
    namespace package), ``size`` the bytes its files take, None when it does not tell.
    """

    name: Name
    version: str
    licence: str = ""
    requires: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    size: int | None = None


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """A virtual environment as its files tell of it; ``python`` is the full version, '' if untold."""

    folder: str
    python: str = ""
    distributions: tuple[Distribution, ...] = ()

    def named(self, name: str) -> Distribution | None:
        """Give the installed distribution of this normalised name, or None."""
        return next((d for d in self.distributions if d.name == name), None)

    @property
    def modules(self) -> dict[Name, tuple[str, ...]]:
        """Map each distribution to its modules."""
        return {d.name: d.modules for d in self.distributions}


def read_environment(folder: Path, *, with_files: bool = True) -> Environment | None:
    """Read the virtual environment at ``folder``; None when there is none.

    Without ``with_files`` nothing is told of modules and sizes, in a fraction of the time.

    A distribution whose files cannot be read is left out: what matters is never judged by
    this listing alone.
    """
    if not (folder / "pyvenv.cfg").is_file():
        return None
    infos = [info for site in _site_packages(folder) for info in sorted(site.glob("*.dist-info"))]
    found = [
        made for info in infos if (made := _distribution(info, with_files=with_files)) is not None
    ]
    return Environment(folder=str(folder), python=python_of(folder), distributions=tuple(found))


def licence_texts(folder: Path) -> dict[Name, dict[str, str]]:
    """Give the licence files of each distribution in an environment (PEP 639 and what came before): path to text."""
    found: dict[Name, dict[str, str]] = {}
    for site in _site_packages(folder):
        for info in sorted(site.glob("*.dist-info")):
            name = info.name.partition("-")[0]
            texts = {
                path.relative_to(info).as_posix(): _read(path)
                for path in sorted(info.rglob("*"))
                if _LICENCE.match(path.name) and path.is_file() and not path.is_symlink()
            }
            if is_name(name):
                found[parse_name(name)] = texts
    return found


def python_of(folder: Path) -> str:
    """Give the full version (``3.12.1``) of the Python of a virtual environment, from pyvenv.cfg; '' if untold."""
    text = _read(folder / "pyvenv.cfg")
    for line in lines_of(text):
        key, _, value = line.partition("=")
        if key.strip() in ("version", "version_info"):
            found = re.match(r"\s*(\d+\.\d+\.\d+)", value)
            return found[1] if found else ""
    return ""


def _site_packages(folder: Path) -> list[Path]:
    places = [folder / "Lib" / "site-packages", *sorted(folder.glob("lib/python*/site-packages"))]
    seen: dict[Path, Path] = {}
    for place in places:
        if place.is_dir():
            seen.setdefault(place.resolve(), place)
    return list(seen.values())


def _distribution(info: Path, *, with_files: bool) -> Distribution | None:
    text = _read(info / "METADATA").replace("\r\n", "\n")
    from email.parser import HeaderParser  # costs more than most commands that never get here

    metadata = HeaderParser().parsestr(text)
    name = str(metadata.get("Name", ""))
    if not is_name(name):
        return None
    files, size = _record(_read(info / "RECORD")) if with_files else ([], None)
    modules = modules_of(files)
    if with_files and not modules:  # an editable install records no modules of its own
        modules = tuple(_read(info / "top_level.txt").split())
    return Distribution(
        name=parse_name(name),
        version=str(metadata.get("Version", "")),
        licence=stated_licence(text),
        requires=tuple(str(r) for r in metadata.get_all("Requires-Dist", [])),
        modules=modules,
        size=size,
    )


def modules_of(files: Iterable[str]) -> tuple[str, ...]:
    """Give the modules that a list of installed paths (``/``) brings.

    A folder with ``__init__.py`` counts as one module; one without is a namespace, so what
    is inside counts, dotted.
    """
    paths = [
        f.split("/") for f in files if not f.startswith(("/", "..")) and "__pycache__" not in f
    ]
    packages = {tuple(p[:-1]) for p in paths if p[-1] in ("__init__.py", "__init__.pyi")}
    modules: set[str] = set()
    for parts in paths:
        found = _MODULE.match(parts[-1])
        if not found or not all(part.isidentifier() for part in parts[:-1]):
            continue
        depth = next((i for i in range(1, len(parts)) if tuple(parts[:i]) in packages), 0)
        modules.add(".".join(parts[:depth] if depth else [*parts[:-1], found[1]]))
    return tuple(sorted(m for m in modules if not m.startswith("__editable__")))


def _record(text: str) -> tuple[list[str], int | None]:
    files: list[str] = []
    size = 0
    try:
        for row in csv.reader(lines_of(text)):
            if row:
                files.append(row[0].replace("\\", "/"))
                size += int(row[2]) if len(row) > 2 and row[2].isdigit() else 0
    except csv.Error:
        return [], None
    return files, size or None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return ""
