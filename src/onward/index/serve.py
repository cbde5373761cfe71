"""Run the application on a socket until it is told to stop (granian 2.8, in this process)."""

import asyncio
import contextlib
import signal
from collections.abc import Callable

from granian.constants import Interfaces
from granian.server.embed import Server

from onward.index.asgi import App


def serve(
    app: App,
    *,
    host: str,
    port: int,
    every: tuple[float, Callable[[], object]],
    started: Callable[[], None],
) -> None:
    """Serve until SIGINT or SIGTERM; running answers are let finish.

    ``every`` is (seconds, what to do in a thread, again and again meanwhile); ``started`` is
    called once the socket is about to listen.
    """
    asyncio.run(_serve(app, host, port, every, started))


async def _serve(
    app: App,
    host: str,
    port: int,
    every: tuple[float, Callable[[], object]],
    started: Callable[[], None],
) -> None:
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        log_enabled=False,
        websockets=False,
    )
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
