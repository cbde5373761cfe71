"""The bodies of answers: read to their end, unpacked, bounded in size and time."""

import http.client
import time
import zlib
from collections.abc import Callable, Iterator

from onward.core.errors import OutsideFailed
from onward.core.net import Request
from onward.core.redact import redact


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
