"""What a project's own ruff settings choose."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onward.domain.policy.ruff_levels import Settings

_FILES = (".ruff.toml", "ruff.toml", "pyproject.toml")
_DEEPEST = 8  # files that extend one another


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


def own_table(folder: Path) -> tuple[dict[str, Any] | None, str]:
    """Give the table of ruff's settings in ``folder`` itself and its file; None and ``pyproject.toml`` when it has none."""
    for name in _FILES:
        table = _table(folder / name)
        if table is not None:
            return table, name
    return None, "pyproject.toml"


def _merged(path: Path, table: Mapping[str, Any], deeper: int) -> Settings:
    """Give what a file and those that it extends choose; the nearer one's `select` counts."""
    lint = table.get("lint")
    lint = lint if isinstance(lint, dict) else {}

    def both(key: str) -> tuple[str, ...]:
        return (*_words(table.get(key)), *_words(lint.get(key)))

    here = Settings(
        selected="select" in lint or "select" in table,
        listed=both("select"),
        extended=both("extend-select"),
        ignored=both("ignore") + both("extend-ignore"),
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
        listed=here.listed if here.selected else below.listed,
        extended=here.extended + below.extended,
        ignored=here.ignored + below.ignored,
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
