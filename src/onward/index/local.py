"""The guarded index on loopback, for the moment a resolver works: a few threads and a socket.

uv reaches it as a proxy for one made-up host, so that the address uv sees (and remembers in
its cache) never changes although the port does. Requests for any other host are refused,
but for files that are known to be wanted. The proxy asks for a login that only this
process's uv is told, so that no other user of the machine reads a private index through it.
A server framework would cost more than the whole work here.
"""

import base64
import contextlib
import hmac
import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import unquote, urlsplit

import msgspec

from onward.core.errors import OnwardError, OutsideFailed
from onward.core.names import Name, is_name, parse_name
from onward.core.net import Stream

HOST = "onward.localhost"
_JSON = "application/vnd.pypi.simple.v1+json"
_MOST_HEADER_BYTES = 65_536


class Stack(Protocol):
    """What is served under one key: guarded pages, the same with nothing held back, and files."""

    def page(self, name: Name, known_mark: str) -> tuple[str, bytes | None] | None:
        """Give (mark, body); body None when ``known_mark`` is still right; None for an unknown name."""

    def open_page(self, name: Name) -> bytes | None:
        """Give the page with nothing held back."""

    def file(
        self, address: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[Stream] | None:
        """Give a file of this index, with its login where it needs one; None for what is not its file."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A release that the policy holds back and that was asked for all the same."""

    key: str
    name: Name
    version: str


class LocalIndex:
    """Serves stacks by key; ``file_of`` says which stack hands on a file at another host, if any.

    What happened is collected for the person: ``failures`` outside, ``held`` releases that
    were asked for, ``elsewhere`` addresses that were refused since they are no index of ours.
    """

    def __init__(
        self,
        stacks: Mapping[str, Stack],
        file_of: Callable[[str], Stack | None] = lambda _address: None,
    ) -> None:
        self._stacks = stacks
        self._file_of = file_of
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._closing = False
        self._password = secrets.token_urlsafe(24)
        self.failures: list[OnwardError] = []
        self.held: list[Held] = []
        self.elsewhere: list[str] = []

    @property
    def proxy(self) -> str:
        """The address to set as http proxy, with the login that it asks for."""
        return f"http://onward:{self._password}@127.0.0.1:{self._socket.getsockname()[1]}"

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
                answer = self._answer(*request)
                if isinstance(answer, bytes):
                    connection.sendall(answer)
                elif not self._hand_on(answer, connection):
                    return

    def _answer(  # noqa: PLR0911 - one return for each kind of answer
        self, method: str, target: str, headers: Mapping[str, str]
    ) -> bytes | AbstractContextManager[Stream]:
        if method != "GET":
            return _response(405, {}, b"onward answers GET only")
        if not self._knows(headers):
            return _response(407, {"Proxy-Authenticate": 'Basic realm="onward"'}, b"")
        try:
            parts = urlsplit(target)
            if (parts.hostname or headers.get("host", "").partition(":")[0]) != HOST:
                return self._elsewhere(target, headers)
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

    def _knows(self, headers: Mapping[str, str]) -> bool:
        told = headers.get("proxy-authorization", "").encode()
        wanted = b"Basic " + base64.b64encode(f"onward:{self._password}".encode())
        return hmac.compare_digest(told, wanted)

    def _elsewhere(
        self, target: str, headers: Mapping[str, str]
    ) -> bytes | AbstractContextManager[Stream]:
        stack = self._file_of(target)
        answer = stack.file(target, headers) if stack is not None else None
        if answer is None:
            self.elsewhere.append(target)
            return _response(403, {}, b"onward's index is no proxy for other hosts")
        return answer

    def _hand_on(self, answer: AbstractContextManager[Stream], connection: socket.socket) -> bool:
        """Send a file as it comes; False when the connection cannot be used any more."""
        begun = False
        try:
            with answer as stream:
                known = "content-length" in stream.headers
                extra = {k: v for k, v in stream.headers.items() if k in _HANDED_ON}
                begun = True
                _send(connection, _head(stream.status, extra if known else _until_closed(extra)))
                for chunk in stream.chunks:
                    _send(connection, chunk)
                return known
        except _Gone:
            return False
        except OnwardError as error:
            self.failures.append(error)
            if not begun:
                connection.sendall(_response(424, {}, error.message.encode()))
            return not begun

    def _route(
        self, path: str, query: str, headers: Mapping[str, str]
    ) -> bytes | AbstractContextManager[Stream]:
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
            case [key, "held", word, rest] if key in self._stacks and is_name(word):
                return self._hold(key, parse_name(word), unquote(rest.partition("/")[0]))
            case [key, "files", scheme, rest] if key in self._stacks and scheme in (
                "http",
                "https",
            ):
                address = f"{scheme}://{rest}" + (f"?{query}" if query else "")
                file = self._stacks[key].file(address, headers)
                return file or _response(403, {}, b"not a file of this index")
            case _:
                return _response(404, {}, b"no such page")

    def _hold(self, key: str, name: Name, version: str) -> bytes:
        """Refuse a file of a release that is held back, in the form that resolvers show (RFC 9457)."""
        self.held.append(Held(key=key, name=name, version=version))
        problem = {"title": "onward holds it back", "detail": f"{name} {version}"}
        return _response(
            403, {"Content-Type": "application/problem+json"}, json.dumps(problem).encode()
        )

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


class _Gone(Exception):
    """Who asked does not want the answer any more: no fault of the one who gives it."""


def _send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except OSError as error:
        raise _Gone from error


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
_HANDED_ON = (
    "content-type",
    "content-length",
    "content-range",
    "content-encoding",
    "accept-ranges",
    "etag",
    "last-modified",
)


def _until_closed(headers: Mapping[str, str]) -> dict[str, str]:
    """Say that the body ends with the connection (RFC 9112, section 6.3)."""
    return {**headers, "Connection": "close"}


def _response(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    return _head(status, {"Content-Length": str(len(body)), **headers}) + body


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Refused')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
