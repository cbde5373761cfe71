"""With an older text of the file at hand, a finding is old where its line was one that had it."""

from hypothesis import given
from hypothesis import strategies as st

from onward.domain.baseline.entry import Source
from onward.domain.baseline.history import matched_by_lines, placed
from onward.domain.baseline.lines import moved_functions, renamed_lines, same_lines
from onward.domain.baseline.match import matched
from tests.domain.baseline.test_match import FUNCTIONS, entries, findings, programs


def new_lines(before: str, after: str, adopted: str | None = None) -> list[str]:
    """Give the lines that are new; ``adopted`` is the text that the entries were made of when it is not ``before``."""
    found = findings(after)
    match = matched_by_lines(entries(adopted or before), found, before, after)
    lines = after.split("\n")
    return [lines[found[seen.at].subject.line - 1].strip() for seen in match.new]  # type: ignore[union-attr]


TWINS = """
def first(text):
    start()
    assert text
    work(text)
    return text
"""


def test_a_twin_that_likeness_takes_for_the_mended_one_is_new() -> None:
    after = TWINS.replace("    assert text\n", "").replace(
        "    return", "    more()\n    assert text\n    return"
    )
    assert matched(entries(TWINS), findings(after), after).new == ()
    assert new_lines(TWINS, after) == ["assert text"]


def test_what_stayed_was_indented_or_was_laid_out_in_its_line_is_known() -> None:
    assert new_lines(TWINS, "# more\n" + TWINS.replace("assert text", "assert text  ")) == []
    assert new_lines(TWINS, TWINS.replace("assert text", "assert  text  ")) == []
    inside = TWINS.replace("    ", "        ").replace(
        "\n        start", "\n    if text:\n        start"
    )
    assert new_lines(TWINS, inside) == []


def test_a_function_that_moved_as_a_whole_is_known_and_a_part_of_one_is_not() -> None:
    one, two = FUNCTIONS.split("\n\n")
    assert new_lines(FUNCTIONS, two + "\n\n" + one) == []
    before, after = Source(FUNCTIONS, scopes=True), Source(two + "\n\n" + one, scopes=True)
    same = same_lines(before.lines, after.lines)
    assert moved_functions(before, after, same)
    changed = (two + "\n\n" + one).replace("return value", "return value + 1")
    text = Source(changed, scopes=True)
    assert "first" not in {
        text.symbol(at + 1)
        for at in moved_functions(before, text, same_lines(before.lines, text.lines))
    }


def test_a_name_changed_throughout_is_a_renaming_and_one_that_is_still_there_is_not() -> None:
    assert new_lines(FUNCTIONS, FUNCTIONS.replace("one", "other")) == []
    assert new_lines(FUNCTIONS, FUNCTIONS.replace("second", "third")) == []
    some = FUNCTIONS.replace("assert one\n", "assert other\n")
    assert new_lines(FUNCTIONS, some) == ["assert other"]
    used = FUNCTIONS.replace("assert one.more", "assert other.more").replace(
        "print(one)", "other = one"
    )
    assert new_lines(FUNCTIONS, used) == ["assert other.more"]


def test_a_renaming_amid_other_edits_is_new_and_beside_added_lines_it_is_not() -> None:
    renamed = FUNCTIONS.replace("one", "other")
    assert new_lines(FUNCTIONS, renamed.replace("value", "found")) == []
    assert new_lines(FUNCTIONS, "import x\n" + renamed) == []
    edited = renamed.replace("return value", "return value + 1")
    assert new_lines(FUNCTIONS, edited) == ["assert other", "assert other.more"]


def test_a_line_that_two_ways_of_aligning_put_elsewhere_did_not_stay() -> None:
    before, after = ["start", "twin", "work", "end"], ["start", "work", "twin", "end"]
    assert same_lines(before, after) == {0: 0, 3: 3, 1: 2} or same_lines(before, after) == {
        0: 0,
        3: 3,
    }


def test_texts_with_very_many_equal_lines_are_aligned_too() -> None:
    before = ["first", *["x", "y"] * 1500, "last"]
    after = ["other", *["x", "y"] * 1400, "end"]
    assert len(same_lines(before, after)) == 2800


def test_a_word_in_a_text_or_a_remark_is_no_name() -> None:
    before = Source("def f(a):\n    g('one', a)  # one\n    h(a)\n", scopes=True)
    after = Source("def f(a):\n    g('two', a)  # two\n    h(a)\n", scopes=True)
    assert renamed_lines(before, after, same_lines(before.lines, after.lines)) == {}


def test_a_call_broken_into_lines_is_known_only_when_little_else_changed() -> None:
    before = "def f():\n    go(eval(text), more=1, others=[2, 3])\n    assert text\n"
    after = before.replace(
        "go(eval(text), more=1, others=[2, 3])",
        "go(\n        eval(text), more=1, others=[2, 3],\n    )",
    )
    assert new_lines(before, after) == []
    assert len(new_lines(before, after.replace("assert text", "assert text.all()"))) == 2


def test_entries_of_another_state_are_matched_by_likeness() -> None:
    adopted = FUNCTIONS.replace("    print(one)\n", "    print(one)\n    assert one.kept\n")
    after = adopted.replace("def first", "x = 1\n\ndef first")
    assert new_lines(FUNCTIONS, after, adopted) == []


def test_a_line_whose_surroundings_changed_since_is_placed_by_itself() -> None:
    text = FUNCTIONS.replace(
        "    value = eval(text)\n", "    a = 1\n    b = 2\n    value = eval(text)\n"
    )
    assert placed(entries(FUNCTIONS), Source(text, scopes=True)) == [4, 8, 10]
    assert placed(entries(FUNCTIONS), Source("", scopes=True)) == [None] * 3


def test_twins_with_the_same_surroundings_are_placed_in_order() -> None:
    text = "def f():\n" + "    assert x\n" * 12
    assert placed(entries(text), Source(text, scopes=True)) == list(range(1, 13))


@given(programs, programs, programs)
def test_every_entry_and_every_finding_comes_out_once(
    adopted: str, before: str, after: str
) -> None:
    old, found = entries(adopted), findings(after)
    match = matched_by_lines(old, found, before, after)
    assert sorted(seen.at for seen in (*match.known, *match.new)) == list(range(len(found)))
    rules = sorted(one.rule for one in match.gone)
    rules += sorted(seen.entry.rule for seen in match.known)
    assert sorted(rules) == sorted(one.rule for one in old)


@given(programs)
def test_an_unchanged_file_has_nothing_new(text: str) -> None:
    match = matched_by_lines(entries(text), findings(text), text, text)
    assert (match.new, match.gone, match.stale) == ((), (), False)


lines = st.lists(st.sampled_from(["a", "b", "", "c = 1"]), max_size=25)


@given(lines, lines)
def test_lines_that_stayed_are_equal_and_in_order(before: list[str], after: list[str]) -> None:
    same = sorted(same_lines(before, after).items())
    assert all(before[at] == after[other] for other, at in same)
    assert [at for _, at in same] == sorted({at for _, at in same})


@given(lines)
def test_all_lines_of_an_unchanged_text_stayed(text: list[str]) -> None:
    assert same_lines(text, text) == {at: at for at in range(len(text))}
