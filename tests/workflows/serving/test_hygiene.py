"""A running server's housekeeping: who was given what, purges, room, and what is left after it was killed."""

import asyncio
import datetime as dt
import itertools
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from onward.adapters.database import schema
from onward.adapters.database.downloads import find_downloads
from onward.adapters.database.kept import total
from onward.adapters.database.purges import find_purges
from onward.adapters.objects import Objects
from onward.core.errors import OnwardError, OutsideFailed
from onward.core.folders import cache_folder
from onward.core.net import Net
from onward.index.hot import HotFiles
from onward.workflows.guard_update import update_feed
from onward.workflows.serving.background import Background
from onward.workflows.serving.cache_limit import evict
from onward.workflows.serving.purging import Purger, Store
from tests import dumps
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.index.tokens import a_token, basic
from tests.registry import Registry

Serve = Callable[..., Any]


@pytest.fixture
def serve(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Callable[..., Any]:
    def start(**more: Any) -> Any:
        return serving(tmp_path / "data", (registry.url,), env=env, clock=clock, **more)

    return start


@pytest.fixture
def server(serve: Serve) -> Iterator[Serving]:
    with serve() as made:
        yield made


Tell = Callable[..., None]


@pytest.fixture
def tell(tmp_path: Path, env: dict[str, str], clock: FakeClock) -> Tell:
    """Fill the advisory data with malware: ``tell(("tidewater", "1.0"))``."""

    def fill(*bad: tuple[str, str]) -> None:
        documents = [
            dumps.document(
                f"MAL-2026-{at}", name, fixed=None, versions=[version], affected=[affected]
            )
            for at, (name, version) in enumerate(bad)
            for affected in [
                {"package": {"ecosystem": "PyPI", "name": name}, "versions": [version]}
            ]
        ]
        dump = dumps.write(
            tmp_path / "all.zip", dumps.packed([*documents, dumps.document("TEST-1", "other")])
        )
        clock.advance(minutes=1)
        update_feed(
            cache_folder(env), dump.as_uri(), env=env, net=Net(env), now=clock(), force=True
        )

    return fill


def get(server: Serving, file: Any, name: str = "tidewater", **headers: str) -> int:
    answer = server.get(f"/files/{name}/{file.filename}", headers)
    return answer.status


def stored(server: Serving) -> list[str]:
    return sorted(path.name for path in (server.data / "store").rglob("*") if path.is_file())


def rows(server: Serving) -> list[str]:
    with server.parts.database.reading() as connection:
        found = connection.execute(sqlalchemy.select(schema.kept_files.c.key))
        return sorted(row.key.rpartition("/")[2] for row in found)


# -- the log --------------------------------------------------------------------------


def test_whoever_is_given_a_file_is_in_the_log(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    (file,) = registry.add("Tide.Water", "1.0")
    for _ in range(2):
        assert get(server, file, "tide-water", **{"User-Agent": "pip\t26"}) == 200
    server.jobs.write()
    first, second = find_downloads(server.parts.database)
    assert first == second
    assert (first.project, first.version, first.filename) == ("tide-water", "1.0", file.filename)
    assert (first.at, first.address, first.client) == (clock(), "127.0.0.1", "pip?26")


def test_what_is_no_download_is_not_in_the_log(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    (late,) = registry.add("tidewater", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    path = f"/files/tidewater/{file.filename}"
    assert server.get(path).status == 200
    server.jobs.write()
    assert server.get(path, method="HEAD").status == 200
    assert get(server, late) == 403
    assert server.get(f"{path}.metadata").status == 200
    assert get(server, file, Range="bytes=5-9") == 206
    assert get(server, file, Range="bytes=-4") == 206
    assert get(server, file, Range="bytes=99999999-") == 416
    server.jobs.write()
    assert len(find_downloads(server.parts.database)) == 1


def test_a_download_in_parts_counts_once(server: Serving, registry: Registry) -> None:
    (file,) = registry.add("tidewater", "1.0")
    get(server, file)
    for part in ("bytes=0-9", "bytes=10-19", "bytes=20-"):
        assert get(server, file, Range=part) == 206
    server.jobs.write()
    assert len(find_downloads(server.parts.database)) == 2


def test_what_a_request_says_of_its_address_is_not_believed(
    server: Serving, registry: Registry
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    get(server, file, **{"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"})
    server.jobs.write()
    assert find_downloads(server.parts.database)[0].address == "127.0.0.1"


def test_the_label_of_a_token_is_in_the_log_and_the_token_is_not(
    serve: Serve, registry: Registry
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    with serve(read_auth=True) as server:
        token = a_token(server, label="ci of acme")
        assert get(server, file) == 401
        assert get(server, file, **basic(token)) == 200
        server.jobs.write()
        (row,) = find_downloads(server.parts.database)
        assert row.who == "ci of acme"
        assert token not in repr(row)


def test_the_log_is_written_when_the_server_stops(serve: Serve, registry: Registry) -> None:
    (file,) = registry.add("tidewater", "1.0")
    with serve() as server:
        get(server, file)
    with serve() as server:
        assert len(find_downloads(server.parts.database)) == 1


def a_day_is_over(server: Serving, clock: FakeClock) -> None:
    """Have what is old forgotten: that is found to be due, and done an hour later."""
    server.jobs.tidy()
    clock.advance(hours=1)
    server.jobs.tidy()


def test_the_log_forgets_but_never_who_had_a_purged_file(
    serve: Serve, registry: Registry, tell: Tell, clock: FakeClock
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    (good,) = registry.add("fernwood", "1.0")
    with serve(settings="log_days = 30\n") as server:
        get(server, bad)
        get(server, good, "fernwood")
        server.jobs.write()
        tell(("tidewater", "1.0"))
        server.judge.refresh()
        server.jobs.purge()
        clock.advance(days=31)
        a_day_is_over(server, clock)
        assert [row.project for row in find_downloads(server.parts.database)] == ["tidewater"]


# -- purges ---------------------------------------------------------------------------


def test_malware_is_purged_within_one_refresh_and_who_had_it_is_told(
    server: Serving, registry: Registry, tell: Tell
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    (good,) = registry.add("tidewater", "2.0")
    for file in (bad, good):
        assert get(server, file) == 200
        assert server.get(f"/files/tidewater/{file.filename}.metadata").status == 200
    tell(("tidewater", "1.0"))
    assert server.judge.refresh()
    server.jobs.purge()
    assert stored(server) == [good.filename, f"{good.filename}.metadata"]
    assert rows(server) == stored(server)
    assert get(server, bad) == 403
    assert get(server, good) == 200
    (purge,) = find_purges(server.parts.database)
    assert (purge.version, purge.rule) == ("1.0", "guard/malicious")
    assert "MAL-2026-0" in purge.reason
    (warning,) = server.warnings
    assert bad.filename in warning.message
    assert "127.0.0.1" in warning.context[0]


def test_nothing_is_asked_of_the_upstream_to_find_malware(
    server: Serving, registry: Registry, tell: Tell
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    get(server, bad)
    registry.forget()
    tell(("tidewater", "1.0"))
    server.judge.refresh()
    server.jobs.purge()
    assert find_purges(server.parts.database)
    assert registry.requests == []


def test_what_became_malware_while_the_server_was_down_is_purged_at_the_start(
    serve: Serve, registry: Registry, tell: Tell
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    with serve() as server:
        get(server, bad)
    tell(("tidewater", "1.0"))
    with serve() as server:
        server.jobs.purge()
        assert stored(server) == []
        assert len(find_purges(server.parts.database)) == 1


def test_what_is_purged_once_is_not_told_again(
    serve: Serve, registry: Registry, tell: Tell, clock: FakeClock
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    with serve() as server:
        get(server, bad)
        tell(("tidewater", "1.0"))
        server.judge.refresh()
        server.jobs.purge()
        # its metadata is handed on, so that resolvers find their way around it
        assert server.get(f"/files/tidewater/{bad.filename}.metadata").status == 200
        clock.advance(minutes=5)
        tell(("tidewater", "1.0"), ("fernwood", "1.0"))
        server.judge.refresh()
        server.jobs.purge()
        assert len(find_purges(server.parts.database)) == 1
        assert len(server.warnings) == 1


def test_two_jobs_that_find_the_same_purge_it_once(
    server: Serving, registry: Registry, tell: Tell, clock: FakeClock
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    get(server, bad)
    server.jobs.write()
    tell(("tidewater", "1.0"))
    server.judge.refresh()
    others: list[threading.Thread] = []

    class Slow(Objects):
        def delete(self, key: str) -> None:
            if not others:
                others.append(threading.Thread(target=purger.malware))
                others[0].start()
                others[0].join(1)  # as long as it could need, were it let
            super().delete(key)

    store = Store(
        database=server.parts.database, objects=Slow(server.data / "store"), hot=HotFiles()
    )
    purger = Purger(store, server.judge, clock=clock, warn=server.warnings.append)
    purger.malware()
    others[0].join()
    assert len(find_purges(server.parts.database)) == 1
    assert len(server.warnings) == 1


def test_malware_that_was_let_through_by_name_stays(
    serve: Serve, registry: Registry, tell: Tell
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    row = '[[policy]]\nmatch = "guard/malicious"\nonly = "tidewater"\nlevel = "off"\nwhy = "a false alarm"\n'
    with serve(policy=row) as server:
        get(server, bad)
        tell(("tidewater", "1.0"))
        server.judge.refresh()
        server.jobs.purge()
        assert stored(server) == [bad.filename]
        assert get(server, bad) == 200


def test_who_had_a_file_that_is_not_stored_any_more_is_found_too(
    server: Serving, registry: Registry, tell: Tell
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    get(server, bad)
    server.jobs.write()
    shutil.rmtree(server.data / "store" / "files")
    server.jobs.tidy()
    assert rows(server) == []
    tell(("tidewater", "1.0"))
    server.judge.refresh()
    server.jobs.purge()
    assert [purge.filename for purge in find_purges(server.parts.database)] == [bad.filename]


def test_a_purge_that_was_killed_half_way_is_finished_with_one_row(
    serve: Serve, registry: Registry, tell: Tell
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    with serve() as server:
        get(server, bad)
    shutil.rmtree(server.data / "store" / "files")  # killed between the objects and their notes
    tell(("tidewater", "1.0"))
    with serve() as server:
        server.jobs.purge()
        server.jobs.tidy()
        assert len(find_purges(server.parts.database)) == 1
        assert rows(server) == []


def test_what_the_index_took_away_is_purged_when_its_turn_comes(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    (gone,) = registry.add("tidewater", "1.0")
    (left,) = registry.add("tidewater", "2.0")
    for file in (gone, left):
        get(server, file)
    server.jobs.write()
    server.jobs.tidy()
    registry.remove("tidewater", "1.0")
    clock.advance(minutes=20)
    server.jobs.follow()
    assert stored(server) == [left.filename]
    (purge,) = find_purges(server.parts.database)
    assert (purge.rule, purge.version) == ("upstream/removed", "1.0")


def test_an_index_that_is_away_took_nothing_away(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    get(server, file)
    server.jobs.write()
    server.jobs.tidy()
    registry.fail("status", "*", code=503)
    clock.advance(days=2)
    server.jobs.follow()
    assert stored(server) == [file.filename]


def test_a_project_that_is_gone_whole_is_believed_the_second_time(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    get(server, file)
    server.jobs.write()
    server.jobs.tidy()
    registry.remove("tidewater")
    seen = []
    for _ in range(2):
        clock.advance(days=1)
        for _ in range(3):
            server.jobs.follow()
            clock.advance(seconds=3)
        seen.append(stored(server))
    assert seen == [[file.filename], []]
    assert len(find_purges(server.parts.database)) == 1


def test_an_index_that_is_away_is_left_alone_for_a_while(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    for name in ("fernwood", "mossgrove", "tidewater"):
        (file,) = registry.add(name, "1.0")
        get(server, file, name)
    server.jobs.write()
    server.jobs.tidy()
    clock.advance(minutes=20)
    registry.fail("garbage", "/simple/*")
    registry.forget()
    for _ in range(60):
        server.jobs.follow()
        clock.advance(seconds=9)
    assert registry.paths("/simple/") == ["/simple/fernwood/"]
    clock.advance(minutes=1)
    server.jobs.follow()
    assert registry.paths("/simple/")[1:] == ["/simple/mossgrove/"]


def test_quarantined_files_stay_and_are_blocked(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    get(server, file)
    server.jobs.write()
    server.jobs.tidy()
    registry.status("tidewater", "quarantined")
    clock.advance(minutes=20)
    server.jobs.follow()
    assert stored(server) == [file.filename]
    server.judge.edition += 1  # the page in memory is for ten minutes of the real clock
    assert get(server, file) in (403, 404)


def test_indexes_are_asked_for_one_project_at_a_time_and_once_a_day(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    for name in ("fernwood", "mossgrove", "tidewater"):
        (file,) = registry.add(name, "1.0")
        get(server, file, name)
    server.jobs.write()
    server.jobs.tidy()
    clock.advance(minutes=20)
    registry.forget()
    asked = []
    for _ in range(60):
        server.jobs.follow()
        asked.append(len(registry.requests))
        clock.advance(seconds=1)
    assert all(after - before <= 1 for before, after in itertools.pairwise(asked))
    assert asked[-1] == 3
    clock.advance(hours=24)
    server.jobs.follow()
    assert len(registry.requests) == 4


# -- room -----------------------------------------------------------------------------


def fill(server: Serving, registry: Registry, clock: FakeClock, count: int) -> list[Any]:
    """Fetch ``count`` files of some 20 kB, an hour apart."""
    files = []
    for number in range(count):
        noise = os.urandom(20_000)
        (file,) = registry.add("tidewater", f"{number}.0", files={"tidewater/data": noise})
        files.append(file)
    for file in files:
        assert get(server, file) == 200
        server.jobs.write()
        clock.advance(hours=1)
    return files


def test_what_nobody_asks_for_the_longest_goes_first(
    serve: Serve, registry: Registry, clock: FakeClock
) -> None:
    with serve(settings='cache_limit = "90 kB"\n') as server:
        files = fill(server, registry, clock, 5)
        assert get(server, files[0]) == 200  # used again
        server.jobs.tidy()
        left = stored(server)
        assert files[0].filename in left
        assert files[1].filename not in left
        assert files[4].filename in left
        assert total(server.parts.database) <= 81_000
        assert rows(server) == left
        assert get(server, files[1]) == 200  # it can be had again


def test_own_files_are_never_evicted(serve: Serve, registry: Registry, clock: FakeClock) -> None:
    with serve(settings='cache_limit = "30 kB"\n') as server:
        with server.parts.database.writing() as connection:
            old = clock() - dt.timedelta(days=400)
            row = {"key": "own/a.whl", "project": "a", "size": 20_000, "used": old}
            connection.execute(sqlalchemy.insert(schema.kept_files).values(row))
        own = server.data / "store" / "own" / "a.whl"
        own.parent.mkdir(parents=True)
        own.write_bytes(bytes(20_000))
        fill(server, registry, clock, 2)
        server.jobs.tidy()
        assert stored(server) == ["a.whl"]


class Stubborn(Objects):
    """A store that does not delete what has ``word`` in its key, as Windows does while it is being sent."""

    word = ""

    def delete(self, key: str) -> None:
        if self.word in key:
            raise OutsideFailed("store-failed", "it is in use")
        super().delete(key)


def test_a_file_that_cannot_be_deleted_stays_and_the_next_one_goes(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    files = fill(server, registry, clock, 3)
    objects = Stubborn(server.data / "store")
    objects.word = files[0].filename
    store = Store(database=server.parts.database, objects=objects, hot=HotFiles())
    assert evict(store, 50_000) == 1
    assert stored(server) == rows(server) == [files[0].filename, files[2].filename]


def test_old_pages_go_after_a_long_time(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    for name in ("tidewater", "fernwood"):
        registry.add(name, "1.0")
        server.page(name)
    (old,) = (server.data / "pages").rglob("tidewater")
    (new,) = (server.data / "pages").rglob("fernwood")
    for path, age in ((old, 91), (new, 89)):
        moment = clock().timestamp() - age * 86_400
        os.utime(path, (moment, moment))
    a_day_is_over(server, clock)
    assert not old.exists()
    assert not list((server.data / "views").rglob("tidewater"))
    assert new.exists()
    assert list((server.data / "views").rglob("fernwood"))


# -- killed, or cleaned by hand -------------------------------------------------------


def test_objects_that_nobody_noted_are_noted_and_notes_without_object_forgotten(
    server: Serving, registry: Registry
) -> None:
    files = [registry.add("tide-water", version, sdist=True) for version in ("1.0", "2.0")]
    for wheel, sdist in files:
        for file in (wheel, sdist):
            get(server, file, "tide-water")
        server.get(f"/files/tide-water/{wheel.filename}.metadata")
    server.jobs.write()
    everything = rows(server)
    with server.parts.database.writing() as connection:
        connection.execute(
            sqlalchemy.delete(schema.kept_files).where(schema.kept_files.c.key.contains("-1.0"))
        )
    lost = next((server.data / "store").rglob(files[1][0].filename))
    lost.unlink()
    server.jobs.tidy()
    assert rows(server) == [name for name in everything if name != files[1][0].filename]
    with server.parts.database.reading() as connection:
        names = connection.execute(sqlalchemy.select(schema.kept_files.c.project).distinct())
        assert names.scalars().all() == ["tide-water"]


def test_many_objects_are_asked_for_together(server: Serving) -> None:
    for number in range(20):
        Objects(server.data / "store").put(f"files/aa/aa/tidewater-{number}.tar.gz", b"x")
    asked: list[str] = []
    count = lambda *told: asked.append(told[2])  # noqa: E731
    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", count)
    try:
        server.jobs.tidy()
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", count)
    assert len(rows(server)) == 20
    assert sum(question.count(" IN (") for question in asked) == 2, asked


def test_a_file_that_vanishes_while_it_is_asked_for_is_fetched_again(
    server: Serving, registry: Registry
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    get(server, file)
    next((server.data / "store").rglob(file.filename)).unlink()
    end = time.monotonic() + 20
    while file.filename not in stored(server):  # at first the download from before may be at hand
        assert get(server, file) == 200
        assert time.monotonic() < end


def test_the_jobs_run_in_the_background_and_end_with_the_server(
    serve: Serve, registry: Registry
) -> None:
    with serve() as server:
        server.jobs.start()
        (file,) = registry.add("tidewater", "1.0")
        assert get(server, file) == 200
    with serve() as server:
        assert len(find_downloads(server.parts.database)) == 1


def test_a_clock_that_is_set_back_stops_no_job(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    get(server, file)
    server.jobs.write()
    server.jobs.tidy()
    server.jobs.follow()
    clock.advance(days=-400)
    registry.remove("tidewater", "1.0")
    registry.add("tidewater", "2.0")
    for _ in range(4):
        clock.advance(seconds=3)
        server.jobs.follow()
    assert stored(server) == []
    get(server, file)
    server.jobs.write()
    assert len(find_downloads(server.parts.database)) == 1


def test_a_database_that_is_held_by_another_stops_no_download(
    serve: Serve, registry: Registry
) -> None:
    files = [registry.add("tidewater", version)[0] for version in ("1.0", "2.0")]
    with serve() as server:
        with server.parts.database.writing(), _impatient(server):
            assert get(server, files[0]) == 200
            server.jobs.write()
            server.jobs.write()
            assert [warning.reference for warning in server.warnings] == ["store-failed"]
        server.jobs.write()
        assert [row.filename for row in find_downloads(server.parts.database)] == [
            files[0].filename
        ]
        assert json.loads(server.get("/health").body)["status"] == "ok"


class _impatient:  # noqa: N801 - used as a with-statement word
    """Let the database wait for nobody."""

    def __init__(self, server: Serving) -> None:
        self._engine = server.parts.database._engine

    def __enter__(self) -> None:
        sqlalchemy.event.listen(self._engine, "engine_connect", self._hurry)

    def __exit__(self, *_: object) -> None:
        sqlalchemy.event.remove(self._engine, "engine_connect", self._hurry)

    def _hurry(self, connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1").close()


def test_a_database_that_is_damaged_while_it_runs_stops_no_download(
    serve: Serve, registry: Registry
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    with serve() as server:
        assert get(server, file) == 200
        server.jobs.write()
        for name in ("onward.sqlite", "onward.sqlite-wal"):
            path = server.data / name
            if path.exists():
                path.write_bytes(b"\xff" * path.stat().st_size)
        server.parts.database._engine.dispose()  # what is in memory still would do for a while
        assert get(server, file) == 200
        for job in (server.jobs.write, server.jobs.write):
            job()
        assert [warning.reference for warning in server.warnings] == ["store-failed"]
        assert get(server, file) == 200
    assert "2 downloads could not be written" in server.warnings[-1].message


def test_a_server_that_was_killed_finds_its_way_at_the_next_start(
    serve: Serve, registry: Registry, tmp_path: Path
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    with serve() as server:
        assert get(server, file) == 200
        copied = tmp_path / "killed"
        shutil.copytree(server.data, copied)  # as the disk is when it is killed now
        (copied / "coming" / "onward-1.part").write_bytes(b"half")
        half = copied / "store" / "files" / "ab" / "half.whl#1"
        half.parent.mkdir(exist_ok=True)
        half.write_bytes(b"half")
        os.utime(half, (0, 0))
    shutil.rmtree(server.data)
    copied.rename(server.data)
    with serve() as server:
        server.jobs.tidy()
        assert rows(server) == stored(server) == [file.filename]
        assert list((server.data / "coming").iterdir()) == []
        assert get(server, file) == 200


def test_jobs_that_fail_are_told_once_and_go_on(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    told: list[OnwardError] = []
    answers: list[OnwardError | None] = [
        OutsideFailed("store-failed", "it is locked"),
        OutsideFailed("store-failed", "it is locked"),
        None,
        OutsideFailed("store-failed", "it is locked"),
    ]

    def job() -> None:
        error = answers.pop(0)
        if error is not None:
            raise error

    background = Background(job, seconds=1, warn=told.append)
    for _ in range(4):
        background.once()
    assert len(told) == 2


def test_a_fault_of_ours_ends_no_job(clock: FakeClock) -> None:
    told: list[OnwardError] = []
    done: list[int] = []

    def job() -> None:
        done.append(1)
        raise ZeroDivisionError

    background = Background(job, seconds=1, warn=told.append)
    background.once()
    background.once()
    assert [error.reference for error in told] == ["job-failed"]
    assert len(done) == 2


def test_what_is_removed_is_not_in_memory_either(server: Serving) -> None:
    hot = HotFiles()
    objects = Objects(server.data / "store")
    objects.put("files/ab/x", b"bad")
    path = objects.path("files/ab/x")
    assert path is not None
    assert asyncio.run(hot.content(path)) == b"bad"
    store = Store(database=server.parts.database, objects=objects, hot=hot)
    assert store.remove(["files/ab/x", "files/ab/never-there"]) == []
    path.write_bytes(b"other")
    assert asyncio.run(hot.content(path)) == b"other"
