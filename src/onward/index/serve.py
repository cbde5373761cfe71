"""Run the application on a socket until it is told to stop (uvicorn 0.54, in this process)."""

import asyncio
import contextlib
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator

from uvicorn.config import Config
from uvicorn.server import Server as Uvicorn

from onward.core.heap import give_back, leave_out_of_collections, share_arenas
from onward.index.asgi import App, quick_way
from onward.index.http1 import CONNECTIONS, IDLE, Connection, Connections
from onward.index.place import Tls

GRACE = 25.0
"""Seconds that running answers have after the server is told to stop; those who stop servers often kill after 30."""

_TIDY_EVERY = 60.0  # seconds

PATIENCE = 120.0
"""Seconds that a client may take nothing of its answer; installers that work read on all the time."""


def serve(
    app: App,
    *,
    host: str,
    port: int,
    tls: Tls | None = None,
    every: tuple[float, Callable[[], object]],
    started: Callable[[], None],
    overrun: Callable[[], object],
    grace: float = GRACE,
) -> None:
    """Serve until SIGINT or SIGTERM; running answers are let finish, and no new connection is taken.

    ``every`` is (seconds, what to do in a thread, again and again meanwhile); ``started`` is
    called once the socket is about to listen. ``overrun`` is called, from whatever thread, when
    answers still run ``grace`` seconds after the signal, or at a second one: it ends the
    process, since threads that wait for an upstream cannot be stopped otherwise.
    """
    share_arenas()
    leave_out_of_collections()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        server = make_server(app, host=host, port=port, tls=tls)
        runner.run(_serve(server, every, started, _Stop(server, grace, overrun)))


class _Stop:
    """What a signal does: the first one stops the server, the second one ends it."""

    def __init__(self, server: "Server", grace: float, overrun: Callable[[], object]) -> None:
        self._server = server
        self._grace = grace
        self._overrun = overrun
        self._told = False

    def __call__(self) -> None:
        if self._told:
            self._overrun()
            return
        self._told = True
        timer = threading.Timer(self._grace, self._overrun)
        timer.daemon = True
        timer.start()
        self._server.stop()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give what makes the event loop: uvloop's costs a fifth less for each answer, and is not there on Windows."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


class Server(Uvicorn):
    """uvicorn's server with our connections, on one socket, and with signals left to whoever runs it.

    A client that has taken nothing for ``patience`` seconds while there is something to send is
    dropped. Connections have that from the socket that they came in by (tcp(7),
    TCP_USER_TIMEOUT): so on Linux only. Elsewhere the system gives up when it likes.
    """

    def __init__(
        self, config: Config, connections: Connections, place: tuple[str, int], patience: float
    ) -> None:
        super().__init__(config)
        self._connections = self.server_state = connections
        self._place = place
        self._patience = patience

    async def run_until_stopped(self) -> None:
        """Serve; raises OSError when nobody can listen there."""
        family = socket.AF_INET6 if ":" in self._place[0] else socket.AF_INET
        with socket.create_server(self._place, family=family, backlog=CONNECTIONS) as listening:
            if sys.platform == "linux":
                wait = int(self._patience * 1000)
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, wait)
            await self.serve([listening])

    def stop(self) -> None:
        """Take no new connections, let running answers finish, and end. Only on the event loop."""
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Do what uvicorn does ten times in a second, and each second what our connections need."""
        stopped = await super().on_tick(counter)
        if counter % 10 == 0:
            self._connections.tick()
        return stopped

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def make_server(
    app: App, *, host: str, port: int, tls: Tls | None = None, patience: float = PATIENCE
) -> Server:
    """Give the server, to be run on the event loop of whoever asks; with ``tls`` it speaks https only.

    ``patience``: see ``Server``.
    """
    config = Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,  # nobody before us is trusted to say who asks
        server_header=False,
        backlog=CONNECTIONS,
        timeout_keep_alive=int(IDLE),
        ssl_context_factory=(lambda *_: _context(tls)) if tls else None,
    )
    return Server(config, Connections(quick_way(app)), (host, port), patience)


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = (
        ssl.TLSVersion.TLSv1_2
    )  # some installers' TLS is that old; 1.0 and 1.1 are broken
    context.load_cert_chain(tls.cert, tls.key, password="")
    return context


async def _serve(
    server: "Server",
    every: tuple[float, Callable[[], object]],
    started: Callable[[], None],
    stop: "_Stop",
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C comes as an exception
            loop.add_signal_handler(number, stop)
    tasks = [asyncio.create_task(_again(*one)) for one in (every, (_TIDY_EVERY, give_back))]
    started()
    try:
        await server.run_until_stopped()
    finally:
        for task in tasks:
            task.cancel()


async def _again(seconds: float, what: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(what)
