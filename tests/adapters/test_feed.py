"""The store of advisories: what goes in comes out, and nothing broken ever replaces it."""

import contextlib
import datetime as dt
import io
import json
import os
import sqlite3
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward.adapters.feed.dump import compile_dump, documents
from onward.adapters.feed.store import SCHEMA, FeedInfo, feed_path, open_feed
from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory, hits
from onward.domain.guard.osv import parse_osv
from tests import dumps

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
DEMO = Name("demo")
ONE_AMONG_GARBAGE = [dumps.document("X"), *[b"garbage"] * 20]


def take(
    dump: Path, target: Path, *, force: bool = False, told: dt.datetime | None = None
) -> FeedInfo:
    return compile_dump(
        dump, target, source="file:test", fetched=NOW, etag='"1"', told=told, force=force
    )


def about(target: Path, name: Name = DEMO) -> tuple[Advisory, ...]:
    feed = open_feed(target)
    assert feed is not None
    try:
        return feed.about(name)
    finally:
        feed.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache of mine" / "pypi.sqlite"


@pytest.fixture
def filled(tmp_path: Path, target: Path) -> Path:
    """A store of ten advisories."""
    take(dumps.write(tmp_path / "first.zip", dumps.several(10)), target)
    return target


def test_what_goes_in_comes_out(tmp_path: Path, target: Path) -> None:
    given_ones = [
        dumps.document("TEST-2026-2", "De.mo", versions=["1.0", "1.1"], aliases=["CVE-2026-1"]),
        dumps.document("MAL-2026-1", "de-mo", fixed=None, modified="2026-05-30T00:00:00Z"),
        dumps.document("TEST-2026-3", "other"),
        dumps.document("TEST-2026-4", withdrawn="2026-01-01T00:00:00Z"),
        {"id": "TEST-2026-5", "affected": [{"package": {"ecosystem": "npm", "name": "demo"}}]},
    ]
    info = take(dumps.write(tmp_path / "all.zip", dumps.packed(given_ones)), target)
    assert (info.entries, info.projects, info.malicious) == (5, 2, 1)
    assert (info.withdrawn, info.unreadable, info.etag) == (1, 0, '"1"')
    assert info.as_of == dt.datetime(2026, 5, 31, 6, tzinfo=dt.UTC)
    assert [one.id for one in about(target, Name("de-mo"))] == ["MAL-2026-1", "TEST-2026-2"]
    stored = about(target, Name("de-mo"))[1]
    (read,) = parse_osv(json.dumps(given_ones[0]).encode())
    assert stored == read
    assert hits(stored, "1.0.0")
    assert about(target) == ()
    feed = open_feed(target)
    assert feed is not None
    assert feed.info == info
    feed.close()


def test_documents_are_kept_whole(tmp_path: Path, target: Path) -> None:
    given_ones = [
        dumps.document("TEST-1", aliases=["CVE-1", "GHSA-1"], details="ümlaut", more={"a": [1.5]}),
        dumps.document("TEST-2", aliases=["CVE-1"], withdrawn="2026-01-01T00:00:00Z"),
        dumps.document("TEST-3", modified="yesterday"),
        {"id": "TEST-4", "affected": [{"package": {"ecosystem": "npm", "name": "demo"}}]},
    ]
    spaced = [json.dumps(one, indent=4).encode() for one in given_ones]
    take(dumps.write(tmp_path / "all.zip", dumps.packed(spaced)), target)
    feed = open_feed(target)
    assert feed is not None
    with contextlib.closing(feed):
        for one in given_ones[:3]:
            assert json.loads(feed.document(one["id"]) or b"") == one
        assert feed.document("TEST-4") is None  # it is about nothing on PyPI
        assert feed.document("CVE-1") is None
        assert feed.also_known_as("CVE-1") == ("TEST-1", "TEST-2")
        assert feed.also_known_as("TEST-1") == ()
        ids = ["TEST-3", "TEST-1", *(f"NONE-{n}" for n in range(2_000))]
        assert feed.modified(ids) == {"TEST-1": "2026-05-31T06:00:00Z"}
        assert [one.id for one in feed.about(DEMO)] == ["TEST-1", "TEST-3"]
        assert [json.loads(one)["id"] for one in feed.documents(["TEST-3", "TEST-1"])] == [
            "TEST-3",
            "TEST-1",
        ]
        with pytest.raises(OutsideFailed) as caught:
            list(feed.documents(["TEST-9"]))
        assert caught.value.reference == "feed-broken"


