"""The three-way merge: nothing a person wrote is lost, and nothing is asked without need."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from onward.domain.merge3 import merge3

WORDS = st.sampled_from(["a", "b", "c", "", "  d: 1"])
TEXTS = st.lists(WORDS, max_size=8).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(base=TEXTS, new=TEXTS)
def test_what_nobody_touched_becomes_new(base: str, new: str) -> None:
    assert merge3(base, base, new).text == new


@given(base=TEXTS, mine=TEXTS)
def test_an_unchanged_generator_leaves_all_alone(base: str, mine: str) -> None:
    assert merge3(base, mine, base).text == mine


@given(base=TEXTS, same=TEXTS)
def test_the_same_change_on_both_sides_is_no_conflict(base: str, same: str) -> None:
    merged = merge3(base, same, same)
    assert not merged.conflicts
    assert merged.text == same


@given(base=TEXTS, mine=TEXTS, new=TEXTS)
def test_no_line_of_a_person_is_lost(base: str, mine: str, new: str) -> None:
    merged = merge3(base, mine, new)
    if merged.conflicts:
        assert merged.text == ""
        return
    added = Counter(mine.splitlines()) - Counter(base.splitlines())
    assert not added - Counter(merged.text.splitlines())


@given(base=TEXTS, mine=TEXTS, new=TEXTS)
def test_a_conflict_names_the_lines_that_stand_there(base: str, mine: str, new: str) -> None:
    lines = mine.splitlines()
    for conflict in merge3(base, mine, new).conflicts:
        assert tuple(lines[conflict.first - 1 : conflict.last]) == conflict.mine
        assert conflict.mine != conflict.new


def test_edits_in_different_places_both_stay() -> None:
    base = "one\ntwo\nthree\nfour\nfive\n"
    mine = "one\ntwo, by hand\nthree\nfour\nfive\n"
    new = "one\ntwo\nthree\nfour\nfive, newer\n"
    assert merge3(base, mine, new).text == "one\ntwo, by hand\nthree\nfour\nfive, newer\n"


def test_edits_in_one_place_are_told_with_their_lines() -> None:
    merged = merge3("one\ntwo\n", "one\nmine\n", "one\nnew\n")
    (conflict,) = merged.conflicts
    assert (conflict.first, conflict.last) == (2, 2)
    assert (conflict.mine, conflict.new) == (("mine",), ("new",))


def test_line_ends_and_a_missing_last_one_are_kept() -> None:
    assert merge3("a\nb\n", "a\r\nb\r\n", "a\nb\nc\n").text == "a\r\nb\r\nc\r\n"
    assert merge3("a\nb\nc\n", "a\nb\nend", "x\nb\nc\n").text == "x\nb\nend"
