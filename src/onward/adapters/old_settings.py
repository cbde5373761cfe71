"""Where settings of black, isort, flake8 and pylint stand in a project's files."""

import configparser
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.domain.old_settings.carry import Old

_LONGEST = 120  # letters of a line that is shown
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


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose settings cannot be read: whose they would be, and what is wrong with it."""

    tools: tuple[str, ...]
    file: str
    why: str


def broken_settings(root: Path) -> tuple[Broken, ...]:
    """Give the files in the folder ``root`` that old tools read their settings from and that cannot be read."""
    tables = _tables(root / _PYPROJECT)
    found = [
        Broken(tools=(tool,), file=_PYPROJECT, why=f"`tool.{tool}` is no table")
        for tool in ("black", "isort", "pylint")
        if tool in tables and not isinstance(tables[tool], dict)
    ]
    readers: dict[str, list[tuple[str, str]]] = {}
    for tool, places in _INI.items():
        for file, section in places:
            readers.setdefault(file, []).append((tool, section))
    for file, known in readers.items():
        section = known[0][1] if len(known) == 1 else "*"  # others have their own in a shared file
        if why := _fault(root / file, section):
            found.append(Broken(tools=tuple(tool for tool, _ in known), file=file, why=why))
    return tuple(found)


def _fault(path: Path, section: str) -> str:
    """Say what keeps the settings in ``path`` from being read; empty for nothing, or when the file is not there."""
    if not path.exists():
        return ""
    try:
        names = _sections(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return "it is not UTF-8"
    except (OSError, ValueError) as error:
        return _short(str(error))
    if names and "*" not in section and section not in names:
        return f"it has no section `[{section}]`, but `[{_short(names[0])}]`"
    return ""


def _sections(text: str) -> list[str]:
    """Give the names of the sections; raises ValueError with the line that is none of a settings file."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError as error:
        why = f"line {error.lineno}: there is no section before `{_short(error.line)}`"
    except configparser.ParsingError as error:
        line, words = error.errors[0]
        why = f"line {line}: {_short(words)} is no setting"
    except configparser.Error as error:
        why = str(error)
    else:
        return parser.sections()
    raise ValueError(why)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


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
