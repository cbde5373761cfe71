"""A plan is done whole or not at all, and how far a step is can be told."""

from pathlib import Path

import pytest

from onward.core.errors import OutsideFailed
from onward.core.perform import counted, perform, recover
from onward.core.plan import Plan, WriteFile


def test_what_is_counted_is_told_with_how_many_there_will_be() -> None:
    told: list[tuple[str, str]] = []

    handed = list(counted("ab", 2, "pages", lambda *words: told.append(words)))

    assert handed == ["a", "b"]
    assert told == [("progress", "1 of 2 pages"), ("progress", "2 of 2 pages"), ("progress", "")]


def test_a_plan_that_writes_below_a_file_leaves_nothing_to_put_back_for_ever(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    step = WriteFile(sentence="write", path=str(tmp_path / "file" / "inner"), content=b"x")
    with pytest.raises(OutsideFailed, match="inner"):
        perform(Plan(title="write", steps=(step,)), tmp_path, started="2026-01-01")
    assert recover(tmp_path) is None
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"
