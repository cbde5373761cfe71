"""The choice of the spans: what makes a candidate good, and which of the good ones is taken."""

from collections.abc import Sequence

from bench import holdout, replay
from bench.holdout import Case, Spans
from onward.core.names import parse_name


def bad(count: int, *, one_day: bool) -> list[Case]:
    return [Case(age=90, one_day=one_day, otherwise=False)] * count


def honest(*ages: float, old: int) -> list[Case]:
    young = [Case(age=age, one_day=False, otherwise=False) for age in ages]
    return [*young, *[Case(age=900, one_day=False, otherwise=False)] * old]


def chosen(listed: Sequence[Case], back: Sequence[Case], good: Sequence[Case]) -> Spans | None:
    return next(iter(holdout.choose(listed, back, good)), None)


def test_without_those_that_come_back_a_span_for_one_day_would_do() -> None:
    listed, back = bad(10, one_day=True), bad(10, one_day=False)

    assert chosen(listed, listed, honest(old=100)) == Spans(3, 14)
    assert chosen(listed, back, honest(old=100)) == Spans(14, 14)


def test_none_is_good_that_refuses_too_many_honest_names_or_too_few_bad_ones() -> None:
    listed = bad(10, one_day=False)

    assert chosen(listed, listed, honest(10, old=99)) == Spans(14, 14)
    assert chosen(listed, listed, honest(10, 12, old=98)) is None
    assert Spans(21, 21) not in holdout.choose(listed, listed, honest(10, 17, old=100))
    assert chosen([], [], honest(old=100)) is None


def test_what_other_rules_refuse_needs_no_span() -> None:
    refused = [Case(age=90, one_day=True, otherwise=True)] * 10

    assert chosen(refused, refused, honest(old=100)) == Spans(3, 3)


def test_a_name_is_always_in_the_same_half_and_both_halves_are_used() -> None:
    halves = [replay.for_choosing(parse_name(f"xqzv-{n}")) for n in range(400)]

    assert halves == [replay.for_choosing(parse_name(f"XQZV_{n}")) for n in range(400)]
    assert 150 < sum(halves) < 250
