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

from onward.core.errors import OnwardError
from onward.core.events import Listener, unheard
from onward.index.asgi import App
from onward.index.place import Tls
from onward.index.serve import Server, loop_factory, make_server
from onward.web.site import site
from onward.workflows.serving.build import Server as BuiltServer
from onward.workflows.serving.build import Wishes, build_server


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

    def __init__(self, port: int, server: BuiltServer, data: Path) -> None:
        self.scheme = "http"
        self.port = port
        self.server = server
        self.parts = server.parts
        self.judge = server.judge
        self.jobs = server.housekeeping
        self.data = data
        self.warnings: list[OnwardError] = []

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/simple/"

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Answer:
        """Ask as clients do: a held file's address leads to the one that says why."""
        answer = self.once(path, headers, method=method, body=body)
        if answer.status != 302:
            return answer
        return self.once(answer.headers["location"], headers, method=method)

    def once(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Answer:
        """Ask, and follow nothing."""
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
    read_auth: bool = False,
    tls: Tls | None = None,
    settings: str = "",
    offline: bool = False,
    dry_run: bool = False,
    tell: Listener = unheard,
    access: bool = False,
    around: Callable[[App], App] = lambda app: app,
) -> Iterator[Serving]:
    """Serve ``upstreams`` from ``data`` while the body runs; ``policy`` and ``settings`` are the texts of its files.

    ``read_auth``: reading needs a token; ``tls``: it speaks https. What a server does in the
    background is done by calling ``jobs``.
    """
    data.mkdir(parents=True, exist_ok=True)
    (data / "onward-policy.toml").write_text(policy, encoding="utf-8")
    if settings:
        (data / "onward-server.toml").write_text(settings, encoding="utf-8")
    warnings: list[OnwardError] = []
    server = build_server(
        Wishes(
            data=data,
            upstreams=upstreams,
            read_auth=read_auth,
            offline=offline,
            dry_run=dry_run,
        ),
        env=env,
        more=site,
        clock=clock,
        warn=warnings.append,
        tell=tell,
        access=access,
    )
    port = free_port()
    with contextlib.closing(server), running(around(server.app), port, tls):
        found = Serving(port, server, data)
        found.warnings = warnings
        yield found


@contextlib.contextmanager
def running(
    app: App, port: int, tls: Tls | None = None
) -> Iterator[tuple[Server, asyncio.AbstractEventLoop]]:
    """Have the server itself around an application, on an event loop in another thread."""
    ready = threading.Event()
    kept: list[tuple[Server, asyncio.AbstractEventLoop]] = []

    async def run() -> None:
        server = make_server(app, host="127.0.0.1", port=port, tls=tls)
        kept.append((server, asyncio.get_running_loop()))
        ready.set()
        await server.run_until_stopped()

    def work() -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(run())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    ready.wait(10)
    _wait_for(port)
    server, loop = kept[0]
    try:
        yield server, loop
    finally:
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
