"""Old findings are known again after edits, and nothing else is."""

import random

from hypothesis import given
from hypothesis import strategies as st

from onward.core.finding import Certainty, Finding, Place, Release
from onward.domain.baseline.align import aligned
from onward.domain.baseline.entry import Entry, Source, entries_of, may_be_known
from onward.domain.baseline.match import matched, paired
from onward.domain.baseline.settle import settle

WORDS = ("eval(text)", "assert one", "print(two)", "value = 1", "return value", "")


def findings(text: str, path: str = "a.py") -> list[Finding]:
    """Find every ``eval`` and ``assert``, as a linter would."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        for word in ("eval", "assert"):
            if (at := line.find(word)) >= 0:
                place = Place(
                    path=path, line=number, column=at + 1, end_line=number, end_column=at + 5
                )
                found.append(Finding(rule=f"t/{word}", subject=place, message=f"no {word}"))
    return found


def entries(text: str, path: str = "a.py") -> list[Entry]:
    return entries_of(findings(text, path), text)


def new_lines(before: str, after: str) -> list[str]:
    found = findings(after)
    match = matched(entries(before), found, after)
    lines = after.split("\n")
    return [lines[found[seen.at].subject.line - 1].strip() for seen in match.new]  # type: ignore[union-attr]


FUNCTIONS = """
def first(text):
    value = eval(text)
    return value

def second(one):
    assert one
    print(one)
    assert one.more
