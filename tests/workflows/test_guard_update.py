"""Updating the advisory data: asked for only when new, swapped in whole, kept when anything fails."""

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from onward.adapters.feed.store import FeedInfo, feed_path, open_feed
from onward.core.errors import BadInput, OnwardError, OutsideFailed
from onward.core.net import Net
from onward.workflows.guard_update import PUBLIC_DUMP, Update, source_of, update_feed
from tests import dumps

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


class Source:
    """A web server with one dump; ``cut`` sends less than it says, ``status`` is the answer."""

    def __init__(self) -> None:
        self.content = dumps.several(10)
        self.etag = '"1"'
        self.last_modified = "Sun, 31 May 2026 10:00:00 GMT"
        self.status = 200
        self.cut: int | None = None
        self.seen: list[tuple[int, int]] = []  # status and bytes sent
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                source.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/PyPI/all.zip"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        same = (to.headers["If-None-Match"] or "-") == self.etag or (
            (to.headers["If-Modified-Since"] or "-") == self.last_modified
        )
        status = 304 if same and self.status == 200 else self.status
        body = self.content if status == 200 else b""
        sent = body[: self.cut]
        self.seen.append((status, len(sent)))
        to.send_response(status)
        to.send_header("Content-Length", str(len(body)))
        if self.etag:
            to.send_header("ETag", self.etag)
        if self.last_modified:
            to.send_header("Last-Modified", self.last_modified)
        to.end_headers()
        to.wfile.write(sent)
        to.close_connection = len(sent) < len(body)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def source() -> Iterator[Source]:
    made = Source()
    yield made
    made.close()


def update(cache: Path, url: str, *, now: dt.datetime = NOW, force: bool = False) -> Update:
    net = Net({}, attempts=2, pause=0.0)
    return update_feed(cache, url, env={}, net=net, now=now, force=force)


def present(cache: Path) -> FeedInfo | None:
    feed = open_feed(feed_path(cache))
    if feed is None:
        return None
    feed.close()
    return feed.info


def test_the_first_update_fetches_and_the_second_asks_whether_there_is_more(
    tmp_path: Path, source: Source
) -> None:
    first = update(tmp_path, source.url)
    second = update(tmp_path, source.url, now=NOW + dt.timedelta(days=1))
    assert (first.changed, second.changed) == (True, False)
    assert first.info == second.info == present(tmp_path)
    assert first.info.entries == 10
    assert first.info.as_of == dt.datetime(2026, 5, 31, 10, tzinfo=dt.UTC)
    assert source.seen == [(200, len(source.content)), (304, 0)]


def test_without_an_etag_the_date_is_asked(tmp_path: Path, source: Source) -> None:
    source.etag = ""
    assert update(tmp_path, source.url).changed
    assert not update(tmp_path, source.url).changed


def test_what_is_new_is_taken(tmp_path: Path, source: Source) -> None:
    update(tmp_path, source.url)
    source.content, source.etag = dumps.several(11), '"2"'
    done = update(tmp_path, source.url)
    assert (done.changed, done.info.entries, done.info.etag) == (True, 11, '"2"')


def test_another_source_is_not_asked_for_the_first_ones_etag(
    tmp_path: Path, source: Source
) -> None:
    update(tmp_path, source.url)
    update(tmp_path, source.url.replace("/PyPI/", "/mirror/"))
    assert [status for status, _ in source.seen] == [200, 200]


def test_force_fetches_again_and_takes_less(tmp_path: Path, source: Source) -> None:
    update(tmp_path, source.url)
    source.content = dumps.several(2)
    assert update(tmp_path, source.url, force=True).info.entries == 2


@pytest.mark.parametrize("fault", ["cut", "garbage", "gone", "broken", "empty", "closed"])
def test_when_it_fails_the_data_from_before_stays(
    tmp_path: Path, source: Source, fault: str
) -> None:
    update(tmp_path, source.url)
    path = feed_path(tmp_path)
    before = path.read_bytes()
    source.etag = source.last_modified = ""
    if fault == "cut":
        source.cut = 500
    elif fault == "garbage":
        source.content = b"<html>maintenance</html>"
    elif fault == "empty":
        source.content = b""
    elif fault == "closed":
        source.close()
    else:
        source.status = {"gone": 404, "broken": 500}[fault]
    with pytest.raises(OutsideFailed):
        update(tmp_path, source.url)
    assert path.read_bytes() == before
    assert [other.name for other in path.parent.iterdir()] == [path.name]


def test_a_file_is_only_read_again_when_it_changed(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    dump = dumps.write(tmp_path / "my dump.zip", dumps.several(10))
    assert update(cache, dump.as_uri()).changed
    assert not update(cache, dump.as_uri()).changed
    dumps.write(dump, dumps.several(12))
    assert update(cache, dump.as_uri()).info.entries == 12
    dump.unlink()
    with pytest.raises(BadInput) as caught:
        update(cache, dump.as_uri())
    assert caught.value.reference == "no-such-file"


def test_a_store_that_cannot_be_read_is_made_anew(tmp_path: Path, source: Source) -> None:
    update(tmp_path, source.url)
    feed_path(tmp_path).write_bytes(b"garbage")
    assert update(tmp_path, source.url).changed
    assert present(tmp_path) is not None


def test_offline_asks_nobody(tmp_path: Path, source: Source) -> None:
    net = Net({})
    with pytest.raises(BadInput) as caught:
        update_feed(tmp_path, source.url, env={"ONWARD_OFFLINE": "1"}, net=net, now=NOW)
    assert caught.value.reference == "offline"
    assert source.seen == []
    dump = dumps.write(tmp_path / "all.zip", dumps.several(1)).as_uri()
    assert update_feed(tmp_path, dump, env={"ONWARD_OFFLINE": "1"}, net=net, now=NOW).changed


def test_passwords_in_an_address_are_not_kept(tmp_path: Path, source: Source) -> None:
    url = source.url.replace("http://", "http://me:secret-word@")
    update(tmp_path, url)
    assert not update(tmp_path, url).changed
    assert b"secret-word" not in feed_path(tmp_path).read_bytes()


def test_two_updates_at_once_leave_one_whole_store(tmp_path: Path, source: Source) -> None:
    faults: list[OnwardError] = []

    def work() -> None:
        try:
            update(tmp_path, source.url, force=True)
        except OnwardError as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    info = present(tmp_path)
    assert faults == []
    assert info is not None
    assert info.entries == 10


def test_where_the_data_comes_from(tmp_path: Path) -> None:
    inside = {"ONWARD_FEED_URL": "https://mirror.example/all.zip"}
    assert source_of(None, {}, tmp_path) == PUBLIC_DUMP
    assert source_of(None, inside, tmp_path) == inside["ONWARD_FEED_URL"]
    assert (
        source_of("https://other.example/a.zip", inside, tmp_path) == "https://other.example/a.zip"
    )
    assert source_of("all my.zip", inside, tmp_path) == (tmp_path / "all my.zip").as_uri()
    assert source_of("http://localhost:8000/a.zip", {}, tmp_path).startswith("http://localhost")


@pytest.mark.parametrize("word", ["http://mirror.example/all.zip", "ftp://x/y", "gopher://x"])
def test_an_address_that_anyone_could_change_on_the_way(word: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        source_of(word, {}, tmp_path)
    assert caught.value.reference == "bad-address"
