"""A small index on loopback that takes uploads and lists them, or does not do what it says."""

import hashlib
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

REFUSALS = {
    "403": (403, "text/plain", b"Invalid or non-existent authentication information."),
    "400": (400, "text/html", b"<html><title>400 The description failed to render</title><h1>no</h1></html>"),
    "409": (409, "text/plain", b"that is there"),
    "exists": (400, "text/plain", b"File already exists (demo)"),
    "500": (500, "text/plain", b"out of luck"),
}  # fmt: skip


class LyingIndex:
    """``mode`` says what it does with an upload: ``good``, a key of ``REFUSALS``, or

    ``deaf`` (yes, and nothing is kept), ``other`` (keeps other bytes), ``swaps`` (lists the
    right hash of other bytes), ``cut`` (breaks the connection), ``cut-after`` (keeps it, then
    breaks), ``stall-sdist`` (takes the wheel and never answers for the rest), ``slow`` (reads
    the end of an upload only after ``go_on`` is set), ``dizzy`` (answers 503 to so many looks
    after the last upload as ``dizzy_for`` says), ``forgets`` (lists all of them once only). With ``pair``, the files of a
    certificate and its key, it speaks https.
    """

    def __init__(
        self, mode: str = "good", *, hashes: bool = True, pair: tuple[Path, Path] | None = None
    ) -> None:
        self.mode = mode
        self.hashes = hashes
        self.files: dict[str, bytes] = {}
        self.uploads: list[str] = []
        self.authorized: list[str] = []
        self.attested: list[bool] = []
        self.stalled = threading.Event()
        self.go_on = threading.Event()
        self.dizzy_for = 7
        self._over = threading.Event()
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                index.take(self)

            def do_GET(self) -> None:
                index.give(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if pair is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*pair)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if pair is None else "https"
        self.base = f"{scheme}://127.0.0.1:{self._server.server_port}"
        self.upload = f"{self.base}/legacy/"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: BaseHTTPRequestHandler) -> None:
        self.authorized.append(request.headers.get("authorization", ""))
        length = int(request.headers.get("content-length") or 0)
        if self.mode == "cut":
            request.rfile.read(10)
            request.connection.close()
            return
        body = request.rfile.read(length // 2)
        if self.mode == "slow":
            self.go_on.wait(20)
        body += request.rfile.read(length - len(body))
        self.attested += [b'name="attestations"' in body]
        name, content = _file_in(body)
        self.uploads.append(name)
        if self.mode in REFUSALS:
            answer(request, *REFUSALS[self.mode])
            return
        if self.mode == "stall-sdist" and name.endswith(".tar.gz"):
            self.stalled.set()
            self._over.wait(60)
            return
        if self.mode == "other":
            content += b"more"
        if self.mode != "deaf":
            self.files[name] = content
        if self.mode == "cut-after":
            request.connection.close()
            return
        answer(request, 200, "text/plain", b"")

    def give(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path
        if self.mode == "dizzy" and len(self.uploads) == 2 and self.dizzy_for > 0:
            self.dizzy_for -= 1
            answer(request, 503, "text/plain", b"not now")
            return
        if path.startswith("/simple/") and self.files:
            if self.mode == "forgets" and len(self.uploads) == 2:
                self.uploads.append("listed")
            elif self.mode == "forgets" and len(self.uploads) > 2:
                answer(request, 404, "text/plain", b"never heard of it")
                return
            links = "".join(
                f'<a href="/files/{name}{f"#sha256={_sha(content)}" * self.hashes}">{name}</a>'
                for name, content in self.files.items()
            )
            answer(request, 200, "text/html", f"<html><body>{links}</body></html>".encode())
        elif path.startswith("/files/") and path.removeprefix("/files/") in self.files:
            content = self.files[path.removeprefix("/files/")]
            answer(
                request, 200, "application/octet-stream", content + b"x" * (self.mode == "swaps")
            )
        else:
            answer(request, 404, "text/plain", b"no such thing")


def _file_in(body: bytes) -> tuple[str, bytes]:
    boundary = body.split(b"\r\n", 1)[0]
    for part in body.split(boundary):
        head, _, content = part.partition(b"\r\n\r\n")
        if found := re.search(rb'name="content"; filename="([^"]+)"', head):
            return found[1].decode(), content[:-2]
    return "", b""


def answer(request: BaseHTTPRequestHandler, status: int, kind: str, body: bytes) -> None:
    """Answer a request with its whole body."""
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
