"""The replay of whole projects: invented lists, no path of its own, and no pass for what was not measured."""

from pathlib import Path

import pytest

from bench import guard_rules, replay
from onward.core.names import Name

NOW = replay.first_of("2026-06")


def test_what_a_list_lacks_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert guard_rules.projects(None, None) == [True, True]
    told = capsys.readouterr().out
    assert told.count("NOT MEASURED") == 2
    assert "ONWARD_BENCH_PACKAGES" in told


def test_bad_names_are_read_with_their_versions(tmp_path: Path) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text("name\tversions\nEvil_One\t1.0,1.1\n!!\t1\nother\todd\n", encoding="utf-8")

    assert replay.read_bad(path) == {Name("evil-one"): ("1.0", "1.1"), Name("other"): ("1.0",)}


def test_bad_projects_are_refused_while_young_and_when_reported() -> None:
    bad = {Name("xqzv-stealer"): ("1.0",), Name("wwkq-helper"): ("1.0", "1.1")}

    plain, fed = replay.judge_at(NOW), replay.judge_at(NOW, replay.feed_of(bad))

    assert replay.tally(plain, replay.aged(bad, NOW, 5)).alone == {"guard/new-project": 2}
    assert replay.tally(plain, replay.aged(bad, NOW, 14)).refused == ["xqzv-stealer"]
    assert replay.tally(plain, replay.aged(bad, NOW, 90)).share == 0
    assert replay.tally(fed, replay.aged(bad, NOW, 90)).alone == {"guard/malicious": 2}


def test_honest_projects_are_as_old_as_their_numbers_tell(tmp_path: Path) -> None:
    path = tmp_path / "packages.tsv"
    lines = [
        "name\tversion\tmonth\trank\tsummary", "xqzv-first\t0.1.0\t2026-05\t\t",
        "xqzv-later\t0.9.0\t2026-05\t\t", "requests\t2.33.0\t2026-05\t4\t", "odd line\t1\t\t\t",
    ]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")
    entries = replay.read_list(path)

    assert replay.end_of(entries) == "2026-06"
    made = dict(replay.honest(entries, 3))
    assert {name: len(releases) for name, releases in made.items()} == {
        "xqzv-first": 1, "xqzv-later": 9, "requests": 10,
    }  # fmt: skip
    first = made[Name("xqzv-first")]["0.1.0"]
    assert replay.first_of("2026-05") <= first < replay.first_of("2026-06")
    count = replay.tally(replay.judge_at(first + replay.DAY), replay.honest(entries[:1], 3))
    assert (count.refused, count.share) == (["xqzv-first"], 1.0)
