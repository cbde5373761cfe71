"""Run the application on a socket until it is told to stop (granian 2.8, in this process)."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable

from granian.constants import Interfaces, SSLProtocols
from granian.server.embed import Server

from onward.index.asgi import App
from onward.index.place import Tls

CONNECTIONS = 512
"""Connections that are open at once, and as many that wait. Each is a file to the system, which
often lets a process have 1,024. (By default granian takes 128, and two or three uv fill that.)"""


def serve(
    app: App,
    *,
    host: str,
    port: int,
    tls: Tls | None = None,
    every: tuple[float, Callable[[], object]],
    started: Callable[[], None],
) -> None:
    """Serve until SIGINT or SIGTERM; running answers are let finish.

    ``every`` is (seconds, what to do in a thread, again and again meanwhile); ``started`` is
    called once the socket is about to listen.
    """
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(make_server(app, host=host, port=port, tls=tls), every, started))


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give what makes the event loop: uvloop's costs a fifth less for each answer, and is not there on Windows."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def make_server(app: App, *, host: str, port: int, tls: Tls | None = None) -> Server:
    """Give the server, to be run on the event loop of whoever asks; with ``tls`` it speaks https only."""
    return Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        log_enabled=False,
        websockets=False,
        ssl_cert=tls.cert if tls else None,
        ssl_key=tls.key if tls else None,
        ssl_protocol_min=SSLProtocols.tls12,  # some installers' TLS is that old; 1.0 and 1.1 are broken
    )


async def _serve(
    server: Server, every: tuple[float, Callable[[], object]], started: Callable[[], None]
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C comes as an exception
            loop.add_signal_handler(number, server.stop)
    again = asyncio.create_task(_again(*every))
    started()
    try:
        await server.serve()
    finally:
        again.cancel()


async def _again(seconds: float, what: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(what)
