"""One HTTP/1.1 connection: uvicorn's, with what is at hand answered at once, and bounds on heads and idling.

uvicorn makes a task, an event and a cycle of calls for each request. For an answer that is
ready in memory those cost more than all else, so it is written where the head is read. A
client asks for the same in the same bytes again and again: such a head is not even read
twice. All other requests go uvicorn's own way.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from typing import cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from onward.index.asgi import Asked, Quick, Reply, Scope, lines_of, nowhere

CONNECTIONS = 512
"""Connections that are open at once, and as many that wait, unread. Each is a file to the system,
which often lets a process have 1,024."""

IDLE = 30.0
"""Seconds that the head of a request may take, from the end of the answer before it."""

LONGEST_HEAD = 65_536
"""Bytes of a request's first line and headers; a token, cookies and a long Accept have a few thousand."""

_REMEMBERED = 1_024  # heads that are known by their bytes
_SHORT = 2_048  # bytes of such a head
_SECRET = frozenset({b"authorization", b"cookie"})  # headers of heads that are not kept


def is_loopback(host: str) -> bool:
    """Say whether an address is one of this machine itself."""
    return host.startswith("127.") or host in ("::1", "::ffff:127.0.0.1")


class Connections(ServerState):
    """The connections of a server, and how their requests are answered at once (``quick``).

    ``most`` are open at once, and as many wait. No other machine may have more than half of ``most``.
    """

    def __init__(self, quick: Quick, most: int = CONNECTIONS) -> None:
        super().__init__()
        self.most = most
        self.at_home: Callable[[str], bool] = is_loopback
        self.quick = quick
        self.waiting: deque[Connection] = deque()
        self.date = b""  # the line that tells the time
        self.heads: dict[bytes, Asked] = {}  # what requests ask for that were answered at once

    def remember(self, head: bytes, asked: Asked) -> None:
        """Keep what the bytes of a request mean, unless they hold a secret."""
        if len(head) <= _SHORT and _SECRET.isdisjoint(asked.headers):
            if len(self.heads) >= _REMEMBERED:
                self.heads.clear()
            self.heads[head] = asked

    def tick(self) -> None:
        """Note the time, and close the connections that have been silent, or slow with a head, for too long."""
        self.date = lines_of(self.default_headers)
        oldest = time.monotonic() - IDLE
        for one in tuple(self.connections):
            if isinstance(one, Connection) and one.since < oldest:
                one.transport.close()


