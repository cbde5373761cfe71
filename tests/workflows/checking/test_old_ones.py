"""What one tool cannot see because of one file stays in the baseline of all others."""

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
