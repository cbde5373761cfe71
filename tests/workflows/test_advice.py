"""Advice: fetched data where there is any, the starter table until then, and how old it is."""

import datetime as dt
from pathlib import Path

import pytest

from onward.adapters.feed.dump import compile_dump
from onward.adapters.feed.store import FRESH_DAYS, feed_path
from onward.core.errors import OutsideFailed
from onward.core.finding import Certainty
from onward.core.names import Name
from onward.domain.guard.advisories import hitting
from onward.workflows.advice import feed_findings, open_advice
from tests import dumps

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def fill(cache: Path, content: bytes) -> None:
    dump = dumps.write(cache / "all.zip", content)
    compile_dump(dump, feed_path(cache), source="file:test", fetched=NOW)


def test_without_fetched_data_the_starter_table_answers_and_says_so(tmp_path: Path) -> None:
    advice = open_advice(tmp_path)
    assert advice.is_starter
    assert hitting(advice.about(Name("jinja2")), "2.10")
    assert advice.source == f"starter table of {advice.date.isoformat()}, 300 packages"
    (finding,) = feed_findings(advice, NOW)
    assert finding.rule == "guard/feed-old"
    assert finding.certainty is Certainty.unknown
    assert advice.date.isoformat() in finding.message
    assert "onward guard update" in finding.hint


def test_fetched_data_answers_alone(tmp_path: Path) -> None:
    before = open_advice(tmp_path).digest
    fill(tmp_path, dumps.several(4))
    advice = open_advice(tmp_path)
    assert not advice.is_starter
    assert advice.source == "OSV dump of 2026-05-31, 4 entries"
    assert advice.date == dt.date(2026, 5, 31)
    assert len(advice.about(Name("demo"))) == 2
    assert advice.about(Name("jinja2")) == ()
    assert advice.digest != before
    assert feed_findings(advice, NOW) == ()


def test_one_problem_is_told_once(tmp_path: Path) -> None:
    twice = [
        dumps.document("PYSEC-2026-1", aliases=["CVE-2026-1"]),
        dumps.document("GHSA-x", fixed=None, aliases=["CVE-2026-1"]),
        dumps.document("TEST-9"),
    ]
    fill(tmp_path, dumps.packed(twice))
    assert [one.id for one in open_advice(tmp_path).about(Name("demo"))] == [
        "PYSEC-2026-1",
        "TEST-9",
    ]


def test_data_is_old_after_seven_days(tmp_path: Path) -> None:
    fill(tmp_path, dumps.several(4))
    advice = open_advice(tmp_path)
    last = dt.datetime.combine(advice.date, dt.time(23, 59), dt.UTC) + dt.timedelta(days=FRESH_DAYS)
    assert feed_findings(advice, last) == ()
    (finding,) = feed_findings(advice, last + dt.timedelta(minutes=1))
    assert finding.certainty is Certainty.unknown
    assert "2026-05-31" in finding.message
    (later,) = feed_findings(advice, last + dt.timedelta(days=30))
    assert later.fingerprint == finding.fingerprint  # the same fact, however often it is looked at


def test_data_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = feed_path(tmp_path)
    path.parent.mkdir()
    path.write_bytes(b"garbage")
    advice = open_advice(tmp_path)
    assert advice.is_starter
    (finding,) = feed_findings(advice, NOW)
    assert "cannot be read" in finding.message


def test_damaged_data_is_never_clean(tmp_path: Path) -> None:
    fill(tmp_path, dumps.several(4))
    path = feed_path(tmp_path)
    content = path.read_bytes()
    assert b"\xa2id" in content
    path.write_bytes(content.replace(b"\xa2id", b"\xc1id"))  # no msgpack value starts with c1
    advice = open_advice(tmp_path)
    assert not advice.is_starter
    with pytest.raises(OutsideFailed, match="cannot be read"):
        advice.about(Name("demo"))
