"""What of the project says how to build it: the object of a web framework, and what its environment offers."""

import re
from collections.abc import Iterator
from pathlib import Path

from onward.core.lines import lines_of
from onward.core.web_apps import find_web_apps

_MOST_BYTES = 1_000_000
_ALREADY = (
    "console_scripts",
    "gui_scripts",
    "pyinstaller40",
    "pytest11",
    "hypothesis",
    "array_api",
)
_TOOLS = ("distutils.", "setuptools.", "flake8.", "babel.", "sphinx.", "mkdocs.")
_GROUP = re.compile(r"^\[([^\]]+)\]$")
_POINT = re.compile(r"^[^=#]+=\s*([A-Za-z_][\w.]*)")


def find_web(folder: Path, files: tuple[str, ...]) -> str:
    """Give ``module:object`` (with ``()`` where it has to be called) of a web application in the files, or nothing."""
    texts = {}
    for file in files:
        path = folder / file
        if not file.endswith(".py") or {"tests", "test", "docs"} & set(file.split("/")):
            continue
        if path.is_file() and path.stat().st_size <= _MOST_BYTES:
            text = path.read_text(encoding="utf-8", errors="replace")
            texts[file.removeprefix("src/")] = text
    return next((app.target for app in find_web_apps(texts)), "")


def packages_of(site: Path, distribution: str) -> tuple[str, ...]:
    """Give the top import packages of a distribution installed in ``site`` (Recording installed projects)."""
    stem = re.sub(r"[-_.]+", "_", distribution).lower()
    found: dict[str, None] = {}
    for info in site.glob("*.dist-info"):
        if (
            re.sub(r"[-_.]+", "_", info.name.removesuffix(".dist-info").rpartition("-")[0]).lower()
            != stem
        ):
            continue
        for line in lines_of((info / "RECORD").read_text(encoding="utf-8")):
            top, _, rest = line.partition(",")[0].partition("/")
            if rest and top.isidentifier():
                found[top] = None
            elif not rest and top.endswith(".py"):
                found[top.removesuffix(".py")] = None
    return tuple(name for name in found if name != "__pycache__")


def plugins_of(site: Path, among: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the modules that entry points name, and whose they are (``among`` as ``installed`` gives): nothing imports them."""
    modules: dict[str, None] = {}
    distributions: dict[str, None] = {}
    for file in sorted(site.glob("*.dist-info/entry_points.txt")):
        if file.parent.name not in among:
            continue
        for module in _points(file.read_text(encoding="utf-8")):
            modules[module] = None
            distributions[file.parent.name.removesuffix(".dist-info").rpartition("-")[0]] = None
    return tuple(modules), tuple(distributions)


def installed(site: Path) -> frozenset[str]:
    """Give what is installed, each as ``name-version.dist-info``."""
    return frozenset(path.name for path in site.glob("*.dist-info"))


def _points(text: str) -> Iterator[str]:
    group = ""
    for line in map(str.strip, lines_of(text)):
        if head := _GROUP.match(line):
            group = head[1]
        elif group in _ALREADY or group.startswith(_TOOLS):
            continue
        elif group and (point := _POINT.match(line)):
            yield point[1]
