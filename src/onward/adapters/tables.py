"""The tables that are installed with onward: popular names, starter advisories, categories of ruff's rules."""

import pkgutil
from functools import cache

from onward.core.errors import EngineFailed
from onward.domain.guard.tables import PopularTable, StarterTable


@cache
def popular_table() -> PopularTable:
    """Give the table of the most downloaded projects; read once."""
    return PopularTable(_text("popular.txt"))


@cache
def starter_table() -> StarterTable:
    """Give the starter advisories; read once."""
    return StarterTable(_text("advisories.tsv"))


@cache
def ruff_categories() -> dict[str, frozenset[str]]:
    """Map each of ruff's categories (``correctness``) to its rules (``ruff/F821``); read once."""
    lines = (line.split() for line in _text("ruff_categories.txt").splitlines())
    return {
        words[0]: frozenset(f"ruff/{code}" for code in words[1:])
        for words in lines
        if words and words[0] != "#"
    }


def _text(name: str) -> str:
    # pkgutil and not importlib.resources: the same for one file, and 3 ms less to import
    content = pkgutil.get_data("onward", f"data/{name}")
    if content is None:
        raise EngineFailed("missing-data", f"onward is not installed whole: `{name}` is missing")
    return content.decode("utf-8").replace("\r\n", "\n")
