"""Run the application on a socket until it is told to stop (granian 2.8, in this process)."""

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server

from onward.index.asgi import App
from onward.index.listening import ListeningServer
from onward.index.place import Tls

CONNECTIONS = 512
"""Connections that are open at once, and as many that wait. Each is a file to the system, which
often lets a process have 1,024. (By default granian takes 128, and two or three uv fill that.)"""

GRACE = 25.0
"""Seconds that running answers have after the server is told to stop; those who stop servers often kill after 30."""

PATIENCE = 120.0
"""Seconds that a client may take nothing of its answer; installers that work read on all the time."""

_HEADERS = 65_536
"""Bytes of a request's headers; a token, cookies and a long Accept have a few thousand."""


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
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        server = make_server(app, host=host, port=port, tls=tls)
        runner.run(_serve(server, every, started, _Stop(server, grace, overrun)))


class _Stop:
    """What a signal does: the first one stops the server, the second one ends it."""

    def __init__(self, server: Server, grace: float, overrun: Callable[[], object]) -> None:
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
        _stop(self._server)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give what makes the event loop: uvloop's costs a fifth less for each answer, and is not there on Windows."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def make_server(
    app: App, *, host: str, port: int, tls: Tls | None = None, patience: float = PATIENCE
) -> Server:
    """Give the server, to be run on the event loop of whoever asks; with ``tls`` it speaks https only.

    ``patience``: see ``ListeningServer``.
    """
    return ListeningServer(
        app,
        patience=patience,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        log_enabled=False,
        http1_settings=HTTP1Settings(max_buffer_size=_HEADERS),
        http2_settings=HTTP2Settings(max_headers_size=_HEADERS),
        websockets=False,
        ssl_cert=tls.cert if tls else None,
        ssl_key=tls.key if tls else None,
        ssl_protocol_min=SSLProtocols.tls12,  # some installers' TLS is that old; 1.0 and 1.1 are broken
    )


async def _serve(
    server: Server,
    every: tuple[float, Callable[[], object]],
    started: Callable[[], None],
    stop: "_Stop",
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C comes as an exception
            loop.add_signal_handler(number, stop)
    again = asyncio.create_task(_again(*every))
    started()
    try:
        await server.serve()
    finally:
        again.cancel()


def _stop(server: Server) -> None:
    server.stop()  # type: ignore[no-untyped-call] # granian has no type here


async def _again(seconds: float, what: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(what)
