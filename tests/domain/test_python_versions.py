"""What a range allows, which pin fits, until when: against packaging and a calendar."""

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from onward.core.errors import BadInput
from onward.domain.python_versions import (
    END_OF_LIFE,
    State,
    allows,
    end_of_life,
    parse_pin,
    read_pin,
    state_of,
    widened,
)

minors = st.integers(6, 16)
exact = st.builds(lambda a, b: f"3.{a}.{b}", minors, st.integers(0, 30))
pins = st.one_of(exact, minors.map(lambda a: f"3.{a}"))
clauses = st.builds(
    lambda op, version: op + version,
    st.sampled_from([">=", "<", "<=", ">", "!=", "==", "~="]),
    st.one_of(exact, minors.map(lambda a: f"3.{a}")),
) | st.builds(lambda op, a: f"{op}3.{a}.*", st.sampled_from(["==", "!="]), minors)
ranges = st.lists(clauses, max_size=3).map(",".join)


@given(ranges, exact)
def test_an_exact_pin_is_allowed_as_packaging_says(requires: str, pin: str) -> None:
    assert allows(requires, parse_pin(pin)) is SpecifierSet(requires).contains(pin)


@given(ranges, minors)
def test_a_minor_pin_is_allowed_when_some_patch_release_is(requires: str, minor: int) -> None:
    some = any(SpecifierSet(requires).contains(f"3.{minor}.{micro}") for micro in range(60))
    assert allows(requires, parse_pin(f"3.{minor}")) is some


@given(ranges, pins)
@example("<3.6.1,>3.6.0", "3.6")
def test_a_widened_range_allows_the_pin_and_leaves_a_fitting_one_alone(
    requires: str, pin: str
) -> None:
    wanted = parse_pin(pin)
    wider = widened(requires, wanted)
    assert allows(wider, wanted)
    if allows(requires, wanted):
        assert SpecifierSet(wider) == SpecifierSet(requires)


@pytest.mark.parametrize(
    ("requires", "pin", "wider"),
    [
        (">=3.11", "3.10.4", ">=3.10"),
        (">=3.10,<3.12", "3.13", ">=3.10,<3.14"),
        ("==3.11.*", "3.12.1", ">=3.12,<3.13"),
        (">=3.9,!=3.12.1", "3.12.1", ">=3.9"),
    ],
)
def test_widening_changes_as_little_as_it_can(requires: str, pin: str, wider: str) -> None:
    assert widened(requires, parse_pin(pin)) == wider


@pytest.mark.parametrize("text", ["3", "3.12.1.1", "three", "", "4.0", "3.12;", ">=3.12", "3.12.x"])
def test_what_cannot_be_pinned_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_pin(text)


@pytest.mark.parametrize(
    ("text", "pin", "line"),
    [
        ("3.12.1\n", "3.12.1", 1),
        ("# ours\n\n3.12\n3.11\n", "3.12", 3),
        ("cpython-3.12.1-linux-x86_64-gnu\n", "3.12.1", 1),
        ("cpython@3.13\n", "3.13", 1),
        ("3.15.0rc1\n", "3.15.0rc1", 1),
        ("pypy3.10\n", None, 1),
        (">=3.11\n", None, 1),
        ("", None, 0),
    ],
)
def test_pin_files_of_uv_and_pyenv(text: str, pin: str | None, line: int) -> None:
    found, at = read_pin(text)
    assert (str(found) if found else None, at) == (pin, line)


def test_a_minor_pin_means_every_patch_release_and_no_other_minor() -> None:
    assert parse_pin("3.1").fits("3.1.4")
    assert not parse_pin("3.1").fits("3.12.4")
    assert parse_pin("3.12.4").fits("3.12.4")
    assert not parse_pin("3.12.4").fits("3.12.40")


def test_states_turn_on_the_right_days() -> None:
    day = dt.timedelta(days=1)
    for (major, minor), ends in END_OF_LIFE.items():
        version = f"{major}.{minor}.5"
        assert end_of_life(version) == ends
        assert state_of(version, ends) is State.ending
        assert state_of(version, ends + day) is State.ended
        assert state_of(version, ends - 180 * day) is State.ending
        assert state_of(version, ends - 190 * day) is State.supported
    assert state_of("3.5", dt.date(2026, 1, 1)) is State.ended
    assert state_of("3.40", dt.date(2026, 1, 1)) is State.unknown
    assert state_of("", dt.date(2026, 1, 1)) is State.unknown