def test_a_bad_word_costs_neither_the_advisory_nor_the_document(
    tmp_path: Path, target: Path
) -> None:
    whole = json.dumps(dumps.document("TEST-X", details="here", aliases=["Ü"])).encode()
    broken = whole.replace(b"here", b"\xff")
    take(dumps.write(tmp_path / "all.zip", dumps.packed([broken])), target)
    assert [one.id for one in about(target)] == ["TEST-X"]
    feed = open_feed(target)
    assert feed is not None
    with contextlib.closing(feed):
        read = json.loads((feed.document("TEST-X") or b"").decode("utf-8"))
    assert read["details"] == "\N{REPLACEMENT CHARACTER}"
    assert read["aliases"] == ["Ü"]


def test_a_document_that_could_break_an_answer_is_unreadable(tmp_path: Path, target: Path) -> None:
    whole = json.dumps(dumps.document("TEST-X", details="here")).encode()
    deep = whole.replace(b'"here"', b"[" * 5_000 + b"]" * 5_000)
    good = [dumps.document(f"TEST-{n}") for n in range(200)]
    info = take(dumps.write(tmp_path / "all.zip", dumps.packed([*good, deep])), target)
    assert (info.entries, info.unreadable) == (200, 1)


def test_the_age_of_the_data_is_not_the_age_of_the_copy(tmp_path: Path, target: Path) -> None:
    old = dumps.document("TEST-1", modified="2024-10-10T00:00:00Z")
    dump = dumps.write(tmp_path / "all.zip", dumps.packed([old]))
    assert take(dump, target).as_of.date() == dt.date(2024, 10, 10)
    said = dt.datetime(2026, 5, 20, tzinfo=dt.UTC)
    assert take(dump, target, told=said).as_of == said
    assert take(dump, target, told=NOW + dt.timedelta(days=9)).as_of == NOW  # never newer than now
    undated = {**old, "modified": "yesterday"}
    assert take(dumps.write(dump, dumps.packed([undated])), target).as_of == NOW


def test_a_truncated_dump_never_changes_the_store(tmp_path: Path, filled: Path) -> None:
    before = filled.read_bytes()
    whole = dumps.several(12)
    for length in range(0, len(whole), 7):
        cut = dumps.write(tmp_path / "cut.zip", whole[:length])
        with pytest.raises(OutsideFailed) as caught:
            take(cut, filled)
        assert caught.value.reference == "bad-dump"
        assert filled.read_bytes() == before
    assert os.listdir(filled.parent) == [filled.name]  # noqa: PTH208


def test_an_entry_that_swallows_others_is_noticed(tmp_path: Path, filled: Path) -> None:
    before = filled.read_bytes()
    whole = bytearray(dumps.several(12))
    second = whole.index(b"PK\x01\x02", whole.index(b"PK\x01\x02") + 1)
    third = whole.index(b"PK\x01\x02", second + 1)
    whole[second + 32 : second + 34] = (third - second).to_bytes(
        2, "little"
    )  # its comment: the third
    with pytest.raises(OutsideFailed) as caught:
        take(dumps.write(tmp_path / "damaged.zip", bytes(whole)), filled)
    assert caught.value.reference == "bad-dump"
    assert filled.read_bytes() == before


def test_a_dump_of_more_files_than_fit_the_old_count(tmp_path: Path) -> None:
    dump = tmp_path / "large.zip"
    with zipfile.ZipFile(dump, "w") as archive:
        for number in range(65_536):
            archive.writestr(zipfile.ZipInfo(f"{number}.json"), b"")
    assert sum(1 for _ in documents(dump, "test")) == 65_536


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_a_damaged_dump_is_taken_whole_or_not_at_all(
    tmp_path: Path, filled: Path, data: st.DataObject
) -> None:
    before = filled.read_bytes()
    whole = bytearray(dumps.several(12))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    fresh = tmp_path / "fresh.sqlite"
    fresh.write_bytes(before)
    try:
        info = take(dumps.write(tmp_path / "damaged.zip", bytes(whole)), fresh)
    except OutsideFailed:
        assert fresh.read_bytes() == before
    else:
        assert info.entries + info.unreadable == 12  # checksums held: only names or times differ


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        dumps.packed([]),
        dumps.packed([{"id": "X", "affected": []}]),
        dumps.packed(ONE_AMONG_GARBAGE),
    ],
)
def test_a_dump_that_is_no_dump(tmp_path: Path, filled: Path, content: bytes) -> None:
    before = filled.read_bytes()
    with pytest.raises(OutsideFailed) as caught:
        take(dumps.write(tmp_path / "bad.zip", content), filled, force=True)
    assert (caught.value.reference, caught.value.exit_code) == ("bad-dump", 4)
    assert filled.read_bytes() == before


