"""What a comment silences, for whom, why and until when."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.suppressions import Reach, Suppression, suppressions


def read(text: str) -> list[Suppression]:
    return list(suppressions(iter([(3, 5, text)])))


@pytest.mark.parametrize(
    ("text", "tool", "codes", "why"),
    [
        ("# noqa", "flake8", (), ""),
        ("# NOQA: F401", "flake8", ("F401",), ""),
        ("# noqa:F401,E501", "flake8", ("F401", "E501"), ""),
        ("# noqa: F401 E501", "flake8", ("F401", "E501"), ""),
        ("# noqa: F401 - part of the API", "flake8", ("F401",), "part of the API"),
        ("# noqa: F401  # part of the API", "flake8", ("F401",), "part of the API"),
        ("# noqa: F401 (part of the API)", "flake8", ("F401",), "part of the API"),
        ("# noqa because it must", "flake8", (), "because it must"),
        ("# ruff: ignore[F401, E501]", "ruff", ("F401", "E501"), ""),
        ("# ruff: ignore[F401] why not", "ruff", ("F401",), "why not"),
        ("# type: ignore", "type", (), ""),
        ("# type: ignore[arg-type, misc]", "type", ("arg-type", "misc"), ""),
        ("# type:ignore[misc] # stubs are wrong", "type", ("misc",), "stubs are wrong"),
        ("# pyright: ignore[reportFoo]", "pyright", ("reportFoo",), ""),
        ("# ty: ignore[unresolved-import]: no stubs", "ty", ("unresolved-import",), "no stubs"),
        ("# pyrefly: ignore[bad-return]", "pyrefly", ("bad-return",), ""),
        ("# pylint: disable=invalid-name", "pylint", ("invalid-name",), ""),
        ("# x  # noqa: S101", "flake8", ("S101",), ""),
    ],
)
def test_the_known_forms(text: str, tool: str, codes: tuple[str, ...], why: str) -> None:
    (found,) = read(text)
    assert (found.tool, found.codes, found.why) == (tool, codes, why)
    assert found.line == 3
    assert found.column == 5 + text.index("#", 1 if text.startswith("# x") else 0)


def test_two_in_one_comment_are_two_and_no_reason_for_each_other() -> None:
    first, second = read("# type: ignore[misc]  # noqa: F401 - both are needed")
    assert (first.tool, first.why) == ("type", "")
    assert (second.tool, second.why) == ("flake8", "both are needed")


@pytest.mark.parametrize("text", ["# ruff: noqa", "# flake8: noqa", "# ruff: noqa: F401 - made"])
def test_a_whole_file(text: str) -> None:
    (found,) = read(text)
    assert found.reach is Reach.file


@pytest.mark.parametrize(
    ("text", "until", "bad"),
    [
        ("# noqa: F401 - waits for x, until 2027-01-31", dt.date(2027, 1, 31), ""),
        ("# noqa: F401 - until 2027-02 waits for x", dt.date(2027, 2, 28), ""),
        ("# noqa: F401 until 2027-12", dt.date(2027, 12, 31), ""),
        ("# noqa: F401 - until 2027-02-30", None, "2027-02-30"),
        ("# noqa: F401 - until 2027", None, "2027"),
        ("# noqa: F401 - until 9999-12", None, "9999-12"),
        ("# noqa: F401 - not until it works", None, ""),
    ],
)
def test_until_when(text: str, until: dt.date | None, bad: str) -> None:
    (found,) = read(text)
    assert (found.until, found.bad_until) == (until, bad)


def test_a_day_alone_is_no_reason() -> None:
    assert read("# noqa: F401 - until 2027-01-31")[0].why == ""


@pytest.mark.parametrize(
    "text",
    ["# type: int", "# typed: ignore", "# see noqa.py", "# notype: ignore", "# ruff is fast", "#"],
)
def test_what_silences_nothing(text: str) -> None:
    assert read(text) == []


@given(st.text(max_size=80))
def test_any_comment_can_be_read(text: str) -> None:
    for found in read(f"# noqa{text}"):
        assert found.line == 3
        assert found.column >= 5
