"""The guarded index on loopback, for the moment a resolver works: a few threads and a socket.

uv reaches it as a proxy for one made-up host, so that the address uv sees (and remembers in
its cache) never changes although the port does. Requests for any other host are refused.
A server framework would cost more than the whole work here.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Protocol
from urllib.parse import unquote, urlsplit

from onward.core.errors import OnwardError, OutsideFailed
from onward.core.names import Name, is_name, parse_name

HOST = "onward.localhost"
_JSON = "application/vnd.pypi.simple.v1+json"
_MOST_HEADER_BYTES = 65_536


class Stack(Protocol):
    """What is served under one key: guarded pages, the same with nothing held back, and files."""

    def page(self, name: Name, known_mark: str) -> tuple[str, bytes | None] | None:
        """Give (mark, body); body None when ``known_mark`` is still right; None for an unknown name."""

    def open_page(self, name: Name) -> bytes | None:
        """Give the page with nothing held back."""

    def file(self, address: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Give (status, headers, body) of a file that needs this index's login."""


class LocalIndex:
    """Serves stacks by key. ``failures`` collects what went wrong outside, for the person."""

    def __init__(self, stacks: Mapping[str, Stack]) -> None:
        self._stacks = stacks
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._closing = False
        self.failures: list[OnwardError] = []

    @property
    def proxy(self) -> str:
        """The address to set as http proxy."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator["LocalIndex"]:
        """Serve while the body runs."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._closing = True
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            connection.settimeout(120)
            while (request := _read_request(lines)) is not None:
                connection.sendall(self._answer(*request))

    def _answer(self, method: str, target: str, headers: Mapping[str, str]) -> bytes:
        try:
            if method != "GET":
                return _response(405, {}, b"onward answers GET only")
            parts = urlsplit(target)
            if (parts.hostname or headers.get("host", "").partition(":")[0]) != HOST:
                return _response(403, {}, b"onward's index is no proxy for other hosts")
            return self._route(parts.path, parts.query, headers)
        except OutsideFailed as error:
            self.failures.append(error)
            # Not a 5xx: the resolver would only wait and ask again what has been asked already.
            return _response(424, {}, error.message.encode())
        except OnwardError as error:
            self.failures.append(error)
            return _response(400, {}, error.message.encode())
        except Exception as error:  # noqa: BLE001 - a thread's last word; the main thread reports it
            self.failures.append(OnwardError("index-fault", f"the local index failed: {error!r}"))
            return _response(500, {}, b"onward failed")

    def _route(self, path: str, query: str, headers: Mapping[str, str]) -> bytes:
        match path.strip("/").split("/", 3):
            case [key, "simple", word] if key in self._stacks and is_name(word):
                return self._page(self._stacks[key], parse_name(word), headers)
            case [key, "open", word] if key in self._stacks and is_name(word):
                body = self._stacks[key].open_page(parse_name(word))
                return (
                    _response(404, {}, b"")
                    if body is None
                    else _response(200, {"Content-Type": _JSON}, body)
                )
            case [key, "files", scheme, rest] if key in self._stacks and scheme in (
                "http",
                "https",
            ):
                address = f"{scheme}://{unquote(rest)}" + (f"?{query}" if query else "")
                status, extra, body = self._stacks[key].file(address, headers)
                return _response(status, extra, body)
            case _:
                return _response(404, {}, b"no such page")

    def _page(self, stack: Stack, name: Name, headers: Mapping[str, str]) -> bytes:
        known = headers.get("if-none-match", "").strip().removeprefix("W/").strip('"')
        found = stack.page(name, known)
        if found is None:
            return _response(404, {}, b"")
        mark, body = found
        # no-cache: the client asks each time, so that a new block is seen at once; a 304 costs next to nothing
        extra = {"ETag": f'"{mark}"', "Cache-Control": "no-cache"}
        return (
            _response(304, extra, b"")
            if body is None
            else _response(200, {**extra, "Content-Type": _JSON}, body)
        )


class _Lines(Protocol):
    def readline(self, limit: int = -1, /) -> bytes: ...


def _read_request(lines: _Lines) -> tuple[str, str, dict[str, str]] | None:
    """Read one request head (RFC 9112); None at the end of the connection or for anything odd."""
    first = lines.readline(_MOST_HEADER_BYTES).decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    for _ in range(100):
        line = lines.readline(_MOST_HEADER_BYTES).decode("latin-1").strip()
        if not line:
            return first[0], first[1], headers
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return None


_REASONS = {200: "OK", 206: "Partial Content", 304: "Not Modified", 404: "Not Found"}


def _response(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Refused')}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
