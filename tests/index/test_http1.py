"""One connection to the server: what is at hand is the very answer of the usual way, and nobody holds a place for ever."""

import asyncio
import contextlib
import json
import posixpath
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from onward.index.asgi import App, Asked, Receive, Reply, Scope, Send, lines_of
from onward.index.http1 import IDLE, LONGEST_HEAD, Connection, Connections, is_loopback
from tests.conftest import FakeClock
from tests.index.serving import Answer, free_port, running, serving
from tests.registry import Registry

JSON = "application/vnd.pypi.simple.v1+json"
FORMS = [
    {"Accept": JSON, "Accept-Encoding": "gzip"},
    {"Accept": JSON},
    {"Accept": "text/html", "Accept-Encoding": "gzip"},
    {"Accept": "image/png", "Accept-Encoding": "gzip"},
    {"Accept": JSON, "Accept-Encoding": "gzip", "If-None-Match": "*"},
    {"Accept": JSON, "Accept-Encoding": "gzip", "Authorization": "Bearer nobody"},
]


class Slow:
    """An application with ``/at-hand``; it notes what came the usual way, and lets ``/slow`` wait."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        if scope["path"] == "/slow":
            await self.go.wait()
        await Asked(scope, send).answer(200, {}, scope["path"].encode())

    def at_once(self, asked: Asked) -> Reply | None:
        if asked.path != "/at-hand":
            return None
        headers = ((b"x-way", b"quick"),)
        return Reply(200, headers, lines_of(headers), b"at hand")


class Place(msgspec.Struct):
    """A server of ``app``: where it is, its connections, and its event loop in another thread."""

    app: Slow
    port: int
    connections: Connections
    loop: asyncio.AbstractEventLoop

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 20)

    def on_loop(self, what: Callable[[], None]) -> None:
        async def do() -> None:
            what()

        asyncio.run_coroutine_threadsafe(do(), self.loop).result(20)

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until the server has seen what was sent."""
        for _ in range(1000):
            if true():
                return
            threading.Event().wait(0.01)
        raise AssertionError("the server did not get there")


@pytest.fixture
def place() -> Iterator[Place]:
    app, port = Slow(), free_port()
    with running(app, port) as (server, loop):
        yield Place(app, port, cast(Connections, server.server_state), loop)


