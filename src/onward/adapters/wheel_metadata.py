"""The METADATA of a wheel, read from the end of the file: on a server (RFC 9110, section 14) or on disk."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from onward.core.errors import OutsideFailed
from onward.core.names import Name, is_name, parse_name
from onward.core.net import Request, Response
from onward.domain.wheel_tail import (
    TAIL,
    Span,
    bad_wheel,
    directory_span,
    find_metadata,
    unpack,
)

Get = Callable[[Request], Response]

_WHOLE = 2_000_000  # bytes of a wheel that is taken whole where a server knows no ranges
_ROOM = 100_000
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def wheel_metadata(get: Get, url: str, filename: str, *, timeout: float = 30.0) -> bytes:
    """Give METADATA of the wheel ``filename`` at ``url``, in two or three requests for parts of it.

    Raises OutsideFailed: ``bad-wheel`` when it is not there, when its end is not that of such
    a wheel, or when the server gives something else than what was asked for; ``no-answer``
    when the server refuses; and what ``get`` raises.
    The bytes are not checked by a hash: only the whole file has one.
    """
    return _metadata(_Ranges(get, url, timeout), filename)


def metadata_in(path: Path, filename: str) -> bytes:
    """Give METADATA of the wheel ``filename`` that lies at ``path``.

    Raises OutsideFailed (``bad-wheel``) for what is no such wheel, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _metadata(_OnDisk(file), filename)
    except OSError as error:
        raise bad_wheel(error.strerror or str(error)) from error


class _Parts(Protocol):
    """A file of which parts can be had."""

    def tail(self) -> tuple[bytes, int]:
        """Give the last bytes and how many there are in all."""

    def part(self, span: Span) -> bytes:
        """Give the bytes of ``span``."""


def _metadata(reader: _Parts, filename: str) -> bytes:
    tail, total = reader.tail()
    span = directory_span(tail, total)
    entry = find_metadata(reader.part(span), span, filename)
    content = unpack(reader.part(entry.span), entry)
    if isinstance(content, Span):
        content = unpack(reader.part(content), entry)
    if isinstance(content, Span):
        raise bad_wheel("its METADATA does not end where it says")
    return content


class _OnDisk:
    """Parts of a file that is here."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def tail(self) -> tuple[bytes, int]:
        """Give the last bytes and how many there are in all."""
        total = self._file.seek(0, os.SEEK_END)
        return self.part(Span(start=max(0, total - TAIL), stop=total)), total

    def part(self, span: Span) -> bytes:
        """Give the bytes of ``span``."""
        self._file.seek(span.start)
        return self._file.read(span.stop - span.start)


def is_metadata_of(content: bytes, name: Name) -> bool:
    """Whether ``content`` is METADATA of ``name`` by its own words, where no hash says so."""
    head = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    told = _NAME.search(head)
    word = told[1].decode("latin-1") if told else ""
    return is_name(word) and parse_name(word) == name


_NAME = re.compile(rb"^Name:[ \t]*([^\r\n]+?)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


class _Ranges:
    """Parts of one file; what has come is not asked for again."""

    def __init__(self, get: Get, url: str, timeout: float) -> None:
        self._get = get
        self._url = url
        self._timeout = timeout
        self._tail = b""
        self._total = 0

    def tail(self) -> tuple[bytes, int]:
        """Give the last bytes and how many there are in all."""
        answer = self._ask(f"bytes=-{TAIL}", max(_WHOLE, TAIL + _ROOM))
        if answer.status == 200:  # no ranges here: this is all of it
            self._tail, self._total = answer.body, len(answer.body)
        else:
            start, stop, self._total = _told(answer)
            if stop != self._total or stop - start != len(answer.body):
                raise bad_wheel("the server gave another part than the end")
            self._tail = answer.body
        return self._tail, self._total

    def part(self, span: Span) -> bytes:
        """Give the bytes of ``span``."""
        begins = self._total - len(self._tail)
        if span.start >= begins:
            return self._tail[span.start - begins : span.stop - begins]
        answer = self._ask(f"bytes={span.start}-{span.stop - 1}", span.stop - span.start + _ROOM)
        if answer.status != 206 or _told(answer) != (span.start, span.stop, self._total):
            raise bad_wheel("the server gave another part than the one asked for")
        if len(answer.body) != span.stop - span.start:
            raise bad_wheel("the server gave less than it said")
        return answer.body

    def _ask(self, wanted: str, limit: int) -> Response:
        # as it is stored: a range of something compressed on the way would be of no use
        headers = {"Range": wanted, "Accept-Encoding": "identity"}
        answer = self._get(
            Request(url=self._url, headers=headers, limit=limit, timeout=self._timeout)
        )
        if answer.status in (404, 410, 416):
            raise bad_wheel(f"the server answered {answer.status}")
        if answer.status not in (200, 206):  # it may give it another time
            raise OutsideFailed("no-answer", f"the server answered {answer.status} for a wheel")
        return answer


def _told(answer: Response) -> tuple[int, int, int]:
    """Give (start, stop, total) of the part that came."""
    found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    if found is None:
        raise bad_wheel("the server does not say which part it gave")
    return int(found[1]), int(found[2]) + 1, int(found[3])
