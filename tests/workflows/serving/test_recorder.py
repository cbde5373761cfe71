"""What waits for the database: never too much, never lost in silence, written whole."""

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.adapters.database.downloads import Gap, Logged, find_downloads, find_gaps
from onward.adapters.database.engine import Database, open_database
from onward.adapters.database.kept import of_project
from onward.core.errors import OnwardError, OutsideFailed
from onward.core.names import Name
from onward.workflows.serving.recorder import Recorder
from tests.conftest import FakeClock


class Flaky:
    """A database that fails while ``down``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.down = False

    def writing(self) -> contextlib.AbstractContextManager[object]:
        if self.down:
            raise OutsideFailed("store-failed", "the database is locked")
        return self._database.writing()


class Desk:
    """A recorder over a real database that can be taken away."""

    def __init__(self, folder: Path, clock: FakeClock, most: int) -> None:
        self.real = open_database(folder / "onward.sqlite")
        self.flaky = Flaky(self.real)
        self.told: list[OnwardError] = []
        self.clock = clock
        self.recorder = Recorder(
            self.flaky,  # type: ignore[arg-type]
            clock=clock,
            warn=self.told.append,
            most=most,
        )

    def download(self, number: int) -> None:
        self.recorder.downloaded(
            Logged(at=self.clock(), project=Name("tidewater"), version=f"{number}", filename="x")
        )

    @property
    def versions(self) -> list[str]:
        return [row.version for row in reversed(find_downloads(self.real))]


@pytest.fixture
def desk(tmp_path: Path, clock: FakeClock) -> Iterator[Desk]:
    made = Desk(tmp_path, clock, most=5)
    yield made
    made.real.close()


def test_what_is_too_much_is_counted_and_said_in_the_log(desk: Desk, clock: FakeClock) -> None:
    for number in range(8):
        desk.download(number)
        clock.advance(seconds=1)
    start = clock() - dt.timedelta(seconds=3)
    desk.recorder.flush()
    assert desk.versions == ["0", "1", "2", "3", "4"]
    assert find_gaps(desk.real) == [Gap(since=start, until=clock(), missing=3)]
    assert ["3 downloads" in error.message for error in desk.told] == [True]
    assert desk.recorder.counts.downloads == 8
    assert desk.recorder.counts.lost == 3
    desk.download(9)
    desk.recorder.flush()
    assert len(find_gaps(desk.real)) == 1
    assert desk.versions[-1] == "9"


def test_what_a_failing_database_does_not_take_waits_and_is_told_once(desk: Desk) -> None:
    desk.flaky.down = True
    for number in range(3):
        desk.download(number)
        desk.recorder.flush()
    assert [error.reference for error in desk.told] == ["store-failed"]
    desk.flaky.down = False
    desk.recorder.flush()
    assert desk.versions == ["0", "1", "2"]
    desk.flaky.down = True
    desk.download(3)
    desk.recorder.flush()
    assert len(desk.told) == 2


def test_at_the_end_what_could_not_be_written_is_said(desk: Desk) -> None:
    desk.flaky.down = True
    for number in range(8):
        desk.download(number)
    desk.recorder.close()
    assert "8 downloads" in desk.told[-1].message


def test_the_last_use_is_written_each_minute_and_at_the_end(desk: Desk, clock: FakeClock) -> None:
    begin = clock()
    name = Name("tidewater")
    desk.recorder.kept(name, "files/a", 10)
    assert desk.recorder.flush()
    clock.advance(seconds=30)
    desk.recorder.used("files/a")
    assert not desk.recorder.flush()
    assert [row.used for row in of_project(desk.real, name)] == [begin]
    clock.advance(seconds=30)
    desk.recorder.flush()
    assert [row.used for row in of_project(desk.real, name)] == [begin + dt.timedelta(seconds=30)]
    clock.advance(days=-3)  # the clock is set back
    desk.recorder.used("files/a")
    desk.recorder.flush()
    assert [row.used for row in of_project(desk.real, name)] == [clock()]
    clock.advance(seconds=1)
    desk.recorder.used("files/a")
    desk.recorder.close()
    assert [row.used for row in of_project(desk.real, name)] == [clock()]


def test_an_object_that_is_kept_twice_is_noted_once(desk: Desk) -> None:
    for _ in range(2):
        desk.recorder.kept(Name("tidewater"), "files/a", 10)
        desk.recorder.flush()
    assert len(of_project(desk.real, Name("tidewater"))) == 1


def test_nothing_is_lost_or_doubled_between_threads(tmp_path: Path, clock: FakeClock) -> None:
    desk = Desk(tmp_path, clock, most=10_000)

    def work(start: int) -> None:
        for number in range(start, start + 200):
            desk.download(number)
            desk.recorder.used(f"files/{number}")

    workers = [threading.Thread(target=work, args=(start,)) for start in range(0, 1000, 200)]
    writers = [threading.Thread(target=desk.recorder.flush) for _ in range(4)]
    for thread in (*workers, *writers):
        thread.start()
    for thread in (*workers, *writers):
        thread.join()
    desk.recorder.close()
    assert sorted(map(int, desk.versions)) == list(range(1000))
    desk.real.close()
