"""What of black's, isort's, flake8's and pylint's settings ruff can say, and that the rest is named."""

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.old_settings.carry import TOOLS, Carried, Old, carry
from onward.domain.old_settings.words import SAME, WITHOUT_MEANING


def one(tool: str, **values: object) -> Carried:
    (carried,) = carry([Old(tool=tool, file="f", values=values)], None, prefix="tool.ruff")
    return carried


def written(*carried: Carried) -> dict[str, Any]:
    lines = "\n".join(line for part in carried for line in part.lines)
    ruff: dict[str, Any] = tomllib.loads(lines)["tool"]["ruff"]
    return ruff


def test_black() -> None:
    carried = one(
        "black",
        **{
            "line-length": 100,
            "target-version": ["py310", "py39"],
            "skip_string_normalization": True,
            "extend-exclude": r"/(\.x|y)/",
            "quiet": True,
        },
    )
    assert written(carried) == {
        "line-length": 100,
        "target-version": "py39",
        "format": {"quote-style": "preserve"},
    }
    assert carried.lost == (r"extend-exclude = /(\.x|y)/",)


def test_isort() -> None:
    carried = one(
        "isort",
        profile="black",
        known_first_party="a, b",
        force_single_line="true",
        skip_glob=["x/*"],
        multi_line_output=3,
        lines_after_imports=2,
    )
    assert written(carried)["lint"] == {
        "extend-select": ["I"],
        "isort": {
            "known-first-party": ["a", "b"],
            "force-single-line": True,
            "lines-after-imports": 2,
        },
    }
    assert carried.lost == ("skip-glob = ['x/*']",)


def test_flake8() -> None:
    carried = one(
        "flake8",
        **{
            "max-line-length": "100",
            "ignore": "E203,W503 # the formatter's\nD100",
            "select": "E,F,XYZ1",
            "exclude": ".git,old",
            "extend-exclude": "build",
            "max-complexity": "12",
            "per-file-ignores": "\n__init__.py: F401\ntests/*.py: S101,\n  D103",
            "statistics": "true",
            "application-import-names": "demo",
        },
    )
    assert written(carried) == {
        "line-length": 100,
        "extend-exclude": [".git", "old", "build"],
        "lint": {
            "ignore": ["E203", "D100"],
            "select": ["E", "F"],
            "mccabe": {"max-complexity": 12},
            "per-file-ignores": {"__init__.py": ["F401"], "tests/*.py": ["S101", "D103"]},
        },
    }
    assert carried.lost == ("select = XYZ1", "application-import-names = demo")


def test_pylint() -> None:
    carried = one(
        "pylint",
        **{
            "max-line-length": "120",
            "disable": ["missing-docstring", "odd-thing", "line-too-long"],
            "max-args": "7",
            "good-names": "i,j",
            "jobs": "0",
        },
    )
    assert written(carried) == {
        "line-length": 120,
        "lint": {"ignore": ["D1", "E501"], "pylint": {"max-args": 7}},
    }
    assert carried.lost == ("disable = odd-thing", "good-names = i,j")


def test_of_two_line_lengths_the_formatters_counts_and_the_other_is_a_limit() -> None:
    black = Old(tool="black", file="f", values={})
    flake8 = Old(tool="flake8", file="g", values={"max-line-length": "120"})
    (carried,) = carry([flake8, black], None, prefix="tool.ruff")
    assert written(carried) == {"lint": {"pycodestyle": {"max-line-length": 120}}}


@pytest.mark.parametrize(
    "ruff",
    [
        {"line-length": 90, "lint": {"ignore": []}},
        {"line-length": 100, "ignore": ["E203"]},
        {"line-length": 100, "lint": {"ignore": ["E203"]}, "extra": 1},
    ],
)
def test_what_ruff_is_told_already_is_left_alone(ruff: Mapping[str, object]) -> None:
    flake8 = Old(
        tool="flake8", file="f", values={"max-line-length": "100", "ignore": "E203", "x": 1}
    )
    assert carry([flake8], ruff, prefix="tool.ruff") == ()


def test_only_what_is_lacking_is_named() -> None:
    flake8 = Old(tool="flake8", file="f", values={"max-line-length": "100", "ignore": "E203"})
    (carried,) = carry([flake8], {"line-length": 100}, prefix="")
    assert carried.lines == ("[lint]", 'ignore = ["E203"]')


def test_settings_that_mean_the_same_to_ruff_anyway_are_no_finding() -> None:
    black = Old(tool="black", file="f", values={"line-length": 88, "quiet": True})
    assert carry([black], None, prefix="tool.ruff") == ()


_KNOWN = {key for table in (*SAME.values(), *WITHOUT_MEANING.values()) for key in table}
_OTHERS = {
    "ignore",
    "select",
    "per-file-ignores",
    "disable",
    "profile",
    "target-version",
    "nonsense",
}
_OPTIONS = st.sampled_from(sorted(_KNOWN | _OTHERS))
_VALUES = st.one_of(
    st.text(max_size=20), st.integers(), st.booleans(), st.lists(st.text(max_size=5), max_size=3)
)


@given(st.sampled_from(TOOLS), st.dictionaries(_OPTIONS, _VALUES, max_size=6))
def test_whatever_they_say_the_lines_are_toml_and_nothing_is_dropped_in_silence(
    tool: str, values: dict[str, object]
) -> None:
    old = Old(tool=tool, file="f", values=values)
    for carried in carry([old], None, prefix="tool.ruff"):
        assert tomllib.loads("\n".join(carried.lines)) is not None
        assert carried.lines or carried.lost
    if "nonsense" in values:
        assert carry([old], None, prefix="tool.ruff")


def test_a_sign_that_toml_does_not_take_is_written_by_its_number() -> None:
    (carried,) = carry(
        [Old(tool="flake8", file="f", values={"builtins": "a\x7f"})], None, prefix=""
    )
    assert tomllib.loads("\n".join(carried.lines))["builtins"] == ["a\x7f"]
