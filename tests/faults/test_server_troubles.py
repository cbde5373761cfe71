"""A server whose database is held by another process, whose tokens go, whose clock is set, with clients that remember too much."""

import asyncio
import contextlib
import datetime as dt
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from onward.adapters.database.downloads import find_downloads
from onward.core.names import Name
from onward.domain.grants import Action
from onward.index.app import IndexApp
from onward.shelves.pages import Pages, Ready
from onward.workflows.serving.tokens import revoke
from tests.conftest import FakeClock
from tests.faults.besieged import FORM, form_of
from tests.index.odd_upstream import OddUpstream, odd_upstream
from tests.index.serving import Answer, Serving, serving
from tests.index.tokens import a_token, basic
from tests.index.uploading import made, upload

NAME = "tidewater"
WHEEL = f"{NAME}-1.0-py3-none-any.whl"
CONTENT = bytes(range(256)) * 2_000
POLICY = '[guard]\nprivate = ["acme-*"]\n'

_HOLD = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def upstream() -> Iterator[OddUpstream]:
    with odd_upstream() as made_one:
        made_one.page(NAME, made_one.file(WHEEL, CONTENT))
        yield made_one


@pytest.fixture
def server(
    tmp_path: Path, upstream: OddUpstream, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    data = tmp_path / "data"
    with serving(data, (upstream.url,), env=env, clock=clock, policy=POLICY) as made_one:
        yield made_one


@contextlib.contextmanager
def held(server: Serving) -> Iterator[None]:
    """Let another process hold the database while the body runs."""
    words = [sys.executable, "-c", _HOLD, str(server.data / "onward.sqlite")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield


def test_a_database_that_another_process_holds_keeps_only_writers_waiting(
    server: Serving, clock: FakeClock
) -> None:
    reader = basic(a_token(server))
    publisher = basic(a_token(server, "acme-*", label="publisher", actions=(Action.upload,)))
    assert upload(server, "acme-moss", "0.1", headers=publisher).status == 200
    old, content = made("acme-moss", "0.1")
    with ThreadPoolExecutor(20) as clients:
        with held(server):
            waiting = [
                clients.submit(upload, server, "acme-moss", f"1.{number}", headers=publisher)
                for number in range(20)  # more than there are threads
            ]
            while len(list((server.data / "store" / "own").rglob("*-1.*.whl"))) < 6:
                threading.Event().wait(0.01)
            for path in (f"/simple/{NAME}/", "/simple/acme-moss/", "/simple/", "/simple/no-such/"):
                clock.now += dt.timedelta(seconds=3)  # so that tokens must be read again
                assert server.get(path, reader).status in (200, 404), path
            assert server.get(f"/files/acme-moss/{old}", reader).body == content
            assert server.get(f"/files/{NAME}/{WHEEL}", reader).body == CONTENT
            assert not any(one.done() for one in waiting)
        assert {one.result().status for one in waiting} == {200}
    assert len(server.page("acme-moss")["files"]) == 21
    server.jobs.write()
    assert server.warnings == []


def test_a_policy_counts_at_once_while_another_process_holds_the_database(
    server: Serving, clock: FakeClock
) -> None:
    reader = basic(a_token(server))
    assert server.get(f"/files/{NAME}/{WHEEL}", reader).status == 200
    clock.now += dt.timedelta(minutes=2)  # when tokens were used is to be written now
    (server.data / "onward-policy.toml").write_text('[guard]\nallow_only = ["other"]\n')
    with ThreadPoolExecutor(2) as jobs:
        with held(server):
            writing = jobs.submit(server.jobs.write)
            jobs.submit(server.server.refresh).result(5)  # a writer would wait for ten seconds
            assert server.get(f"/files/{NAME}/{WHEEL}", reader).status == 403
            assert not writing.done()
        writing.result()


@pytest.mark.soak  # it waits as long as a writer does
def test_uploads_to_a_database_that_is_held_for_long_are_refused_and_leave_nothing(
    server: Serving,
) -> None:
    publisher = basic(a_token(server, "acme-*", actions=(Action.upload,)))
    with held(server), ThreadPoolExecutor(3) as clients:
        sent = [
            clients.submit(upload, server, "acme-moss", f"1.{number}", headers=publisher)
            for number in range(3)
        ]
        assert {one.result().status for one in sent} == {503}
        assert server.get(f"/files/{NAME}/{WHEEL}").body == CONTENT
    server.jobs.tidy()
    assert not [path for path in (server.data / "store" / "own").rglob("*") if path.is_file()]
    assert upload(server, "acme-moss", "1.0", headers=publisher).status == 200


def shut_out(server: Serving, label: str) -> None:
    parts = server.server.parts
    revoke(parts.database, label, now=parts.clock())
    server.server.refresh()


def test_a_token_that_is_revoked_during_a_download_ends_nothing_but_what_comes_next(
    server: Serving, upstream: OddUpstream
) -> None:
    token = basic(a_token(server, label="leaving"))
    half, go_on = len(CONTENT) // 2, threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        handler.wfile.write(CONTENT[:half])
        go_on.wait(60)
        handler.wfile.write(CONTENT[half:])

    upstream.replies[f"/files/{WHEEL}"] = slow
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", f"/files/{NAME}/{WHEEL}", headers=token)
        answer = connection.getresponse()
        begun = answer.read(10_000)
        shut_out(server, "leaving")
        for more in ({}, {"Range": "bytes=10000-"}):
            assert server.get(f"/files/{NAME}/{WHEEL}", {**token, **more}).status == 401
        go_on.set()
        assert begun + answer.read() == CONTENT  # whoever was let in is not cut off
        connection.request("GET", f"/simple/{NAME}/", headers=token)
        assert connection.getresponse().status == 401  # on the same connection too


def test_a_token_that_is_revoked_during_an_upload_publishes_nothing(server: Serving) -> None:
    token = basic(a_token(server, "acme-*", label="leaving", actions=(Action.upload,)))
    filename, content = made("acme-moss", "1.0")
    body = form_of(filename, content)
    words = {**FORM, **token, "Content-Length": str(len(body)), "Host": "x", "Connection": "close"}
    lines = "".join(f"{key}: {value}\r\n" for key, value in words.items())
    with socket.create_connection(("127.0.0.1", server.port), 20) as client:
        client.sendall(f"POST /legacy/ HTTP/1.1\r\n{lines}\r\n".encode() + body[:-100])
        while not server.server.running:
            threading.Event().wait(0.01)
        shut_out(server, "leaving")
        client.sendall(body[-100:])
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 401 "), answer
    assert b"was revoked" in answer
    assert not list((server.data / "coming").iterdir())
    assert not (server.data / "store" / "own").exists()


def set_policy(server: Serving, text: str) -> None:
    (server.data / "onward-policy.toml").write_text(text, encoding="utf-8")
    server.server.refresh()


@pytest.mark.parametrize("back", [False, True])
def test_a_policy_that_changes_while_the_upstream_is_asked_counts(
    server: Serving, upstream: OddUpstream, back: bool
) -> None:
    page, narrow = upstream.replies[f"/simple/{NAME}/"], POLICY + 'allow_only = ["other"]\n'
    set_policy(server, narrow if back else POLICY)

    def slow(handler: BaseHTTPRequestHandler) -> None:
        set_policy(server, POLICY if back else narrow)
        page(handler)

    upstream.replies[f"/simple/{NAME}/"] = slow
    server.get(f"/simple/{NAME}/")
    set_policy(server, narrow)
    assert server.get(f"/files/{NAME}/{WHEEL}").status == 403
    set_policy(server, POLICY)
    assert server.get(f"/files/{NAME}/{WHEEL}").status == 200


JSON = "application/vnd.pypi.simple.v1+json"


@pytest.mark.parametrize("accept", [JSON, "text/html", f"{JSON};q=0.1, text/html"])
@pytest.mark.parametrize("packed", ["gzip", "identity"])
def test_the_entity_tag_of_an_older_policy_confirms_nothing_that_is_forbidden_now(
    server: Serving, accept: str, packed: str, clock: FakeClock
) -> None:
    headers = {"Accept": accept, "Accept-Encoding": packed}

    def ask(etag: str = "") -> Answer:
        return server.get(f"/simple/{NAME}/", headers | ({"If-None-Match": etag} if etag else {}))

    free = ask()
    assert ask(free.headers["etag"]).status == 304
    set_policy(server, POLICY + 'allow_only = ["other"]\n')
    for etag in (free.headers["etag"], f"W/{free.headers['etag']}", f'"x", {free.headers["etag"]}'):
        assert ask(etag).status == 200
    forbidden = ask()
    assert forbidden.headers["etag"] != free.headers["etag"]
    server.parts.pages._kept.clear()  # as after a start: from the disk
    assert ask(free.headers["etag"]).status == 200
    set_policy(server, POLICY)
    assert ask(forbidden.headers["etag"]).status == 200
    assert ask(free.headers["etag"]).status == 304  # the same page again
    clock.now += dt.timedelta(hours=1)
    assert ask(free.headers["etag"]).status == 304


def test_a_clock_that_is_set_ahead_and_back_loses_nothing(
    server: Serving, upstream: OddUpstream, clock: FakeClock
) -> None:
    publisher = basic(a_token(server, actions=(Action.upload, Action.read)))
    assert upload(server, "acme-moss", "1.0", headers=publisher).status == 200
    own, content = made("acme-moss", "1.0")
    for path in (f"/files/{NAME}/{WHEEL}", f"/files/acme-moss/{own}"):
        assert server.get(path, publisher).status == 200
    server.jobs.write()
    server.jobs.tidy()
    upstream.over.set()
    right = clock.now
    for days in (4_000, -4_000, 4_000):
        clock.now = right + dt.timedelta(days=days)
        server.server.refresh()
        for _ in range(3):  # it takes a moment until someone sets it right
            clock.now += dt.timedelta(seconds=1)
            server.jobs.tidy()
        # a token of 90 days is over after 4,000; before its beginning it counts
        expected = 401 if days > 0 else 200
        assert server.get("/simple/", publisher).status == expected
        assert server.get(f"/files/acme-moss/{own}").body == content
        # to a clock that is behind, what is mirrored has yet to be uploaded
        mirrored = server.get(f"/files/{NAME}/{WHEEL}")
        assert mirrored.status == (200 if days > 0 else 403)
        clock.now = right + dt.timedelta(seconds=5)
        server.server.refresh()
        server.jobs.tidy()
        assert server.get("/simple/", publisher).status == 200
        assert server.get(f"/files/{NAME}/{WHEEL}").body == CONTENT
        log = find_downloads(server.parts.database)
        assert {row.filename for row in log if row.at == right} == {WHEEL, own}
        assert list((server.data / "pages").rglob(NAME))
        assert upload(server, "acme-moss", f"1.{days % 7}", headers=publisher).status == 200
    assert {warning.reference for warning in server.warnings} == {"tokens-refused"}


def test_halves_that_killed_servers_left_go_when_they_are_old(
    server: Serving, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    places = [
        (server.data / "pages" / "index", f".{NAME}.x1y2.tmp"),
        (server.data / "views" / "index", f".{NAME}.x1y2.tmp"),
        (server.data / "store" / "files", f"{WHEEL}#1"),
        (spare, "onward-0123.part"),
        (spare, "mine.part"),
    ]
    old = [folder / name for folder, name in places]
    new = [folder / name.replace("1", "2") for folder, name in places]
    for paths, age in ((old, 90_000), (new, 3_600)):
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"half")
            moment = clock().timestamp() - age
            os.utime(path, (moment, moment))
    server.jobs.tidy()
    assert [path.name for path in old if path.exists()] == ["mine.part"]
    assert all(path.exists() for path in new[:-1])


class Forgetful(Pages):
    """The pages of a server, of which none stays good: as when each is uploaded to while it is built."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._looked = 0

    def hit(self, name: Name) -> tuple[Ready, bool] | None:
        self._looked += 1
        assert self._looked < 10_000, "someone looks without end"
        return None

    def page(self, name: Name, *, anew: bool = False) -> Ready | None:
        return self._pages.page(name, anew=anew)

    def age(self, ready: Ready) -> int | None:
        return None

    def html(self, ready: Ready) -> bytes:
        return self._pages.html(ready)


def test_a_page_that_is_out_of_date_when_it_is_built_holds_up_nobody(server: Serving) -> None:
    async def nothing(*_: object) -> MutableMapping[str, Any]:
        return {}

    async def ask_all() -> list[int]:
        """Ask at each step of the event loop until the first one has its answer: also in the one between a page's end and the news of it."""
        statuses: list[int] = []
        asked: list[asyncio.Task[None]] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        path = f"/simple/{NAME}/"
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        parts = server.parts
        app = IndexApp(
            Forgetful(parts.pages),
            parts.files,
            server.server.app,
            gate=parts.gate,
            known=lambda _: (),
        )
        while not statuses:
            asked.append(asyncio.create_task(app(scope, nothing, send)))
            await asyncio.sleep(0)
        await asyncio.gather(*asked)
        return statuses

    assert set(asyncio.run(ask_all())) == {200}
