"""Many clients that keep their connections open, as installers do."""

import asyncio
import contextlib
import http.client
import select
import socket
import sys
import threading
from pathlib import Path

import pytest

from onward.index.asgi import Receive, Scope, Send
from onward.index.serve import loop_factory, make_server
from tests.conftest import FakeClock
from tests.index.serving import free_port, serving
from tests.registry import Registry


def test_a_room_full_of_kept_connections_keeps_nobody_out(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    with contextlib.ExitStack() as open_ones:
        server = open_ones.enter_context(
            serving(tmp_path / "data", (registry.url,), env=env, clock=clock)
        )
        statuses: set[int] = set()
        for _ in range(200):  # uv keeps up to 50 open
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            open_ones.enter_context(contextlib.closing(connection))
            connection.request("GET", "/health")
            answer = connection.getresponse()
            answer.read()
            statuses.add(answer.status)
        assert statuses == {200}
        assert server.get("/health").status == 200


@pytest.mark.skipif(sys.platform != "linux", reason="no other system lets us say so")
def test_who_stops_reading_an_answer_is_left() -> None:
    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        length = [(b"content-length", b"30000000")]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": bytes(30_000_000)})

    port, made = free_port(), []
    ready = threading.Event()

    async def run() -> None:
        made.append(make_server(app, host="127.0.0.1", port=port, patience=0.5))
        asyncio.get_running_loop().call_soon(ready.set)
        await made[0].run_until_stopped()

    def work() -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(run())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(10)
    with _connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        assert _is_left(client)
    made[0].stop()
    thread.join(10)


def _is_left(client: socket.socket) -> bool:
    """Whether the other side is gone in the end; nothing is read, and a word to nobody is answered with a reset."""
    watched = select.poll()
    watched.register(client, 0)
    for _ in range(100):
        try:
            client.send(b"x")
        except OSError:
            return True
        if watched.poll(100):
            return True
    return False


def _connected(port: int) -> socket.socket:
    for _ in range(200):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 10)
        threading.Event().wait(0.02)
    raise AssertionError("the server did not start")
