"""A small client of the Debug Adapter Protocol, over a socket: enough to stop at a line."""

import json
import socket
from typing import Any


class DapClient:
    """Speaks with the debug adapter at an address; each answer is waited for at most 30 seconds."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=30)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._events: list[dict[str, Any]] = []

    def close(self) -> None:
        """Leave."""
        self._file.close()
        self._socket.close()

    def send(self, command: str, **arguments: Any) -> int:
        """Ask for something; gives the number of the request."""
        self._number += 1
        message = {
            "seq": self._number,
            "type": "request",
            "command": command,
            "arguments": arguments,
        }
        raw = json.dumps(message).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(raw), raw))
        return self._number

    def answer(self, number: int) -> dict[str, Any]:
        """Wait for the answer to a request."""
        while True:
            message = self._read()
            if message["type"] == "response" and message["request_seq"] == number:
                assert message["success"], message
                return dict(message.get("body") or {})
            self._events.append(message)

    def event(self, name: str) -> dict[str, Any]:
        """Wait for an event."""
        for message in self._events:
            if message.get("event") == name:
                self._events.remove(message)
                return dict(message.get("body") or {})
        while True:
            message = self._read()
            if message.get("event") == name:
                return dict(message.get("body") or {})
            self._events.append(message)

    def _read(self) -> dict[str, Any]:
        length = 0
        while line := self._file.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the adapter has hung up"
        return dict(json.loads(self._file.read(length)))
