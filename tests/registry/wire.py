"""Answers on the wire: one HTTP connection, whole or spoiled by a fault."""

import socket
import struct
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import unquote, urlsplit

import msgspec

from tests.registry.faults import Fault, FaultKind, Faults


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came in; header names are in lower case. ``status`` 0: no answer was sent."""

    method: str
    path: str
    headers: dict[str, str]
    status: int
    sent: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer before it is sent."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""


class Home(Protocol):
    """What a connection needs to know of the registry."""

    faults: Faults
    closing: threading.Event

    def answer(self, path: str, headers: Mapping[str, str], *, guarded: bool) -> Reply:
        """Give the answer for a GET, before any fault."""

    def note(self, seen: Seen) -> None:
        """Remember a request."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away are what half the tests are about."""


class Handler(BaseHTTPRequestHandler):
    home: Home
    guarded = True
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet
    timeout = 60

    def do_GET(self) -> None:
        headers = {key.lower(): value for key, value in self.headers.items()}
        path = unquote(urlsplit(self.path).path)
        reply = self.home.answer(path, headers, guarded=self.guarded)
        fault = self.home.faults.next_for(path)
        if fault is not None:
            changed = _spoil(reply, fault)
            status = 0 if fault.kind in (FaultKind.hang, FaultKind.reset) else changed.status
        else:
            changed, status = reply, reply.status
        self.home.note(
            Seen(
                method=self.command,
                path=path,
                headers=headers,
                status=status,
                sent=len(changed.body),
            )
        )
        self._send(changed, fault)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        if fault is not None and fault.kind is FaultKind.hang:
            self.home.closing.wait(fault.seconds)
            self.close_connection = True
            return
        if fault is not None and fault.kind is FaultKind.reset:
            # Closing with unsent data and no lingering makes the system send a reset.
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii" if _posix else "hh", 1, 0)
            )
            self.connection.close()
            self.close_connection = True
            return
        self.send_response(reply.status)
        for key, value in reply.headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD" or reply.status == HTTPStatus.NOT_MODIFIED:
            return
        if fault is not None and fault.kind is FaultKind.truncate:
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        elif fault is not None and fault.kind is FaultKind.drip:
            for start in range(0, len(reply.body), fault.chunk):
                self.wfile.write(reply.body[start : start + fault.chunk])
                self.wfile.flush()
                if self.home.closing.wait(fault.seconds):
                    break
        else:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing; tests read ``Registry.requests``."""


_posix = hasattr(socket, "AF_UNIX")


def _spoil(reply: Reply, fault: Fault) -> Reply:
    if fault.kind is FaultKind.status:
        return Reply(
            status=fault.code,
            headers={"Content-Type": "text/plain", **dict(fault.headers)},
            body=fault.text.encode(),
        )
    if fault.kind is FaultKind.redirect:
        return Reply(status=302, headers={"Location": fault.text})
    if fault.kind is FaultKind.garbage:
        kept = {k: v for k, v in reply.headers.items() if k == "Content-Type"}
        return Reply(status=200, headers=kept, body=fault.text.encode())
    if fault.kind is FaultKind.corrupt:
        return msgspec.structs.replace(reply, body=bytes(b ^ 0xFF for b in reply.body))
    return reply
