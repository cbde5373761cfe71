"""Changed lines are judged as the statements they are part of."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from onward.domain.boundary.covered import Lines, Measured, changed_lines

CODE = '''\
"""Words."""

import a

# comment
def f(
    x,
):
    """Words."""
    if x:
        y = g(
            1,
        )
    else:
        y = 2
    try:
        pass
    except E:
        y = 3
    return y


@deco
def never():  # pragma: no cover
    y = 4
'''
EVERY = range(1, CODE.count("\n") + 1)


def judged(ran: set[int], missing: set[int] | None = None) -> Lines:
    data = Measured(ran=frozenset(ran), missing=None if missing is None else frozenset(missing))
    found = changed_lines(CODE.encode(), EVERY, data)
    assert found is not None
    return found


def test_every_line_of_a_statement_has_its_fate() -> None:
    found = judged({3, 6, 10, 11, 20})
    assert found.covered == (3, 6, 7, 8, 10, 11, 12, 13, 20)
    assert found.uncovered == (15, 19)
    assert list(found.runs()) == [(15, 19)]


def test_what_the_data_leaves_out_is_left_out() -> None:
    assert judged({3}, {15}).uncovered == (15,)


def test_runs_end_where_something_ran() -> None:
    assert list(Lines(uncovered=(1, 2, 3, 7, 9, 10)).runs()) == [(1, 3), (7, 7), (9, 10)]
    assert list(Lines(uncovered=(1, 4, 6), idle=frozenset({2, 3})).runs()) == [(1, 4), (6, 6)]
    assert list(Lines().runs()) == []


def test_bodies_for_type_checkers_only_are_left_out() -> None:
    code = b"if typing.TYPE_CHECKING:\n    import a\nelse:\n    b = 1\n"
    found = changed_lines(code, range(1, 5), Measured(ran=frozenset({1})))
    assert found == Lines(covered=(1,), uncovered=(4,), idle=frozenset({2, 3}))


@given(st.binary(), st.frozensets(st.integers(0, 9)), st.frozensets(st.integers(-1, 9)))
def test_no_text_breaks_it(content: bytes, changed: frozenset[int], ran: frozenset[int]) -> None:
    found = changed_lines(content, changed, Measured(ran=ran))
    if found is not None:
        ast.parse(content)
        assert set(found.covered) | set(found.uncovered) <= changed
