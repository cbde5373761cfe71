"""Comments that silence a rule: each stands where its tool reads it, and its reason is one for onward too."""

import io
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.silencing import comment, silence
from onward.domain.suppressions import Suppression, suppressions


def done(text: str, line: int, rule: str, why: str = "because of it") -> str | None:
    """Give the text after the insertion, with a reason written at its place; None when there is none."""
    made = silence(text, line, rule)
    if made is None:
        return None
    lines = text.split("\n")
    row = lines[made.line - 1]
    row = row[: made.column - 1] + made.text + row[made.column - 1 :]
    lines[made.line - 1] = row[: made.reason - 1] + why + row[made.reason - 1 :]
    return "\n".join(lines)


def read(text: str) -> list[Suppression]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = ((*one.start, one.string) for one in tokens if one.type == tokenize.COMMENT)
    return list(suppressions(comments))


@pytest.mark.parametrize(
    ("rule", "after"),
    [
        ("ruff/F401", "x = 1  # noqa: F401 - because of it"),
        ("flake8/E501", "x = 1  # noqa: E501 - because of it"),
        ("mypy/arg-type", "x = 1  # type: ignore[arg-type]  # because of it"),
        ("ty/invalid-argument", "x = 1  # ty: ignore[invalid-argument]  # because of it"),
        ("pyrefly/bad-argument", "x = 1  # pyrefly: ignore[bad-argument]  # because of it"),
        ("basedpyright/reportAny", "x = 1  # pyright: ignore[reportAny]  # because of it"),
        ("pylint/no-member", "x = 1  # pylint: disable=no-member  # because of it"),
    ],
)
def test_each_tool_has_its_comment(rule: str, after: str) -> None:
    text = done("x = 1\n", 1, rule)
    assert text == f"{after}\n"
    (found,) = read(text)
    assert found.codes == (rule.partition("/")[2],)
    assert found.why == "because of it"


@pytest.mark.parametrize(
    "rule", ["ruff/format", "ruff/E902", "deptry/DEP001", "guard/too-new", "ruff/*", "mypy/", "x"]
)
def test_what_no_comment_reaches_has_none(rule: str) -> None:
    assert comment(rule) is None
    assert silence("x = 1\n", 1, rule) is None


def test_a_comment_that_is_there_gets_one_more_code() -> None:
    assert (
        done("x = 1  # noqa: F401 - old", 1, "ruff/E501", "") == "x = 1  # noqa: F401, E501 - old"
    )
    line = "x = 1  # type: ignore[a]  # old"
    assert done(line, 1, "mypy/b", "") == "x = 1  # type: ignore[a, b]  # old"
    line = "x = 1  # pylint: disable=a, b  # old"
    assert done(line, 1, "pylint/c", "") == "x = 1  # pylint: disable=a, b, c  # old"
    assert silence("x = 1  # noqa", 1, "ruff/E501") is None  # it silences all there is


def test_mypy_reads_only_the_first_comment_and_the_others_any() -> None:
    line = "x = 1  # a remark"
    assert done(line, 1, "mypy/a", "why") == "x = 1  # type: ignore[a]  # why # a remark"
    assert done(line, 1, "ruff/F401", "why") == "x = 1  # a remark  # noqa: F401 - why"


def test_a_string_over_several_lines_is_silenced_at_its_end_and_by_ruff_only() -> None:
    text = 'x = """\nlong\n"""\ny = 1\n'
    assert done(text, 2, "ruff/E501", "why") == 'x = """\nlong\n"""  # noqa: E501 - why\ny = 1\n'
    assert done(text, 1, "ruff/E501", "why") == 'x = """\nlong\n"""  # noqa: E501 - why\ny = 1\n'
    assert silence(text, 2, "mypy/a") is None
    made = silence(text, 4, "mypy/a")
    assert made is not None
    assert made.line == 4
    assert silence("x = 1 + \\\n  2\n", 1, "mypy/a") is None
    formatted = 'x = f"""\n{x}\n"""\n'
    assert done(formatted, 2, "ruff/E501", "w") == 'x = f"""\n{x}\n"""  # noqa: E501 - w\n'


def test_lines_that_end_in_a_carriage_return_keep_it() -> None:
    assert done("x = 1\r\ny\r\n", 1, "ruff/F401", "w") == "x = 1  # noqa: F401 - w\r\ny\r\n"


@given(st.text(alphabet="x=1 #\"'\\\n\r\t🦉noqa:F401", max_size=40), st.integers(-1, 9))
def test_whatever_the_text_nothing_is_taken_from_it(text: str, line: int) -> None:
    for rule in ("ruff/E501", "mypy/arg-type", "pylint/no-member"):
        made = silence(text, line, rule)
        if made is None:
            continue
        rows = text.split("\n")
        assert 1 <= made.line <= len(rows)
        row = rows[made.line - 1]
        assert 1 <= made.column <= len(row) + 1
        assert made.column <= made.reason <= len(row) + len(made.text) + 1
