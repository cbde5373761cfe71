"""The search for what breaks: right for every way of breaking that more changes cannot mend."""

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from onward.domain.bisect import culprits


def breaking(*sets: set[str]) -> Callable[[Sequence[str]], bool]:
    """Something that breaks whenever one of the sets is in it whole."""
    return lambda part: any(found <= set(part) for found in sets)


def test_nothing_breaks_costs_one_trial() -> None:
    found = culprits("abcdefgh", breaking())

    assert (found.kept, found.culprits, found.trials) == (tuple("abcdefgh"), (), 1)


def test_one_culprit_among_many_is_found_in_few_trials() -> None:
    found = culprits(range(64), lambda part: 41 in part)

    assert [c.unit for c in found.culprits] == [41]
    assert found.kept == tuple(i for i in range(64) if i != 41)
    assert found.trials <= 9  # all, six halvings, alone, all but one


def test_every_one_breaks() -> None:
    found = culprits("abc", bool)

    assert found.kept == ()
    assert [c.unit for c in found.culprits] == ["a", "b", "c"]


def test_two_that_break_only_together() -> None:
    found = culprits("abcdef", breaking({"b", "e"}))

    assert found.kept == tuple("abcdf")
    assert [(c.unit, c.together_with) for c in found.culprits] == [("e", "b")]


def test_one_that_breaks_alone_has_no_partner() -> None:
    found = culprits("abcdef", breaking({"e"}))

    assert [(c.unit, c.together_with) for c in found.culprits] == [("e", None)]


def test_trials_are_bounded_and_nothing_unproven_is_kept() -> None:
    found = culprits(range(100), lambda part: len(part) > 3, most=10)

    assert found.trials <= 13
    assert len(found.kept) <= 3
    assert found.undecided
    assert found.proven


def test_what_passed_once_and_fails_at_the_end_is_not_proven() -> None:
    """A flaky test: the part that is kept was not the last to be tried, so it is tried again."""
    seen: list[tuple[str, ...]] = []

    def fails(part: Sequence[str]) -> bool:
        seen.append(tuple(part))
        return "d" in part or seen.count(tuple(part)) > 1

    found = culprits("abcd", fails)

    assert found.kept == tuple("abc")
    assert seen[-1] == tuple("abc")
    assert not found.proven


def test_the_last_trial_is_of_what_is_kept() -> None:
    seen: list[tuple[str, ...]] = []

    def fails(part: Sequence[str]) -> bool:
        seen.append(tuple(part))
        return "c" in part

    found = culprits("abc", fails)

    assert (found.kept, found.proven) == (("a", "b"), True)
    assert seen[-1] == ("a", "b")


units = st.integers(1, 24)
failures = units.flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.sets(st.integers(0, n - 1), min_size=1, max_size=3), max_size=4),
    )
)


@given(failures)
def test_what_is_kept_passes_and_no_culprit_could_be_added(
    case: tuple[int, list[set[int]]],
) -> None:
    count, sets = case

    def fails(part: Sequence[int]) -> bool:
        return any(found <= set(part) for found in sets)

    found = culprits(range(count), fails, most=10_000)

    assert not fails(found.kept)
    assert found.proven
    assert sorted([*found.kept, *(c.unit for c in found.culprits)]) == list(range(count))
    assert found.undecided == ()
    for culprit in found.culprits:
        assert fails([*found.kept, culprit.unit])
        if culprit.together_with is not None:
            assert not fails([culprit.unit])
            assert culprit.together_with in found.kept


@given(failures, st.integers(1, 20), st.randoms())
def test_whatever_happens_only_what_was_seen_to_pass_is_kept(
    case: tuple[int, list[set[int]]], most: int, chance: object
) -> None:
    """Also when breaking follows no rule at all and trials are few."""
    count, _ = case
    results: dict[tuple[int, ...], bool] = {}

    def fails(part: Sequence[int]) -> bool:
        results[tuple(part)] = chance.random() < 0.5  # type: ignore[attr-defined]
        return results[tuple(part)]

    found = culprits(range(count), fails, most=most)

    if found.kept and found.proven:
        assert results[found.kept] is False
    shares = [*found.kept, *(c.unit for c in found.culprits), *found.undecided]
    assert sorted(shares) == list(range(count))
