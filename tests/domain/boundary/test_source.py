"""Code as machines write it: chained and branched a thousand times."""

import pytest

from onward.domain.boundary.covered import Lines, Measured, changed_lines
from onward.domain.boundary.documented import Documented, Entry, stale
from onward.domain.boundary.summary import summarise

MANY = 1500


def chained(word: str, sign: str) -> str:
    return sign.join([word] * MANY)


def test_a_chain_of_branches_is_read_to_its_end() -> None:
    code = "if a: pass\n" + "elif b: pass\n" * MANY + "else:\n    last = 1\n"
    assert [one.name for one in summarise(code.encode()).symbols] == ["last"]


def test_all_may_be_put_together_of_many_lists() -> None:
    code = "from . import sub\n__all__ = " + chained("['a']", " + ") + " + sub.__all__ + ['z']\n"
    read = summarise(code.encode())
    assert read.exported == ("a",) * MANY + ("z",)
    assert read.joined == ("sub",)


@pytest.mark.parametrize(
    "code", [f"@{chained('a', '.')}\ndef f(): pass\n", f"class A({chained('a', '.')}): pass\n"]
)
def test_a_name_may_have_many_dots(code: str) -> None:
    assert len(summarise(code.encode()).symbols) == 1


def test_a_long_condition_is_a_line_like_another() -> None:
    code = f"if {chained('a', ' + ')}:\n    x = 1\n"
    found = changed_lines(code.encode(), (1, 2), Measured(ran=frozenset({1})))
    assert found == Lines(covered=(1,), uncovered=(2,))


def test_what_runs_when_no_type_checker_looks_counts() -> None:
    code = b"if not TYPE_CHECKING:\n    b = 1\n"
    found = changed_lines(code, (2,), Measured(ran=frozenset({1})))
    assert found == Lines(uncovered=(2,))


@pytest.mark.parametrize("quote", ["", "'"])
def test_a_union_may_be_long(quote: str) -> None:
    hint = f"{quote}{chained('int', ' | ')}{quote}"
    code = f'def f(a: {hint}):\n    """F.\n\n    Args:\n        a (str): It.\n    """\n'
    said = Documented(parameters=(Entry(name="a", type="str"),))
    (found,) = stale(code.encode(), lambda *_: said)
    assert found.message.startswith("the docstring of `f` says that `a` is `str`, its hint ")


def test_a_form_feed_ends_no_line() -> None:
    code = b"\x0c\nx = 1  # pragma: no cover\ny = 1\n"
    found = changed_lines(code, (2, 3), Measured(ran=frozenset()))
    assert found == Lines(uncovered=(3,), idle=frozenset({2}))