class Connection(HttpToolsProtocol):
    """A connection that is made by uvicorn's server with ``Connections`` as its state."""

    server_state: Connections
    since = 0.0  # monotonic second since when the head of a request is waited for
    _in_head = True  # whether what comes next belongs to one
    _head = 0  # bytes of it that came before
    _came = 0  # and with the data that is being read: the most that it can have
    _early: bytes | None = None  # what came while this waits for its turn
    _answered = False  # whether the request that is being read has its answer
    _between = True  # whether what comes next begins a request
    _begun = 0  # requests that begin in the data that is being read
    _at_hand: Asked | None = None  # the last of them that was answered at once

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Begin; one of too many waits until another ends."""
        super().connection_made(transport)
        self.since = time.monotonic()
        there, most = len(self.connections), self.server_state.most
        if there > 2 * most or (there > most // 2 and self._greedy(most // 2)):
            transport.abort()
        elif there > most:
            self._early = b""
            self.server_state.waiting.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and let one that waits begin."""
        super().connection_lost(exc)
        waiting = self.server_state.waiting
        if self in waiting:
            waiting.remove(self)
        elif waiting and len(self.connections) - len(waiting) < self.server_state.most:
            waiting.popleft().begin()

    def begin(self) -> None:
        """Have its turn."""
        early, self._early = self._early, None
        if self.transport.is_closing():
            return
        self.since = time.monotonic()
        self.transport.resume_reading()
        if early:
            self.data_received(early)

    def data_received(self, data: bytes) -> None:
        """Read on, up to the longest head."""
        if self._early is not None:
            self._early += data
            self.transport.pause_reading()
            return
        between, known = self._between, self.server_state.heads.get(data)
        if between and known is not None and self._again(known):
            return
        self._came = self._head + len(data)
        self._begun, self._at_hand = 0, None
        super().data_received(data)
        if between:
            self._remember(data)
        if self._in_head:
            self._head = self._came
            if self._head > LONGEST_HEAD and not self.transport.is_closing():
                self._refuse_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._answered = self._between = False
        self._begun += 1
        self._at_hand = None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Answer at once what is at hand; else go uvicorn's way."""
        self._in_head = False
        if self.transport.is_closing():
            self._answered = True
        elif self._came > LONGEST_HEAD and self._size() > LONGEST_HEAD:
            self._refuse_head()
        elif (reply := self._at_once()) is not None:
            self._answered = True
            self.since = time.monotonic()
            self._write(reply)
        else:
            self.since = _NEVER
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body for whoever reads it."""
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request has been read, and the next head begins."""
        self._in_head = self._between = True
        self._head = self._came = 0
        if not self._answered:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer was given: unless one more is asked for already, the next head is waited for."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self.since = time.monotonic()

    def _greedy(self, most: int) -> bool:
        """Whether another machine has more than ``most`` connections open; this one may have all of them."""
        host = self.client[0] if self.client else ""
        if not host or self.server_state.at_home(host):
            return False
        open_ones = (one for one in self.connections if isinstance(one, Connection))
        return sum(one.client is not None and one.client[0] == host for one in open_ones) > most

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _is_free(self) -> bool:
        """Whether nothing before it is still on its way to the client."""
        before: RequestResponseCycle | None = self.cycle  # none before the first
        return not self.flow.write_paused and (before is None or before.response_complete)

    def _again(self, known: Asked) -> bool:
        """Answer a request that came before in the same bytes; False when its answer is not at hand now."""
        if self.transport.is_closing() or not self._is_free():
            return False
        reply = self.server_state.quick(known.again(self.client))
        if reply is None:
            return False
        self._unset_keepalive_if_required()
        self.since = time.monotonic()
        self._write(reply)
        return True

    def _remember(self, data: bytes) -> None:
        """Keep what ``data`` means if it was one request, from the first byte to the last."""
        if self._between and self._begun == 1 and self._at_hand is not None:
            self.server_state.remember(data, self._at_hand)

    def _at_once(self) -> Reply | None:
        """Give the answer to a plain GET when it is at hand."""
        if not self._is_free():
            return None
        parser, url, scope = self.parser, self.url, cast(Scope, self.scope)
        if parser.get_method() != b"GET" or parser.get_http_version() != "1.1":
            return None
        if not parser.should_keep_alive() or parser.should_upgrade():
            return None
        if not _PLAIN.fullmatch(url):
            return None
        path, _, scope["query_string"] = url.partition(b"?")
        scope["method"], scope["path"] = "GET", path.decode("ascii")
        asked = Asked(scope, nowhere)
        headers = asked.headers
        if len(headers) != len(self.headers) or not _WITH_MORE.isdisjoint(headers):
            return None
        reply = self.server_state.quick(asked)
        self._at_hand = asked if reply is not None else None
        return reply

    def _write(self, reply: Reply) -> None:
        lines, body = reply.lines, reply.body
        if reply.status != 304:
            lines = b"%bcontent-length: %d\r\n" % (lines, len(body))
        head = b"%b%b%b\r\n" % (STATUS_LINE[reply.status], self.server_state.date, lines)
        self.transport.writelines((head, body) if body else (head,))

    def _refuse_head(self) -> None:
        """Answer that the head is too long (RFC 6585, 5), and close."""
        self._answered = True
        self._write(Reply(431, (), b"connection: close\r\n", b""))
        self.transport.close()


_NEVER = float("inf")
_PLAIN = re.compile(rb"/[!$&-;=@-Z_a-z~]*(?:\?[!-\"$-~]*)?")
"""An address with nothing in it that must be decoded: no percent sign, no fragment, no host."""

_WITH_MORE = frozenset({b"content-length", b"transfer-encoding", b"expect"})
