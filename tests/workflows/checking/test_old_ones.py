"""What one tool cannot see because of one file stays in the baseline of all others."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from onward.core.finding import Finding, Place
from onward.core.policy import Level, Row, Verdict
from onward.domain.baseline.file import Baseline
from onward.workflows.checking.history import NoHistory
from onward.workflows.checking.old_ones import Matcher, entries_in
from onward.workflows.checking.scope import Scope


def verdict(rule: str, path: str) -> Verdict:
    place = Place(path=path, line=1, column=1)
    finding = Finding(rule=rule, subject=place, message="said")
    return Verdict(finding=finding, level=Level.ratchet, row=Row(match="*", level=Level.ratchet))


def test_a_syntax_error_that_stops_mypy_keeps_its_entries_in_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x: int = ''\n")
    (tmp_path / "b.py").write_text("def (:\n")
    old = [verdict("mypy/assignment", "a.py").finding, verdict("ruff/F401", "a.py").finding]
    baseline = Baseline(entries_in(tmp_path, "a.py", old), there=True)
    now = {"b.py": [verdict("mypy/syntax", "b.py")]}

    matcher = Matcher(baseline, Scope(root=tmp_path, environment=tmp_path), NoHistory())
    matcher.learn(("b.py", ""), lambda path: now.get(path, []))

    assert [one.rule for one in matcher.found.gone] == ["ruff/F401"]
    assert b"mypy/assignment" in (matcher.found.content or b"")


class Told:
    """A history that remembers what it was asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[str] = []

    def renamed(self) -> dict[str, str]:
        return {}

    def texts(self, paths: Sequence[str]) -> Iterator[str]:
        self.asked += paths
        return iter([self.text] * len(paths))


def test_history_is_asked_only_for_files_that_leave_something_to_guess(tmp_path: Path) -> None:
    before = "start()\nassert one\nwork()\nlast()\n"
    (tmp_path / "a.py").write_text(before)
    (tmp_path / "b.py").write_text(before)
    rule = Row(match="*", level=Level.ratchet)

    def at(path: str, line: int) -> Verdict:
        place = Place(path=path, line=line, column=1)
        return Verdict(
            finding=Finding(rule="t/assert", subject=place, message="said"),
            level=Level.ratchet,
            row=rule,
        )

    entries = [
        one
        for path in ("a.py", "b.py")
        for one in entries_in(tmp_path, path, [at(path, 2).finding])
    ]
    (tmp_path / "b.py").write_text("start()\nwork()\nassert one\nmore()\nlast()\n")
    now = {"a.py": [at("a.py", 2)], "b.py": [at("b.py", 3)]}
    history = Told(before)
    matcher = Matcher(
        Baseline(entries, there=True), Scope(root=tmp_path, environment=tmp_path), history
    )
    matcher.learn(("a.py", "b.py", ""), lambda path: now.get(path, []))

    assert history.asked == ["b.py"]
    assert matcher.found.by_history
    assert [one.path for one in matcher.found.gone] == ["b.py"]
    assert [one.known for one in matcher.marked("a.py", now["a.py"])] == [True]
    assert [one.known for one in matcher.marked("b.py", now["b.py"])] == [False]
