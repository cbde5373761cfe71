"""What onward's web server costs when it does nothing but send the same bytes: the least that any page can cost here."""

import asyncio
from pathlib import Path

from onward.index.asgi import Receive, Scope, Send
from onward.index.serve import loop_factory, make_server


def serve(port: int, page: str) -> None:
    """Answer every request with the file ``page``, until the process is ended."""
    body = Path(page).read_bytes()
    headers = [
        (b"content-type", b"application/vnd.pypi.simple.v1+json"),
        (b"content-encoding", b"gzip"),
        (b"content-length", b"%d" % len(body)),
    ]

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def run() -> None:
        await make_server(app, host="127.0.0.1", port=port).run_until_stopped()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(run())
