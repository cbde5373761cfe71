"""An answer on disk gives back what was put in, path by path, however large it is."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.answers import Head, opened, written
from onward.core.finding import Certainty, Finding, Place, Release, Whole

WORDS = st.text(max_size=20)
NUMBERS = st.integers(0, 10**6)
SUBJECTS = st.one_of(
    st.builds(
        Place,
        path=st.sampled_from(["a.py", "b/c.py", "ünï.py"]),
        line=NUMBERS,
        column=NUMBERS,
        end_line=NUMBERS,
        end_column=NUMBERS,
        source_line=WORDS,
    ),
    st.builds(Release, name=WORDS, version=WORDS),
    st.builds(Whole, name=WORDS),
)
FINDINGS = st.builds(
    Finding,
    rule=WORDS,
    subject=SUBJECTS,
    message=WORDS,
    hint=WORDS,
    facts=st.dictionaries(WORDS, st.one_of(WORDS, NUMBERS, st.booleans(), st.lists(WORDS))),
    certainty=st.sampled_from(Certainty),
    seen_by=st.just("tool 1.0"),
)


def path_of(finding: Finding) -> str:
    return finding.subject.path if isinstance(finding.subject, Place) else ""


@given(st.lists(FINDINGS, max_size=30))
def test_what_is_kept_comes_back(findings: list[Finding]) -> None:
    head = Head(seen_by="tool 1.0", frame=b"f", whole=b"w", digests={"a.py": b"1"})
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "x.answer"
        made = written(head, findings)
        made.save(place)
        back = opened(place)
    assert back is not None
    assert (back.head.frame, back.head.whole, back.head.digests) == (b"f", b"w", {"a.py": b"1"})
    assert back.head.count == len(findings)
    for answer in (made, back):
        assert set(answer.paths()) == {path_of(finding) for finding in findings}
        for path in answer.paths():
            wanted = [finding for finding in findings if path_of(finding) == path]
            assert list(answer.findings(path)) == wanted


@given(st.lists(FINDINGS, max_size=20), st.lists(FINDINGS, max_size=20))
def test_new_findings_take_the_place_of_old_ones_for_their_files(
    old: list[Finding], new: list[Finding]
) -> None:
    head = Head(seen_by="tool 1.0")
    but = frozenset({"a.py"})
    of_a = [finding for finding in new if path_of(finding) == "a.py"]
    both = written(head, of_a, old=written(head, old), but=but)
    assert list(both.findings("a.py")) == of_a
    for path in ("b/c.py", "ünï.py", ""):
        assert list(both.findings(path)) == [one for one in old if path_of(one) == path]


@given(st.binary(max_size=200))
def test_bytes_of_somebody_else_are_no_answer(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "x.answer"
        place.write_bytes(content)
        assert opened(place) is None


def test_a_large_answer_is_used_and_not_kept(tmp_path: Path) -> None:
    many = [
        Finding(rule="a/b", subject=Place(path=f"{at % 7}.py", line=at), message="x", seen_by="t")
        for at in range(1000)
    ]
    made = written(Head(seen_by="t"), many)
    made.save(tmp_path / "x.answer", largest=1000)
    assert not (tmp_path / "x.answer").exists()
    assert sum(len(list(made.findings(path))) for path in made.paths()) == 1000