"""


def test_functions_that_change_places_are_known() -> None:
    one, two = FUNCTIONS.split("\n\n")
    assert new_lines(FUNCTIONS, two + "\n\n" + one) == []


def test_a_renamed_variable_and_a_renamed_function_are_known() -> None:
    assert new_lines(FUNCTIONS, FUNCTIONS.replace("one", "other")) == []
    assert new_lines(FUNCTIONS, FUNCTIONS.replace("second", "third")) == []


def test_a_name_changed_in_one_line_alone_is_new() -> None:
    after = FUNCTIONS.replace("assert one.more", "assert some.more")
    assert new_lines(FUNCTIONS, after) == ["assert some.more"]


def test_a_call_broken_into_lines_is_known() -> None:
    before = "def f():\n    go(eval(text), more=1, others=[2, 3])\n"
    after = (
        "def f():\n    go(\n        eval(text),\n        more=1,\n        others=[2, 3],\n    )\n"
    )
    assert new_lines(before, after) == []


def test_a_call_broken_into_lines_amid_other_edits_is_new() -> None:
    before = "def f():\n    go(eval(text), more=1, others=[2, 3])\n    assert text\n"
    after = "def f():\n    go(\n        eval(text), more=1, others=[2, 3]\n    )\n    assert text.all()\n"
    assert new_lines(before, after) == ["eval(text), more=1, others=[2, 3]", "assert text.all()"]


def test_one_mended_and_the_same_words_in_another_function_is_new() -> None:
    before = "def a():\n    eval(x)\n    return 1\n\ndef b():\n    go()\n    return 2\n"
    after = "def a():\n    return 1\n\ndef b():\n    go()\n    eval(x)\n    return 2\n"
    assert new_lines(before, after) == ["eval(x)"]


def test_symbols_go_by_indentation() -> None:
    text = "class A:\n    x = 1\n    @d\n    async def f(self):\n        y = (\n            2)\n\n        return y\nz = 1\n"
    source = Source(text, scopes=True)
    names = [source.symbol(line) for line in (1, 2, 4, 5, 8, 9, 99)]
    assert names == ["A", "A", "A.f", "A.f", "A.f", "", ""]
    assert source.symbols() == [source.symbol(line) for line in range(1, text.count("\n") + 2)]


def test_a_function_that_went_to_another_file_is_followed_and_a_copy_is_not() -> None:
    one, two = FUNCTIONS.split("\n\n")
    old = entries(FUNCTIONS, "a.py")
    here = paired(old, entries(one, "a.py"))
    there = paired((), entries("import x\n\n" + two, "b.py"))
    settled = settle(there.new, here.gone)
    assert (len(settled.known), settled.new, settled.gone) == (2, (), ())
    copied = settle(there.new, ())
    assert len(copied.new) == 2


def test_one_line_like_one_mended_in_another_file_is_new() -> None:
    """A file that is still there did not move, even if all that it lost is somewhere else."""
    text = "def run(x):\n    {}\n    assert x\n    {}\n"
    old = entries(text.format("a()", "b()"), "a.py")
    there = paired((), entries(text.format("c(1)", "d(2)"), "b.py"))
    assert len(settle(there.new, old).new) == 1
    assert len(settle(there.new, old, {"a.py"}).known) == 1


def test_what_is_about_no_file_is_known_by_its_words() -> None:
    def about(version: str) -> Finding:
        return Finding(
            rule="guard/old", subject=Release(name="a", version=version), message="it is old"
        )

    old = entries_of([about("1")], "")
    assert len(matched(old, [about("1"), about("2")], "").known) == 1


def test_what_could_not_be_looked_at_is_never_known() -> None:
    finding = Finding(
        rule="tool/failed", subject=Place(path="a"), message="x", certainty=Certainty.unknown
    )
    assert not may_be_known(finding)


programs = st.lists(st.sampled_from(WORDS), max_size=25).map(
    lambda words: "def f(text):\n" + "".join(f"    {word}\n" for word in words)
)


@given(programs, programs)
def test_every_entry_and_every_finding_comes_out_once(before: str, after: str) -> None:
    old, found = entries(before), findings(after)
    match = matched(old, found, after)
    assert sorted(seen.at for seen in (*match.known, *match.new)) == list(range(len(found)))
    assert len(match.known) + len(match.gone) == len(old)
    rules = sorted(entry.rule for entry in match.gone)
    rules += sorted(seen.entry.rule for seen in match.known)
    assert sorted(rules) == sorted(entry.rule for entry in old)


@given(programs)
def test_an_unchanged_file_has_nothing_new(text: str) -> None:
    match = matched(entries(text), findings(text), text)
    assert (match.new, match.gone, match.stale) == ((), (), False)


@given(programs, programs)
def test_what_is_known_never_grows_by_itself(before: str, after: str) -> None:
    old = entries(before)
    for text in (after, before, after):
        old = [seen.entry for seen in matched(old, findings(text), text).known]
        assert len(old) <= len(entries(before))
    assert len(matched(old, findings(before), before).known) <= len(entries(before))


@given(st.lists(programs, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_leftovers_settle_alike_in_any_order_of_files(
    texts: list[str], dice: random.Random
) -> None:
    gone = [one for at, text in enumerate(texts) for one in entries(text, f"old{at}.py")]
    new = [
        seen
        for at, text in enumerate(texts)
        for seen in paired((), entries(text, f"new{at}.py")).new
    ]
    groups = list(range(len(texts)))
    dice.shuffle(groups)
    order = {f"new{at}.py": place for place, at in enumerate(groups)}
    lost = {one.path for one in gone}
    one = settle(new, gone, lost)
    two = settle(sorted(new, key=lambda seen: (order[seen.entry.path], seen.at)), gone, lost)
    assert len(one.known) == len(two.known)
    assert len(one.known) + len(one.gone) == len(gone)


@given(st.text("abc", max_size=30), st.text("abc", max_size=30))
def test_alignment_pairs_equal_items_in_order(one: str, two: str) -> None:
    pairs = aligned(one, two)
    assert all(one[at] == two[other] for at, other in pairs)
    assert pairs == sorted(pairs)
    assert len({at for at, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)


@given(st.text("abc", max_size=30))
def test_alignment_of_equal_rows_is_whole(one: str) -> None:
    assert aligned(one, one) == [(at, at) for at in range(len(one))]
