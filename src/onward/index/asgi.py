"""The few words of ASGI 3.0 that the server speaks itself, for the answers that must be cheap."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, NamedTuple

import msgspec

from onward.core.errors import OnwardError
from onward.domain.grants import READING, Grant

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

GRANT = "onward.grant"
"""Where a request's scope has the ``Grant`` of a token; where it has none, nobody said who asks, and anyone may read."""

CONFIRM = "onward.confirm"
"""Where a request's scope has what looks again whether its token counts, and raises OnwardError if not."""

HELD = "onward.held"
"""Where a request's scope has the findings that held back what was asked for."""

FAILURE = "onward.failure"
"""Where a request's scope has the error that was answered."""

_Headers = Iterable[tuple[bytes, bytes]]


class Reply(NamedTuple):
    """A whole answer; ``lines`` are its headers as ``lines_of`` writes them. Its length is added by who sends it."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    lines: bytes
    body: bytes


def lines_of(headers: _Headers) -> bytes:
    """Write headers as HTTP/1.1 does (RFC 9112, 5)."""
    return b"".join(b"%b: %b\r\n" % header for header in headers)


_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:]+\](?::\d{1,5})?")


def path_of(scope: Scope) -> str:
    """Give a request's path below the server's root, with nothing percent-encoded in it any more."""
    root = scope.get("root_path", "")
    path: str = scope["path"]
    return path[len(root) :] if root and path.startswith(root + "/") else path


class Asked:
    """One request: method, path below the server's root, headers by lower-case name.

    ``form`` is room for whoever answers: what follows from those alone, and so holds for each
    request that is the same.
    """

    __slots__ = ("form", "headers", "method", "path", "scope", "send")

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.send = send
        self.method: str = scope["method"]
        self.path = path_of(scope)
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.form: object = None

    def again(self, client: tuple[str, int] | None) -> "Asked":
        """Give the same request as it comes from ``client`` now."""
        same = Asked.__new__(Asked)  # nothing is worked out anew
        same.scope = {**self.scope, "client": client}
        same.send, same.method = self.send, self.method
        same.path, same.headers, same.form = self.path, self.headers, self.form
        return same

    def header(self, name: bytes) -> str:
        """Give a header, or an empty text."""
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def grant(self) -> Grant:
        """What whoever asks may do."""
        grant: Grant = self.scope.get(GRANT, READING)
        return grant

    async def lost(self) -> OnwardError | None:
        """Give why the token that the request came with does not count any more; None when it does."""
        look: Callable[[], Awaitable[object]] | None = self.scope.get(CONFIRM)
        if look is None:
            return None
        try:
            await look()
        except OnwardError as error:
            return error
        return None

    @property
    def wants_body(self) -> bool:
        """Whether a body may be sent (not for HEAD)."""
        return self.method != "HEAD"

    def place(self, path: str) -> str:
        """Give a path of this server with the prefix under which it is reached."""
        return f"{self.scope.get('root_path', '')}{path}"

    def address(self, path: str) -> str:
        """Give a path of this server as the address under which the client reached us."""
        host = self.header(b"host")
        place = self.place(path)
        return f"{self.scope['scheme']}://{host}{place}" if _HOST.fullmatch(host) else place

    async def answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Send a whole answer; its length is added."""
        raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
        if status != 304:
            raw.append((b"content-length", b"%d" % len(body)))
        await self.begin(status, raw)
        await self.send({"type": "http.response.body", "body": body if self.wants_body else b""})

    async def begin(self, status: int, headers: _Headers) -> None:
        """Send status and headers; the body comes next."""
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def chunk(self, body: bytes, *, more: bool) -> None:
        """Send a part of the body."""
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def json(
        self,
        status: int,
        value: object,
        kind: str = "application/json",
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Send a value as JSON; ``more`` are further headers."""
        headers = {"content-type": kind, "cache-control": "no-store", **(more or {})}
        await self.answer(status, headers, msgspec.json.encode(value))


Quick = Callable[[Asked], Reply | None]
"""Gives the answer to a request if it is at hand, without waiting for anything; None sends it the usual way."""


def quick_way(app: App) -> Quick:
    """Give the quick way through an application: its ``at_once``, which most have not.

    It is asked only for a GET without a body and with no header twice. What it gives must be
    the very answer that the application would send.
    """
    found: Quick | None = getattr(app, "at_once", None)
    return found or (lambda _: None)


async def nowhere(_: MutableMapping[str, Any]) -> None:
    """Stand where a ``send`` is asked for and nothing may be sent."""
    raise AssertionError("what is at hand is given back, not sent")
