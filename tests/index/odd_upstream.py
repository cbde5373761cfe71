"""An upstream on loopback that answers whatever a test writes, byte by byte if need be."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JSON = "application/vnd.pypi.simple.v1+json"

NAME = "tidewater"
PAGE = f"/simple/{NAME}/"
WHEEL = f"{NAME}-1.0-py3-none-any.whl"

Reply = Callable[[BaseHTTPRequestHandler], None]


class OddUpstream:
    """Answers by path; ``asked`` are the paths that were asked for. What is not given is 404."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[str] = []
        self.over = threading.Event()
        """Set when the test is over: what waits or never ends must stop then."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def root(self) -> str:
        """The address of this server, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address of its index."""
        return f"{self.root}/simple/"

    def give(
        self,
        path: str,
        body: bytes,
        kind: str = JSON,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer ``path`` with these bytes."""

        def reply(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in {
                "Content-Type": kind,
                "Content-Length": str(len(body)),
                **(headers or {}),
            }.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.replies[path] = reply

    def page(self, name: str, *files: Mapping[str, Any], **more: Any) -> None:
        """Answer with a project page of these files."""
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": list(files), **more}
        self.give(f"/simple/{name}/", json.dumps(page).encode())

    def file(self, filename: str, content: bytes, **more: Any) -> dict[str, Any]:
        """Answer with a file; give what a page says of it, without metadata beside it."""
        self.give(f"/files/{filename}", content, "application/octet-stream")
        return {
            "filename": filename,
            "url": f"/files/{filename}",
            "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
            "size": len(content),
            "upload-time": "2020-01-01T00:00:00Z",
            **more,
        }

    def close(self) -> None:
        """Stop; what still waits is let go."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                upstream.asked.append(self.path)
                reply = upstream.replies.get(self.path)
                with contextlib.suppress(OSError):
                    if reply is None:
                        self.send_response(404)
                        self.send_header("Content-Length", "0")
                        self.end_headers()
                    else:
                        reply(self)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextlib.contextmanager
def odd_upstream() -> Iterator[OddUpstream]:
    """Serve while the body runs."""
    made = OddUpstream()
    try:
        yield made
    finally:
        made.close()
