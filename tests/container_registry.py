"""A container registry on loopback, with the faults that one can have: small, in memory, honest only when told to be."""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_PIECE = 4_000_000  # bytes
_UPLOAD = re.compile(r"/v2/(.+)/blobs/uploads/(\d*)")
_BLOB = re.compile(r"/v2/(.+)/blobs/(sha256:[0-9a-f]{64})")
_MANIFEST = re.compile(r"/v2/(.+)/manifests/(.+)")


class ContainerRegistry:
    """What it holds, what it was asked, and what it does wrong.

    ``cut`` are numbers of bytes after which the next uploads break off; ``forget`` makes it
    lose an upload that broke off; ``drops`` loses blobs that it took; ``digest`` is what it
    says of whatever it takes; ``forged`` is what it gives for any manifest; ``failing`` maps a
    method to a status. ``login`` (user, secret) is wanted by ``kind`` (``basic``, ``bearer``).
    ``pause`` is how many seconds it rests after each 4 MB of what it takes.
    ``away`` is the top of another server that blobs are taken from and uploaded to.
    """

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.owned: set[tuple[str, str]] = set()
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.uploads: dict[str, bytearray] = {}
        self.seen: list[tuple[str, str, int]] = []
        self.auth: list[str] = []
        self.scopes: list[str] = []
        self.cut: list[int] = []
        self.forget = self.drops = False
        self.digest = ""
        self.forged = b""
        self.failing: dict[str, int] = {}
        self.login: tuple[str, str] | None = None
        self.kind = "bearer"
        self.realm = self.away = ""
        self.port = 0
        self.pause = 0.0

    @property
    def sent(self) -> int:
        """Bytes of blobs that came in."""
        return sum(size for method, path, size in self.seen if "/uploads/" in path)

    @contextmanager
    def running(self) -> Iterator["ContainerRegistry"]:
        registry = self

        class Handler(_Handler):
            place = registry

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    place: ContainerRegistry
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self) -> bytes | None:
        """Give the body; None when it is to break off, with what came kept."""
        size = int(self.headers.get("Content-Length", 0))
        found = _UPLOAD.fullmatch(urlsplit(self.path).path)
        if size and found and found[2] and self.place.cut:
            got = self.rfile.read(min(self.place.cut.pop(0), size))
            self.place.seen.append((self.command, self.path, len(got)))
            self.place.uploads[found[2]] += got
            if self.place.forget:
                del self.place.uploads[found[2]]
            self.close_connection = True
            self.connection.close()
            return None
        content = b""
        while chunk := self.rfile.read(min(size - len(content), _PIECE)):
            content += chunk
            time.sleep(self.place.pause)
        self.place.seen.append((self.command, self.path, len(content)))
        return content

    def handle_any(self) -> None:
        place, url = self.place, urlsplit(self.path)
        content = self.body()
        if content is None:
            return
        if url.path == "/token":
            self.token(parse_qs(url.query), content)
        elif status := place.failing.get(self.command):
            told = {"errors": [{"code": "X", "message": "the disk is full at https://u:pw@host/"}]}
            self.answer(status, json.dumps(told).encode())
        elif place.login and not self.may():
            realm = place.realm or f"http://127.0.0.1:{place.port}/token"
            asked = f'Bearer realm="{realm}",service="here",scope="repository:x:pull"'
            self.answer(
                401, WWW_Authenticate=asked if place.kind == "bearer" else 'Basic realm="x"'
            )
        elif found := _UPLOAD.fullmatch(url.path):
            self.upload(found[1], found[2], parse_qs(url.query), content)
        elif found := _BLOB.fullmatch(url.path):
            self.blob(found[1], found[2])
        elif found := _MANIFEST.fullmatch(url.path):
            self.manifest(found[1], found[2], content)
        else:
            self.answer(404)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = handle_any  # noqa: N815

    def may(self) -> bool:
        said = self.headers.get("Authorization", "")
        self.place.auth.append(said)
        assert self.place.login is not None
        basic = "Basic " + base64.b64encode(":".join(self.place.login).encode()).decode()
        return said == ("Bearer good" if self.place.kind == "bearer" else basic)

    def token(self, query: dict[str, list[str]], content: bytes) -> None:
        assert self.place.login is not None
        basic = "Basic " + base64.b64encode(":".join(self.place.login).encode()).decode()
        form = parse_qs(content.decode())
        self.place.scopes += query.get("scope", []) + form.get("scope", [])
        good = self.headers.get("Authorization") == basic
        good = good or form.get("refresh_token") == [self.place.login[1]]
        self.answer(200 if good else 401, b'{"token": "good"}' if good else b"{}")

    def upload(self, name: str, number: str, query: dict[str, list[str]], content: bytes) -> None:
        place = self.place
        if self.command == "POST":
            mount = query.get("mount", [""])[0]
            if mount and (query["from"][0], mount) in place.owned:
                place.owned.add((name, mount))
                self.answer(201, Docker_Content_Digest=mount)
                return
            number = str(len(place.seen))
            place.uploads[number] = bytearray()
            self.answer(202, Location=f"{place.away}/v2/{name}/blobs/uploads/{number}?state=1")
        elif number not in place.uploads:
            self.answer(404)
        elif self.command == "GET":
            got = max(len(place.uploads[number]) - 1, 0)
            self.answer(204, Range=f"0-{got}", Location=f"/v2/{name}/blobs/uploads/{number}")
        else:
            if self.command == "PATCH":
                start = int(self.headers["Content-Range"].partition("-")[0])
                assert start == len(place.uploads[number])
            place.uploads[number] += content
            if self.command == "PATCH":
                self.answer(202, Location=f"/v2/{name}/blobs/uploads/{number}")
                return
            held = bytes(place.uploads.pop(number))
            digest = f"sha256:{hashlib.sha256(held).hexdigest()}"
            if query["digest"] != [digest]:
                self.answer(400, b'{"errors": [{"message": "digest invalid"}]}')
                return
            if not place.drops:
                place.blobs[digest] = held
                place.owned.add((name, digest))
            self.answer(201, Docker_Content_Digest=place.digest or digest)

    def blob(self, name: str, digest: str) -> None:
        if self.place.away and self.command == "GET":
            self.answer(307, Location=f"{self.place.away}{self.path}")
            return
        if (name, digest) not in self.place.owned:
            self.answer(404)
            return
        held = self.place.blobs[digest]
        self.answer(200, held, Content_Length=str(len(held)))

    def manifest(self, name: str, which: str, content: bytes) -> None:
        place = self.place
        if self.command == "PUT":
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            kind = self.headers["Content-Type"]
            place.manifests[name, which] = place.manifests[name, digest] = (kind, content)
            self.answer(201, Docker_Content_Digest=digest)
        elif (name, which) in place.manifests:
            kind, held = place.manifests[name, which]
            self.answer(200, place.forged or held, Content_Type=kind)
        else:
            self.answer(404)
