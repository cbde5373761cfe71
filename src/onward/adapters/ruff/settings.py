"""What a project's own ruff settings choose: a rule the project picked weighs more than one that came by default."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from onward.core.policy import Level, Row

_FILES = (".ruff.toml", "ruff.toml", "pyproject.toml")
_DEEPEST = 8  # files that extend one another
# Ruff's groups of one letter that other codes start with too; a digit keeps them apart.
_GROUPS_WITHOUT_DIGIT = frozenset({"PL", "C", "T"})
_CERTAIN = ("ruff/F[0-9]*", "ruff/E9*", "ruff/invalid-syntax")
_ADVICE = "ruff's own choice, not the project's; `select` in its settings makes it the project's"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What matters here of ruff's settings.

    ``selected`` is whether the project lists its rules itself, ``extended`` the codes it
    adds to the default ones, ``formats`` whether it has a ``format`` table, ``where`` the file.
    """

    selected: bool = False
    extended: tuple[str, ...] = ()
    formats: bool = False
    where: str = ""


def settings(folder: Path) -> Settings:
    """Give what the ruff settings nearest to ``folder`` choose, the files they extend included.

    A file that cannot be read chooses nothing here; ruff itself says what is wrong with it.
    """
    for place in (folder, *folder.parents):
        for name in _FILES:
            table = _table(place / name)
            if table is not None:
                return _merged(place / name, table, _DEEPEST)
    return Settings()


def rows(chosen: Settings) -> tuple[Row, ...]:
    """Give the rows for ruff's rules under the standard profile.

    Everything is enforced when the project has its own ``select``. Else faults (``F``,
    ``E9``, syntax) and what it added are enforced, the rest is advice. The formatter is
    enforced when the settings have a ``format`` table.
    """
    where = f"ruff's settings in {chosen.where}" if chosen.where else "ruff's defaults"
    first = Level.enforce if chosen.formats else Level.advise
    made = [
        Row(match="ruff/format", level=first, where=where, why="" if chosen.formats else _ADVICE)
    ]
    if chosen.selected:
        return (*made, Row(match="ruff/*", level=Level.enforce, where=where))
    globs = (*_CERTAIN, *(_glob(code) for code in chosen.extended))
    made += [Row(match=glob, level=Level.enforce, where=where) for glob in globs]
    return (*made, Row(match="ruff/*", level=Level.advise, where=where, why=_ADVICE))


def _glob(code: str) -> str:
    if code == "ALL":
        return "ruff/*"
    letters = code.isalpha() and code not in _GROUPS_WITHOUT_DIGIT
    return f"ruff/{code}[0-9]*" if letters else f"ruff/{code}*"


def _merged(path: Path, table: Mapping[str, Any], deeper: int) -> Settings:
    lint = table.get("lint")
    lint = lint if isinstance(lint, dict) else {}
    added = [*_words(table.get("extend-select")), *_words(lint.get("extend-select"))]
    here = Settings(
        selected="select" in lint or "select" in table,
        extended=tuple(added),
        formats=isinstance(table.get("format"), dict),
        where=path.name,
    )
    base = table.get("extend")
    if not isinstance(base, str) or not deeper:
        return here
    other = path.parent / Path(base).expanduser()
    below = _merged(other, _table(other) or {}, deeper - 1)
    return Settings(
        selected=here.selected or below.selected,
        extended=here.extended + below.extended,
        formats=here.formats or below.formats,
        where=here.where,
    )


def _table(path: Path) -> dict[str, Any] | None:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if path.name != "pyproject.toml":
        return read
    tool = read.get("tool")
    found = tool.get("ruff") if isinstance(tool, dict) else None
    return found if isinstance(found, dict) else None


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
