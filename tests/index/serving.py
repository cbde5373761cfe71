"""A server in this process, on a free port of loopback, for as long as a test runs."""

import asyncio
import contextlib
import datetime as dt
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from granian.server.embed import Server

from onward.core.errors import OnwardError
from onward.index.asgi import App
from onward.index.osv import osv_routes
from onward.index.rest import rest_app
from onward.index.serve import loop_factory, make_server
from onward.web.app import routes
from onward.workflows.serving.build import Wishes, build_server
from onward.workflows.serving.data_source import DataSource
from onward.workflows.serving.rulebook import LiveJudge


class Answer(msgspec.Struct, frozen=True):
    """What a request gave: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Serving:
    """A running server: ``url`` is its simple index, ``get`` asks it."""

    def __init__(self, port: int, judge: LiveJudge, data: Path) -> None:
        self.port = port
        self.judge = judge
        self.data = data
        self.warnings: list[OnwardError] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple/"

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())

    def page(self, name: str) -> Any:
        """Give a project's page as JSON."""
        accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
        return self.get(f"/simple/{name}/", accept).json


@contextlib.contextmanager
def serving(
    data: Path,
    upstreams: tuple[str, ...],
    *,
    env: Mapping[str, str],
    clock: Callable[[], dt.datetime],
    policy: str = "",
) -> Iterator[Serving]:
    """Serve ``upstreams`` from ``data`` while the body runs; ``policy`` is the text of its policy file."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "onward-policy.toml").write_text(policy, encoding="utf-8")
    warnings: list[OnwardError] = []
    server = build_server(
        Wishes(data=data, upstreams=upstreams),
        env=env,
        more=lambda parts: rest_app(
            parts.pages,
            [*routes(parts.pages, parts.judge), *osv_routes(DataSource(parts.judge))],
        ),
        clock=clock,
        warn=warnings.append,
    )
    port = free_port()
    with contextlib.closing(server), _running(server.app, port):
        found = Serving(port, server.judge, data)
        found.warnings = warnings
        yield found


@contextlib.contextmanager
def _running(app: App, port: int) -> Iterator[None]:
    ready = threading.Event()
    kept: list[tuple[Server, asyncio.AbstractEventLoop]] = []

    async def run() -> None:
        server = make_server(app, host="127.0.0.1", port=port)
        kept.append((server, asyncio.get_running_loop()))
        ready.set()
        await server.serve()

    def work() -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(run())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    ready.wait(10)
    _wait_for(port)
    try:
        yield
    finally:
        server, loop = kept[0]
        loop.call_soon_threadsafe(server.stop)
        thread.join(10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        threading.Event().wait(0.02)
    raise AssertionError("the server did not start")


def free_port() -> int:
    """Give a port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
