"""The tables are made from public lists by a script that anyone can run."""

import datetime as dt
import json
from pathlib import Path

import pytest

from onward.core.names import Name
from onward.domain.guard.tables import parse_popular, parse_starter
from scripts import refresh_tables
from tests import dumps

ROWS = [{"project": f"Pack.age_{n}", "download_count": 9_000 - n} for n in range(400)]


def refresh(into: Path, *words: str) -> int:
    return refresh_tables.main([*words, "--date", "2026-06-16", "--into", str(into)])


def test_both_tables_from_the_public_forms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "top.json"
    listed.write_text(json.dumps({"last_update": "x", "rows": [*ROWS, ROWS[0]]}), encoding="utf-8")
    given = [
        dumps.document("TEST-2", "package-7", versions=["1.0"], details="prose that stays out"),
        dumps.document("TEST-1", "package-7"),
        dumps.document("TEST-3", "package-399"),
        dumps.document("TEST-4", "package-2", withdrawn="2026-01-01T00:00:00Z"),
    ]
    dump = dumps.write(tmp_path / "all.zip", dumps.packed(given))
    assert refresh(tmp_path, "--popular", str(listed), "--osv", dump.as_uri()) == 0
    popular = parse_popular((tmp_path / "popular.txt").read_text(encoding="utf-8"))
    assert (len(popular), popular.rank(Name("pack-age-0")), popular.date) == (
        400, 1, dt.date(2026, 6, 16),
    )  # fmt: skip
    assert "400 names" in capsys.readouterr().out


def test_only_the_most_used_projects_enter_the_starter_table(tmp_path: Path) -> None:
    listed = tmp_path / "top.json"
    listed.write_text(json.dumps([f"package-{n}" for n in range(400)]), encoding="utf-8")
    given = [dumps.document(f"TEST-{n}", f"package-{n}", details="prose") for n in (399, 299, 7, 0)]
    dump = dumps.write(tmp_path / "all.zip", dumps.packed(given))
    assert refresh(tmp_path, "--popular", str(listed), "--osv", str(dump)) == 0
    text = (tmp_path / "advisories.tsv").read_text(encoding="utf-8")
    starter = parse_starter(text)
    assert [bool(starter.about(Name(f"package-{n}"))) for n in (0, 7, 299, 300, 399)] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert "prose" not in text
    assert "CC-BY-4.0" in text
    assert starter.packages == 300


def test_a_list_that_cannot_be_right_changes_nothing(tmp_path: Path) -> None:
    listed = tmp_path / "top.json"
    listed.write_text('{"rows": []}', encoding="utf-8")
    assert refresh(tmp_path, "--popular", str(listed)) == 2
    assert not (tmp_path / "popular.txt").exists()
    with pytest.raises(SystemExit):
        refresh(tmp_path)