def test_one_bad_entry_among_many_is_counted_and_left_out(tmp_path: Path, target: Path) -> None:
    many = [*(dumps.document(f"TEST-{n}") for n in range(200)), b"{"]
    info = take(dumps.write(tmp_path / "all.zip", dumps.packed(many)), target)
    assert (info.entries, info.unreadable) == (200, 1)


def test_a_much_smaller_dump_needs_force(tmp_path: Path, filled: Path) -> None:
    small = dumps.write(tmp_path / "small.zip", dumps.several(4))
    with pytest.raises(OutsideFailed) as caught:
        take(small, filled)
    assert caught.value.reference == "shrunken-dump"
    assert "10" in caught.value.message
    assert len(about(filled)) == 5
    assert take(small, filled, force=True).entries == 4
    assert len(about(filled)) == 2


def test_limits_hold_before_anything_is_unpacked(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.json", b" " * 20_000_000)
    dump = dumps.write(tmp_path / "bomb.zip", buffer.getvalue())
    with pytest.raises(OutsideFailed, match="cannot be used"):
        list(documents(dump, "test"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("odd.json", b"{}")
    with pytest.raises(OutsideFailed, match="cannot be used"):
        list(documents(dumps.write(dump, buffer.getvalue()), "test"))


def test_names_in_the_archive_are_never_paths(tmp_path: Path, target: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../evil.json", json.dumps(dumps.document("TEST-1")))
    info = take(dumps.write(tmp_path / "all.zip", buffer.getvalue()), target)
    assert info.entries == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "all.zip", "cache of mine", "pypi.sqlite",
    ]  # fmt: skip


def test_a_store_that_cannot_be_read_counts_as_missing(filled: Path, tmp_path: Path) -> None:
    assert open_feed(tmp_path / "nothing.sqlite") is None
    for content in (b"", b"garbage" * 1000, filled.read_bytes()[:5000]):
        broken = tmp_path / "broken.sqlite"
        broken.write_bytes(content)
        feed = open_feed(broken)
        if feed is not None:  # its first page is whole: then asking says so
            with pytest.raises(OutsideFailed) as caught:
                feed.about(DEMO)
            assert caught.value.reference == "feed-broken"
            feed.close()
    store = sqlite3.connect(filled)
    store.execute(
        "UPDATE about SET value = replace(value, ?, ?)", (f'"schema":{SCHEMA}', '"schema":0')
    )
    store.commit()
    store.close()
    assert open_feed(filled) is None


def test_readers_go_on_while_a_new_store_takes_its_place(tmp_path: Path, filled: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows keeps an open file from being replaced")
    feed = open_feed(filled)
    assert feed is not None
    take(dumps.write(tmp_path / "next.zip", dumps.several(30)), filled)
    assert len(feed.about(DEMO)) == 5
    assert len(about(filled)) == 15
    feed.close()


def test_threads_share_a_store(filled: Path) -> None:
    feed = open_feed(filled)
    assert feed is not None
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.extend(len(feed.about(DEMO)) for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    feed.close()
    assert found == [5] * 200


def test_the_same_dump_has_the_same_digest(tmp_path: Path) -> None:
    dump = dumps.write(tmp_path / "all.zip", dumps.several(3))
    first, second = take(dump, tmp_path / "a.sqlite"), take(dump, tmp_path / "b.sqlite")
    assert first.digest == second.digest
    other = take(dumps.write(dump, dumps.several(4)), tmp_path / "c.sqlite")
    assert other.digest != first.digest


def test_progress_is_told_to_its_end(tmp_path: Path, target: Path) -> None:
    told: list[tuple[str, int, int]] = []
    dump = dumps.write(tmp_path / "all.zip", dumps.several(250))
    compile_dump(dump, target, source="x", fetched=NOW, progress=lambda *step: told.append(step))
    assert told == [("advisories", 100, 250), ("advisories", 200, 250), ("advisories", 250, 250)]


def test_the_store_lies_in_the_cache_folder(tmp_path: Path) -> None:
    assert tmp_path in feed_path(tmp_path).parents
