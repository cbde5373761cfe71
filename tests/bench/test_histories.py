"""The replay of whole histories: each release on the page of its day, and what an interval is."""

import datetime as dt
import json

import pytest

from bench import histories, shares
from bench.histories import DAY
from onward.core.names import Name

NAME = Name("xqzv")
START = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def history(*releases: tuple[str, dt.timedelta], attested: bool = False) -> histories.History:
    files = [
        {
            "filename": f"xqzv-{version}.tar.gz",
            "url": f"https://files.example.org/xqzv-{version}.tar.gz",
            "hashes": {},
            "size": 1,
            "upload-time": f"{START + after:%Y-%m-%dT%H:%M:%SZ}",
            **({"provenance": "https://index.example.org/p"} if attested else {}),
        }
        for version, after in releases
    ]
    page = {"meta": {"api-version": "1.3"}, "name": "xqzv", "files": files}
    return histories.history_of(NAME, json.dumps(page).encode())


def test_each_release_is_judged_by_what_had_come_until_its_cool_down_ended() -> None:
    past = [(f"1.{n}", n * 30 * DAY) for n in range(5)]
    burst = [(f"2.0.{n}", 300 * DAY + n * DAY / 24) for n in range(3)]
    found = dict(histories.held(NAME, history(("99.0", 400 * DAY), *burst, *past)))

    assert list(found) == ["1.0", "1.1", "1.2", "1.3", "1.4", "2.0.0", "2.0.1", "2.0.2", "99.0"]
    assert found["1.0"] == {"guard/new-project"}
    assert found["1.1"] == found["1.4"] == set()
    assert found["2.0.0"] == found["2.0.2"] == {"guard/release-burst"}
    assert found["99.0"] == {"guard/version-jump"}


def test_what_was_not_told_is_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    past = [(f"1.{n}", n * 30 * DAY) for n in range(5)]

    silent = histories.report({NAME: history(*past)})
    assert "guard/provenance-lost: NOT MEASURED" in capsys.readouterr().out
    proven = histories.report({NAME: history(*past, attested=True)})

    assert (silent, proven) == ([False, True, False], [False, False, False])
    assert "guard/provenance-lost: 0 of 5" in capsys.readouterr().out


def test_ages_are_counted_by_what_the_number_tells() -> None:
    counts = histories.ages(
        [history(("0.1.0", 0 * DAY), ("0.1.1", 4 * DAY), ("0.2.0rc1", 5 * DAY), ("9.9", 50 * DAY))]
    )

    assert counts[0] == (1, *[0] * 9)
    assert counts[1] == (0, 0, 0, 1, *[0] * 6)
    assert counts[9] == (*[0] * 9, 1)
    assert sum(map(sum, counts)) == 3


def test_an_interval_narrows_with_the_count_and_stays_within_bounds() -> None:
    low, high = shares.interval(10, 1_000)
    assert (round(low, 4), round(high, 4)) == (0.0054, 0.0183)
    assert shares.interval(0, 100)[0] == 0.0
    assert round(shares.interval(0, 100)[1], 4) == 0.037
    assert shares.interval(5, 5)[1] == 1.0
    assert shares.interval(0, 0) == (0.0, 1.0)
    assert shares.told_share(1, 4) == "1 of 4 (25.00%, 95 % interval 4.56% to 69.94%)"
