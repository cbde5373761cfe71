"""The replay of whole projects: invented lists, no path of its own, and no pass for what was not measured."""

from pathlib import Path

import pytest

from bench import guard_rules, replay
from bench.histories import DAY
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
    assert replay.tally(plain, replay.aged(bad, NOW, 13)).share == 1
    assert replay.tally(plain, replay.aged(bad, NOW, 90)).share == 0
    assert replay.tally(fed, replay.aged(bad, NOW, 90)).alone == {"guard/malicious": 2}


LIST = [
    "name\tversion\tmonth\trank\tsummary",
    "xqzv-first\t0.1.0\t2026-05\t\t", "xqzv-later\t0.9.0\t2026-05\t\t", "xqzv-older\t0.1.0\t2026-04\t\t",
    "requests\t2.33.0\t2026-05\t4\t", "odd line\t1\t\t\t",
]  # fmt: skip


def read(tmp_path: Path) -> list[replay.Entry]:
    path = tmp_path / "packages.tsv"
    path.write_text("\n".join(LIST), encoding="utf-8")
    return replay.read_list(path)


def test_a_listed_release_is_dated_in_its_month_and_the_first_one_before_it(tmp_path: Path) -> None:
    entries = read(tmp_path)
    assert replay.end_of(entries) == "2026-06"

    made = dict(replay.honest(entries, replay.Dating(entries, "2026-06")))

    for entry in entries:
        listed = made[entry.name][entry.version]
        assert (
            replay.first_of(entry.month) <= listed < replay.first_of(replay.next_month(entry.month))
        )
        assert max(made[entry.name].values()) == listed
    assert min(made[Name("requests")].values()) <= made[Name("requests")]["2.33.0"] - 365 * DAY


def test_a_first_number_is_the_only_release_when_read_strictly(tmp_path: Path) -> None:
    entries = read(tmp_path)

    made = dict(replay.honest(entries, replay.Dating(entries, "2026-06", strict=True)))

    assert list(made[Name("xqzv-first")]) == ["0.1.0"]
    first = made[Name("xqzv-first")]["0.1.0"]
    count = replay.tally(
        replay.judge_at(first + DAY), [(Name("xqzv-first"), made[Name("xqzv-first")])]
    )
    assert (count.refused, count.share, count.otherwise) == (["xqzv-first"], 1.0, set())


def test_the_more_have_released_since_the_later_in_the_month_the_others_did() -> None:
    def listed(month: str, count: int) -> list[replay.Entry]:
        return [
            replay.Entry(name=Name(f"{month}-{n}"), version="0.1.0", month=month, ranked=False)
            for n in range(count)
        ]

    def middle(early: int) -> float:
        entries = [*listed("2026-04", early), *listed("2026-05", 200)]
        dated = replay.honest(entries[early:], replay.Dating(entries, "2026-06"))
        days = [dates["0.1.0"].day for _, dates in dated]
        return sum(days) / len(days)

    assert middle(200) == pytest.approx(
        15.5, abs=2
    )  # as many as a month before: any day is as likely
    assert middle(50) > 22


def test_one_more_release_is_a_valid_one() -> None:
    back = replay.coming_back({Name("a"): ("1.0", "1.1.post2+x"), Name("b"): ("1!2.dev3",)})

    assert back == {
        Name("a"): ("1.0", "1.1.post2+x", "1.1.post99"),
        Name("b"): ("1!2.dev3", "1!2.post99"),
    }


def test_a_release_in_an_odd_spelling_is_on_its_page() -> None:
    odd = [(Name("xqzv"), {"1.0.0-beta-2": NOW - 5 * DAY})]

    assert replay.tally(replay.judge_at(NOW), odd).refused == ["xqzv"]
