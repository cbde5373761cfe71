"""What goes and comes: a file as it leaves; answers bounded in time from their first byte on, read to their end, unpacked."""

import http.client
import io
import os
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from onward.core.errors import OutsideFailed
from onward.core.net import Request
from onward.core.redact import redact


class Timed(http.client.HTTPResponse):
    """An answer whose head must be there when as much time is over as one read may take; drips do not count anew.

    What is read of its body is bound by that too, until ``take_time`` is called.
    """

    def __init__(self, sock: socket.socket, *more: object, **named: object) -> None:
        super().__init__(sock, *more, **named)  # type: ignore[arg-type] # handed on as they come
        self._reading = _Reading(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._reading)

    def take_time(self) -> None:
        """Let each read of the body take as long as one read may, from now on."""
        self._reading.until = None


class _Reading(io.RawIOBase):
    """Reads from ``raw``, the reading side of ``sock``, and not beyond ``until`` (monotonic seconds)."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._patience = sock.gettimeout()
        self.until = None if self._patience is None else time.monotonic() + self._patience

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview, /) -> int | None:  # type: ignore[override] # what the reader around it hands in
        """Fill ``buffer`` with what is there; raises TimeoutError."""
        if self.until is None:
            return self._raw.readinto(buffer)
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(self._patience)

    def close(self) -> None:
        """Close the reading side."""
        if not self.closed:
            self._raw.close()
        super().close()


def drain(
    answer: http.client.HTTPResponse,
    request: Request,
    until: float | None,
    write: Callable[[bytes], object],
    total: list[int] | None,
) -> None:
    """Hand the body to ``write``, at most ``request.limit`` bytes and not after ``until`` (monotonic seconds)."""
    told = answer.getheader("content-length")
    if told is not None and told.isdigit() and int(told) > request.limit:
        answer.close()
        raise _too_large(request)
    if total is not None and told is not None and told.isdigit():
        total[0] = int(told)
    read = 0
    packed = (answer.getheader("content-encoding") or "").lower() == "gzip"
    asked = "gzip" in request.headers.get("Accept-Encoding", "")
    chunks = whole(answer)
    for chunk in _unpacked(chunks, request.limit) if packed and asked else chunks:
        read += len(chunk)
        if read > request.limit:
            answer.close()
            raise _too_large(request)
        if until is not None and time.monotonic() > until:
            raise TimeoutError
        write(chunk)


def whole(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """Give the body piece by piece; raises IncompleteRead when less comes than was announced."""
    read = 0
    told = answer.length  # what http.client expects of this body; None when it is not told
    while chunk := answer.read1(1 << 18):  # what is there, so that a slow drip is seen
        read += len(chunk)
        yield chunk
    if told is not None and read < told:
        # a connection that closes early is not always an IncompleteRead for sized reads
        raise http.client.IncompleteRead(b"", told - read)
    answer.read()  # nothing is left; this is what frees the connection for the next request


def _unpacked(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Unpack gzip piece by piece, and never more than a byte beyond ``limit``: it may be a bomb."""
    unpacker = zlib.decompressobj(wbits=31)
    left = limit + 1
    try:
        for chunk in chunks:
            piece = unpacker.decompress(chunk, max(left, 1))
            left -= len(piece)
            yield piece
    except zlib.error as error:
        raise http.client.HTTPException("the answer is packed wrongly") from error
    if not unpacker.eof:
        raise http.client.IncompleteRead(b"")


def _too_large(request: Request) -> OutsideFailed:
    size = (
        f"{request.limit // 1_000_000} MB"
        if request.limit >= 1_000_000
        else f"{request.limit} bytes"
    )
    return OutsideFailed("too-large", f"`{redact(request.url)}` is larger than {size}")


class Leaving:
    """A file that is sent: tells how much of it has been read, from its beginning."""

    def __init__(self, file: IO[bytes], sending: Callable[[int, int], None]) -> None:
        self._file = file
        self._sending = sending
        self._total = os.fstat(file.fileno()).st_size

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes."""
        chunk = self._file.read(size)
        self._sending(self._file.tell(), self._total)
        return chunk
