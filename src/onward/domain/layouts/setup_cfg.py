"""setup.cfg: setuptools' declarative configuration."""

import configparser
from collections.abc import Iterator

from onward.core.errors import BadInput
from onward.core.finding import Place
from onward.core.lines import lines_of
from onward.core.project import Declared, Reading, Role, Unreadable
from onward.domain.layouts.declare import declare, gathered, place_at, unreadable
from onward.domain.layouts.requirements import Load, read_requirements


class _Parser(configparser.RawConfigParser):
    """Names of extras keep their case, as setuptools keeps it."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def read_setup_cfg(text: str, path: str, load: Load) -> Reading:
    """Read the requirements of a setup.cfg; ``file:`` values are loaded and read as requirements files.

    Raises BadInput with the line for text that is no INI.
    """
    parser = _Parser(strict=False, delimiters=("=", ":"))
    try:
        parser.read_string(text, source=path)
    except configparser.Error as error:
        raise BadInput(
            "bad-ini", f"`{path}` cannot be read", context=tuple(lines_of(str(error))[:5])
        ) from error
    lines = lines_of(text)
    reading = Reading(
        name=parser.get("metadata", "name", fallback="").strip(),
        version=_literal(parser.get("metadata", "version", fallback="")),
        requires_python=parser.get("options", "python_requires", fallback="").strip(),
        files=(path,),
    )
    for section, key, role, group in _fields(parser):
        place = _place(lines, path, section, key)
        value = parser.get(section, key)
        if value.strip().startswith("file:"):
            reading += _files(value, place, load, role=role, group=group)
        else:
            reading += _entries(value, lines, place, role=role, group=group)
    return reading


def _fields(parser: configparser.RawConfigParser) -> Iterator[tuple[str, str, Role, str]]:
    for key, role, group in (
        ("install_requires", Role.main, ""),
        ("setup_requires", Role.build, ""),
        ("tests_require", Role.group, "tests"),
    ):
        if parser.has_option("options", key):
            yield "options", key, role, group
    section = "options.extras_require"
    if parser.has_section(section):
        for key in parser.options(section):
            if not parser.has_option("DEFAULT", key):
                yield section, key, Role.extra, key


def _files(value: str, place: Place, load: Load, *, role: Role, group: str) -> Reading:
    reading = Reading()
    for word in value.strip().removeprefix("file:").split(","):
        name = word.strip()
        text = load(name)
        if text is None:
            missing = unreadable(value, place, f"`{name}` cannot be read")
            reading += Reading(unreadable=(missing,))
        else:
            reading += read_requirements(text, name, load, role=role, group=group)
    return reading


def _entries(value: str, lines: list[str], place: Place, *, role: Role, group: str) -> Reading:
    made: list[Declared | Unreadable] = []
    at = max(place.line - 1, 0)
    for entry in _items(value):
        line = next((i for i in range(at, len(lines)) if entry in lines[i]), None)
        at = at if line is None else line
        spot = place if line is None else place_at(place.path, line + 1, lines[line])
        made.append(declare(entry, spot, role=role, group=group))
    return gathered(made)


def _items(value: str) -> list[str]:
    """Setuptools' "list-semi": one for each line, or all on one line parted by semicolons."""
    if "\n" in value.strip():
        parts = lines_of(value)
    else:
        # A marker has a semicolon too; setuptools parts there all the same, so one line with a
        # marker is written by nobody. Only a part that is a requirement by itself is parted off.
        parts = value.split(";") if " ;" not in value and '"' not in value else [value]
    return [p.strip() for p in parts if p.strip() and not p.strip().startswith("#")]


def _place(lines: list[str], path: str, section: str, key: str) -> Place:
    inside = False
    for i, line in enumerate(lines):
        if line.startswith("["):
            inside = line.strip() == f"[{section}]"
        elif inside and line.partition("=")[0].partition(":")[0].strip() == key:
            return place_at(path, i + 1, line)
    return Place(path=path)


def _literal(value: str) -> str:
    """A version that stands there; `attr:` and `file:` are worked out by setuptools."""
    return "" if value.startswith(("attr:", "file:")) else value.strip()