def test_what_is_at_hand_is_the_very_answer_of_the_usual_way(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    def usual(app: App) -> App:
        async def around(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send)

        return around

    def told(answer: Answer) -> tuple[int, dict[str, str], bytes]:
        headers = {key: value for key, value in answer.headers.items() if key != "date"}
        return answer.status, headers, answer.body

    registry.add("tidewater", "1.0")
    seen, counted, logged = [], [], []
    for number, around in enumerate((usual, lambda app: app)):
        data = tmp_path / str(number)
        with serving(
            data, (registry.url,), env=env, clock=clock, around=around, read_auth=False
        ) as one:
            seen.append(
                [told(one.get("/simple/tidewater/", form)) for form in FORMS for _ in range(3)]
            )
            page = json.loads(one.get("/simple/tidewater/", {"Accept": JSON}).body)
            wheel = posixpath.join("/files/tidewater", page["files"][0]["filename"])
            seen[-1] += [told(one.get(wheel, form)) for form in FORMS for _ in range(3)]
            counts = one.server.parts.traffic.counts
            counted.append({key: (c.answers, c.sent) for key, c in counts.items()})
            logged.append(one.server.parts.recorder.counts.downloads)
    assert seen[0] == seen[1]
    assert logged[0] == logged[1] > 0
    assert {status for status, _, _ in seen[0]} == {200, 304, 406}
    assert counted[0] == counted[1]


def test_where_reading_needs_a_token_nothing_is_at_hand_without_one(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    with serving(
        tmp_path / "data", (registry.url,), env=env, clock=clock, read_auth=True
    ) as server:
        statuses = [server.get("/simple/tidewater/", FORMS[0]).status for _ in range(3)]
    assert statuses == [401, 401, 401]


def test_answers_to_requests_sent_in_one_go_keep_their_order(place: Place) -> None:
    paths = ("/at-hand", "/one", "/at-hand", "/two", "/at-hand")
    sent = b"".join(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode() for path in paths)
    with place.connected() as client:
        client.sendall(sent + b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        bodies = [part.partition(b"\r\n\r\n")[2] for part in _rest(client).split(b"HTTP/1.1 ")[1:]]
    # what comes behind an answer that is under way goes the usual way too
    assert bodies == [b"at hand", b"/one", b"/at-hand", b"/two", b"/at-hand", b"/last"]


def test_a_head_that_is_known_by_its_bytes_is_told_apart_from_the_end_of_another(
    place: Place,
) -> None:
    known = b"GET /at-hand HTTP/1.1\r\nHost: a\r\n\r\n"
    with place.connected() as client:
        for _ in range(2):
            client.sendall(known)
            assert b"at hand" in client.recv(4096)
        assert list(place.connections.heads) == [known]
        client.sendall(b"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(known))
        place.until(lambda: place.app.asked == ["/one"])
        client.sendall(known)  # the body, in a piece of its own
        client.sendall(b"GET /two HTTP/1.1\r\nHost: a\r\nX-Part: ")
        place.until(lambda: any(one._begun and not one._between for one in _ours(place)))
        client.sendall(known)  # the end of that head
        client.sendall(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        bodies = [part.partition(b"\r\n\r\n")[2] for part in _rest(client).split(b"HTTP/1.1 ")[1:]]
    assert bodies == [b"/one", b"/two", b"/last"]


def _ours(place: Place) -> list[Connection]:
    return [one for one in place.connections.connections if isinstance(one, Connection)]


def test_no_head_with_a_secret_is_kept_and_no_long_one(place: Place) -> None:
    with place.connected() as client:
        for more in (b"Authorization: Bearer a", b"Cookie: a=b", b"X-Long: " + b"a" * 3000):
            client.sendall(b"GET /at-hand HTTP/1.1\r\nHost: a\r\n" + more + b"\r\n\r\n")
            assert b"at hand" in client.recv(4096)
    assert place.connections.heads == {}


def test_few_heads_are_kept(place: Place) -> None:
    with place.connected() as client:
        for number in range(3000):
            client.sendall(b"GET /at-hand HTTP/1.1\r\nHost: a\r\nX-Number: %d\r\n\r\n" % number)
            assert b"at hand" in client.recv(4096)
    assert 0 < len(place.connections.heads) <= 1024


@pytest.mark.parametrize(
    "head",
    [
        b"HEAD /at-hand HTTP/1.1\r\nHost: a\r\n",
        b"GET /at-hand HTTP/1.0\r\nHost: a\r\n",
        b"GET /at-hand HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n",
        b"GET /at-hand HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nX-Two: 2\r\n",
        b"GET /at%2Dhand HTTP/1.1\r\nHost: a\r\n",
        b"GET http://a/at-hand HTTP/1.1\r\nHost: a\r\n",
    ],
)
def test_all_but_the_plainest_requests_go_the_usual_way(place: Place, head: bytes) -> None:
    with place.connected() as client:
        client.sendall(head + b"Connection: close\r\n\r\n")
        assert _rest(client).startswith(b"HTTP/1.1 200 ")
    assert place.app.asked == ["/at-hand"]


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
def test_a_head_that_is_too_long_is_refused(place: Place, end: bytes) -> None:
    with place.connected() as client:
        client.sendall(b"GET /one HTTP/1.1\r\nHost: a\r\nX-Long: " + b"a" * LONGEST_HEAD + end)
        assert _rest(client).startswith(b"HTTP/1.1 431 ")


def test_the_body_of_a_request_is_no_part_of_its_head(place: Place) -> None:
    body = b"a" * (4 * LONGEST_HEAD)
    with place.connected() as client:
        for _ in range(2):
            client.sendall(
                b"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            client.sendall(body)
        client.sendall(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert _rest(client).count(b"HTTP/1.1 200 ") == 3


@pytest.mark.parametrize("sent", [b"", b"GET /one HTTP/1.1\r\nHost:"])
def test_whoever_sends_no_whole_head_is_sent_away(place: Place, sent: bytes) -> None:
    def grow_old() -> None:
        for one in place.connections.connections:
            cast(Connection, one).since -= 2 * IDLE
        place.connections.tick()

    with place.connected() as client, place.connected() as busy:
        busy.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        client.sendall(b"GET /at-hand HTTP/1.1\r\nHost: a\r\n\r\n" + sent)
        place.until(lambda: "/slow" in place.app.asked)
        place.until(lambda: b"at hand" in client.recv(4096, socket.MSG_PEEK))
        place.on_loop(grow_old)
        assert _rest(client).endswith(b"at hand")
        place.on_loop(place.app.go.set)
        place.until(lambda: b"/slow" in busy.recv(4096, socket.MSG_PEEK))


def test_one_of_too_many_waits_until_another_ends(place: Place) -> None:
    connections = place.connections
    connections.most = 2
    # the one by which the test saw that the server is up may still be ending
    place.until(lambda: not connections.connections)
    with place.connected() as first, place.connected() as _second:
        place.until(lambda: len(connections.connections) == 2)
        with place.connected() as third:
            third.sendall(b"GET /at-hand HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            place.until(lambda: len(connections.waiting) == 1)
            with place.connected() as fourth, place.connected() as fifth:
                place.until(lambda: len(connections.waiting) == 2)
                assert fifth.recv(1) == b""  # there is no room to wait either
                fourth.close()
            first.close()
            assert _rest(third).startswith(b"HTTP/1.1 200 ")
    assert place.app.asked == ["/at-hand"]  # since it asked for the end of its connection


def test_another_machine_may_have_half_of_the_connections(place: Place) -> None:
    connections = place.connections
    connections.most = 4
    place.until(lambda: not connections.connections)
    connections.at_home = lambda host: False
    with place.connected(), place.connected(), place.connected() as third:
        assert third.recv(1) == b"", "two of four is all it gets"
        place.until(lambda: len(connections.connections) == 2)
        connections.at_home = is_loopback
        with place.connected() as own:
            own.sendall(b"GET /at-hand HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert _rest(own).startswith(b"HTTP/1.1 200 ")


def _rest(client: socket.socket) -> bytes:
    parts = []
    with contextlib.suppress(ConnectionResetError):  # of a request that was not read to its end
        while part := client.recv(65_536):
            parts.append(part)
    return b"".join(parts)
