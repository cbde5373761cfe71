"""The pages of this machine's registry on loopback, kept in memory, with a freshness we choose.

The pages are real; only how long a client may trust them is ours. Files are fetched from
where the pages say, so nothing but pages goes through here.
"""

import gzip
import hashlib
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urljoin

from onward.core.net import Net, Request
from scripts.registry_settings import index_address

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


class Mirror:
    """A loopback index; ``max_age`` (seconds) may be changed while it runs."""

    def __init__(self, env: Mapping[str, str], *, port: int = 0, max_age: int = 600) -> None:
        self.max_age = max_age
        self._upstream = index_address(env)
        self._net = Net(env)
        self._pages: dict[str, tuple[str, bytes, str]] = {}
        mirror = self

        class Own(_Handler):
            home = mirror

        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), Own)
        except OSError:  # taken: any other will do, only the tools' caches start cold
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def page(self, name: str) -> tuple[str, bytes, str] | None:
        """Give (content type, gzipped body, entity tag) of a project's page, or None."""
        if name not in self._pages:
            address = f"{self._upstream.rstrip('/')}/{name}/"
            answer = self._net.get(Request(url=address, headers={"Accept": _ACCEPT}))
            if answer.status != 200:
                return None
            kind = answer.headers.get("content-type", "text/html").partition(";")[0]
            body = _absolute(answer.body, kind, answer.url)
            tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            self._pages[name] = (kind, gzip.compress(body, 6, mtime=0), tag)
        return self._pages[name]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    home: Mirror
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        name = self.path.strip("/").rpartition("/")[2]
        found = self.home.page(name)
        if found is None:
            self._send(404, {}, b"")
            return
        kind, body, tag = found
        headers = {"ETag": tag, "Cache-Control": f"max-age={self.home.max_age}"}
        if tag in self.headers.get("If-None-Match", ""):
            self._send(304, headers, b"")
            return
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
        else:
            body = gzip.decompress(body)
        self._send(200, {**headers, "Content-Type": kind}, body)

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


def _absolute(body: bytes, kind: str, address: str) -> bytes:
    if kind == _JSON:
        page = json.loads(body)
        for file in page["files"]:
            file["url"] = urljoin(address, file["url"])
        return json.dumps(page).encode()
    return body.replace(b"<head>", f'<head><base href="{address}">'.encode(), 1)
