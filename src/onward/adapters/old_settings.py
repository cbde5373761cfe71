"""Where settings of black, isort, flake8 and pylint stand in a project's files."""

import configparser
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from onward.domain.old_settings.carry import Old

_PYPROJECT = "pyproject.toml"
# tool: (file, section), the first that is there counts; a section ending in * stands for all that begin so
_INI = {
    "isort": ((".isort.cfg", "settings"), ("setup.cfg", "isort"), ("tox.ini", "isort")),
    "flake8": ((".flake8", "flake8"), ("setup.cfg", "flake8"), ("tox.ini", "flake8")),
    "pylint": ((".pylintrc", "*"), ("pylintrc", "*"), ("setup.cfg", "pylint*")),
}


def old_settings(root: Path) -> tuple[Old, ...]:
    """Give the settings of old tools in the folder ``root``; a file that cannot be read has none here."""
    tables = _tables(root / _PYPROJECT)
    found = [
        Old(tool=tool, file=_PYPROJECT, values=_flat(tables[tool]) if tool == "pylint" else table)
        for tool in ("black", "isort", "pylint")
        if isinstance(table := tables.get(tool), dict)
    ]
    named = {old.tool for old in found}
    return (*found, *(old for tool in _INI if tool not in named for old in _first(root, tool)))


def _first(root: Path, tool: str) -> Iterator[Old]:
    for file, section in _INI[tool]:
        values = _section(root / file, section)
        if values is not None:
            yield Old(tool=tool, file=file, values=values)
            return


def _tables(path: Path) -> Mapping[str, Mapping[str, object]]:
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool")
    except (OSError, ValueError):
        return {}
    return tool if isinstance(tool, dict) else {}


def _flat(table: Mapping[str, object]) -> dict[str, object]:
    """Give the options of all sections: which one they stand in means nothing to pylint."""
    flat: dict[str, object] = {}
    for key, value in table.items():
        flat |= _flat(value) if isinstance(value, dict) else {key: value}
    return flat


def _section(path: Path, section: str) -> dict[str, object] | None:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return None
    wanted = [
        name
        for name in parser.sections()
        if name == section or (section.endswith("*") and name.startswith(section[:-1]))
    ]
    if not wanted:
        return None
    return {key: value for name in wanted for key, value in parser.items(name)}
