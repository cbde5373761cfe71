"""What of the project says how to build it: the object of a web framework, and what its environment offers."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from onward.core.errors import BadInput
from onward.core.lines import lines_of
from onward.core.web_apps import find_web_apps
from onward.domain.apps.glyphs import letters_of_code, special_letters

OF_THE_MACHINE = ("direct_url.json", "uv_cache.json", "uv_build.json", "INSTALLER", "REQUESTED")
"""What an installer notes in a ``.dist-info`` of this machine: its folders, its clock, itself."""

_SHOWN = (".ui", ".qml", ".kv", ".po")
_NOT_SHIPPED = {"tests", "test", "docs"}
_NO_SIBLINGS = {"__init__", "__main__", "tests", "test", "conftest"}
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


def refuse_links_out(folder: Path, top: Path, files: tuple[str, ...]) -> None:
    """Raise BadInput (``link-out``) for links that lead out of the repository at ``top``: what is there would be shipped."""
    out = [
        f"{file} leads to {(folder / file).readlink()}"
        for file in files
        if (folder / file).is_symlink()
        and not _NOT_SHIPPED & set(file.split("/"))
        and not (folder / file).resolve().is_relative_to(top.resolve())
    ]
    if out:
        raise BadInput(
            "link-out",
            f"{len(out)} of the project's files lead out of it, so files of this machine would be handed out",
            context=tuple(out[:20]),
            hint="Put copies of them there.",
        )


def letters_shown(folder: Path, files: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Give the letters beyond Latin-1 in the strings of the project's code and in its forms and translations, by file."""
    found = {}
    for file in files:
        path = folder / file
        if (
            _NOT_SHIPPED & set(file.split("/"))
            or not path.is_file()
            or path.stat().st_size > _MOST_BYTES
        ):
            continue
        if file.endswith(".py"):
            letters = letters_of_code(path.read_text(encoding="utf-8", errors="ignore"))
        elif file.endswith(_SHOWN):
            letters = special_letters(path.read_text(encoding="utf-8", errors="ignore"))
        else:
            continue
        if letters:
            found[file] = letters
    return found


def find_web(folder: Path, files: tuple[str, ...]) -> str:
    """Give ``module:object`` (with ``()`` where it has to be called) of a web application in the files, or nothing."""
    texts = {}
    for file in files:
        path = folder / file
        if not file.endswith(".py") or _NOT_SHIPPED & set(file.split("/")):
            continue
        if path.is_file() and path.stat().st_size <= _MOST_BYTES:
            text = path.read_text(encoding="utf-8", errors="replace")
            texts[file.removeprefix("src/")] = text
    return next((app.target for app in find_web_apps(texts)), "")


def packages_of(site: Path, distribution: str) -> tuple[str, ...]:
    """Give the top import packages of a distribution installed in ``site`` (Recording installed projects)."""
    found: dict[str, None] = {}
    for info in _infos_of(site, distribution):
        for line in lines_of((info / "RECORD").read_text(encoding="utf-8")):
            top, _, rest = line.partition(",")[0].partition("/")
            if rest and top.isidentifier():
                found[top] = None
            elif not rest and top.endswith(".py"):
                found[top.removesuffix(".py")] = None
    return tuple(name for name in found if name != "__pycache__")


def version_of(site: Path, distribution: str) -> str:
    """Give the version under which a distribution is installed in ``site``; empty when it is not."""
    for info in _infos_of(site, distribution):
        return info.name.removesuffix(".dist-info").rpartition("-")[2]
    return ""


def _infos_of(site: Path, distribution: str) -> Iterator[Path]:
    stem = re.sub(r"[-_.]+", "_", distribution).lower()
    for info in site.glob("*.dist-info"):
        name = info.name.removesuffix(".dist-info").rpartition("-")[0]
        if re.sub(r"[-_.]+", "_", name).lower() == stem:
            yield info


def has_module(module: str, places: Iterable[Path]) -> bool:
    """Say whether one of ``places`` holds ``module`` (dotted) as a file, a compiled file or a folder."""
    below = module.replace(".", "/")
    return any(
        (place / below).is_dir()
        or (place / f"{below}.py").is_file()
        or any(place.glob(f"{below}.*"))
        for place in places
    )


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


def with_siblings(site: Path, modules: Iterable[str]) -> tuple[str, ...]:
    """Give modules that were left out, each with the others of its package in ``site``.

    Whoever imports one by a name that is made up at run time does so with the others too, and
    a start names only the first of them (Textual's widgets).
    """
    found: dict[str, None] = {}
    for module in modules:
        found[module] = None
        package = module.rpartition(".")[0]
        folder = site / package.replace(".", "/")
        if not package or not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            name = path.name.partition(".")[0] if path.is_file() else path.name
            is_module = path.suffix in (".py", ".so") or (path / "__init__.py").is_file()
            if is_module and name.isidentifier() and name not in _NO_SIBLINGS:
                found[f"{package}.{name}"] = None
    return tuple(found)


def installed(site: Path) -> frozenset[str]:
    """Give what is installed, each as ``name-version.dist-info``."""
    return frozenset(path.name for path in site.glob("*.dist-info"))


def forget_machine(site: Path) -> None:
    """Remove what an installer has noted of this machine, and the lines of it in RECORD: it would be handed out."""
    for info in site.glob("*.dist-info"):
        for name in OF_THE_MACHINE:
            (info / name).unlink(missing_ok=True)
        record = info / "RECORD"
        if record.is_file():
            kept = [
                line
                for line in lines_of(record.read_text(encoding="utf-8"))
                if not line.startswith("../") and not _noted(line.partition(",")[0], info.name)
            ]
            record.write_text("".join(f"{line}\n" for line in sorted(kept)), encoding="utf-8")


def _noted(path: str, info: str) -> bool:
    folder, _, name = path.partition("/")
    return folder == info and name in OF_THE_MACHINE


def _points(text: str) -> Iterator[str]:
    group = ""
    for line in map(str.strip, lines_of(text)):
        if head := _GROUP.match(line):
            group = head[1]
        elif group in _ALREADY or group.startswith(_TOOLS):
            continue
        elif group and (point := _POINT.match(line)):
            yield point[1]
