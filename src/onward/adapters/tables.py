"""The tables that are installed with onward: popular names, starter advisories, categories of ruff's rules, words on rules."""

import pkgutil
import tomllib
from functools import cache
from typing import TYPE_CHECKING

from onward.core.errors import EngineFailed
from onward.core.lines import lines_of
from onward.domain.guard.tables import PopularTable, StarterTable
from onward.domain.policy.words import RuleWords, ToolWords, read_words

if TYPE_CHECKING:
    from onward.domain.apps.glibc import Distribution

WORDED = frozenset({
    "basedpyright", "deptry", "griffe", "hadolint", "interrogate", "mypy", "pyrefly", "typos", "validate-pyproject", "vulture",
    "zizmor",
})  # fmt: skip
"""The tools about whose rules there are words of ours."""


@cache
def popular_table() -> PopularTable:
    """Give the table of the most downloaded projects; read once."""
    return PopularTable(_text("popular.txt"))


@cache
def starter_table() -> StarterTable:
    """Give the starter advisories; read once."""
    return StarterTable(_text("advisories.tsv"))


@cache
def glibc_table() -> "tuple[Distribution, ...]":
    """Give the distributions of Linux with the glibc of each; read once."""
    from onward.domain.apps.glibc import read_distributions

    return read_distributions(_text("glibc.tsv"))


@cache
def ruff_categories() -> dict[str, frozenset[str]]:
    """Map each of ruff's categories (``correctness``) to its rules (``ruff/F821``); read once."""
    lines = (line.split() for line in lines_of(_text("ruff_categories.txt")))
    return {
        words[0]: frozenset(f"ruff/{code}" for code in words[1:])
        for words in lines
        if words and words[0] != "#"
    }


@cache
def tool_words(tool: str) -> ToolWords | None:
    """Give our words about the rules of a tool, None when there are none; read once."""
    if tool not in WORDED:
        return None
    return read_words(tomllib.loads(_text(f"rule_texts/{tool}.toml")), _worded)


def _worded(rule: str) -> RuleWords:
    tool, _, code = rule.partition("/")
    words = tool_words(tool)
    if words is None or code not in words.rules:
        raise EngineFailed("missing-data", f"onward has no words about `{rule}`")
    return words.rules[code]


def _text(name: str) -> str:
    # pkgutil and not importlib.resources: the same for one file, and 3 ms less to import
    content = pkgutil.get_data("onward", f"data/{name}")
    if content is None:
        raise EngineFailed("missing-data", f"onward is not installed whole: `{name}` is missing")
    return content.decode("utf-8").replace("\r\n", "\n")
