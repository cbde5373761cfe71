"""Forms that bring a file, streamed to disk with limits: never in memory as a whole."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec

from onward.core.errors import BadInput, OutsideFailed
from onward.core.names import Name
from onward.domain.multipart import Data, Part, Reader, bad_form, boundary_of
from onward.domain.shipping.uploads import Digests
from onward.index.asgi import Receive

_AT_ONCE = 1_048_576  # bytes that are written in one go
_LONGEST_NAME = 100  # letters of a field's name


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one upload may be.

    ``file`` are the bytes of the file, ``field`` those of one field, ``fields`` those of all of
    them, ``patience`` the seconds to wait for the next bytes of a slow client.
    """

    file: int = 1_000_000_000
    field: int = 2_000_000
    fields: int = 8_000_000
    patience: float = 60.0


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What came: the form's fields, the file's name as told, where its bytes are, how many, their digests.

    ``uploader`` is the public part of the token it came with.
    """

    fields: Mapping[str, tuple[str, ...]]
    filename: str
    path: Path
    size: int
    digests: Digests
    uploader: str


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an upload; ``is_new`` is False when the very same file was there before."""

    name: Name
    version: str
    filename: str
    is_new: bool


class GoneError(Exception):
    """The client went away."""


class TooSlowError(Exception):
    """The client kept silent for too long."""


class Body:
    """The body of one request, piece by piece; ``patience`` are the seconds to wait for the next one."""

    def __init__(self, receive: Receive, patience: float) -> None:
        self._receive = receive
        self._patience = patience
        self.is_over = False

    async def next(self) -> bytes:
        """Give what comes next, until ``is_over``; raises GoneError and TooSlowError."""
        try:
            message = await asyncio.wait_for(self._receive(), self._patience)
        except TimeoutError:
            raise TooSlowError from None
        if message["type"] != "http.request":
            raise GoneError
        self.is_over = not message.get("more_body", False)
        content: bytes = message.get("body", b"")
        return content

    async def whole(self, most: int) -> bytes:
        """Give all of it; raises BadInput (``bad-request``) when there are more than ``most`` bytes."""
        body = b""
        while not self.is_over:
            body += await self.next()
            if len(body) > most:
                raise BadInput("bad-request", f"the body has more than {most} bytes")
        return body

    async def drain(self, most: int) -> None:
        """Read up to ``most`` bytes of what still comes: a client that is still sending would not hear the answer."""
        with contextlib.suppress(TooSlowError):
            while not self.is_over and most > 0:
                most -= len(await self.next())


Begin = Callable[[str], None]
"""Hears the file's name, and raises when the file need not come at all."""


class FormReader:
    """Reads one form into a file at ``path``, which is removed by ``close``."""

    def __init__(self, path: Path, limits: Limits, begin: Begin, uploader: str) -> None:
        self._limits = limits
        self._begin = begin
        self._uploader = uploader
        self._path = path
        self._file: BinaryIO | None = None
        self._hashes = (
            hashlib.md5(usedforsecurity=False),
            hashlib.sha256(),
            hashlib.blake2b(digest_size=32),
        )
        self._pending = bytearray()
        self._size = 0
        self._filename: str | None = None
        self._fields: dict[str, list[str]] = {}
        self._weight = 0
        self._part: Part | None = None
        self._value = bytearray()

    async def read(self, body: Body, content_type: str) -> Upload:
        """Read it all.

        Raises BadInput (``bad-form``, ``upload-too-large``), OutsideFailed (``store-failed``),
        what ``begin`` raises, GoneError and TooSlowError.
        """
        reader = Reader(boundary_of(content_type))
        while not body.is_over:
            for event in reader.feed(await body.next()):
                match event:
                    case Part():
                        self._open(event)
                    case Data():
                        self._add(event.content)
                    case _:
                        self._end()
            if len(self._pending) >= _AT_ONCE:
                await asyncio.to_thread(self._write)
        reader.close()
        await asyncio.to_thread(self._write)
        if self._file is not None:
            self._file.close()
        if self._filename is None:
            raise bad_form("it has no `content`, which is the file")
        md5, sha256, blake2 = (one.hexdigest() for one in self._hashes)
        return Upload(
            fields={key: tuple(values) for key, values in self._fields.items()},
            filename=self._filename,
            path=self._path,
            size=self._size,
            digests=Digests(md5=md5, sha256=sha256, blake2_256=blake2),
            uploader=self._uploader,
        )

    def close(self) -> None:
        """Remove the file, unless the store has it."""
        with contextlib.suppress(OSError):  # it tries again to write what the disk did not take
            if self._file is not None:
                self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _open(self, part: Part) -> None:
        if len(part.name) > _LONGEST_NAME:
            raise bad_form("the name of a field is too long")
        if (part.name == "content") != (part.filename is not None):
            raise bad_form("`content` is the file, and the only one")
        if part.filename is not None:
            if self._filename is not None:
                raise bad_form("it has `content` twice")
            self._begin(part.filename)
            self._filename = part.filename
        self._part = part
        self._value.clear()

    def _add(self, content: bytes) -> None:
        if self._part is not None and self._part.filename is not None:
            self._size += len(content)
            if self._size > self._limits.file:
                raise too_large(self._limits.file)
            self._pending += content
            return
        self._weight += len(content)
        self._value += content
        if len(self._value) > self._limits.field or self._weight > self._limits.fields:
            name = self._part.name if self._part else ""
            raise bad_form(f"`{name}`, or all fields together, is longer than is taken")

    def _end(self) -> None:
        part, self._part = self._part, None
        if part is None or part.filename is not None:
            return
        try:
            text = self._value.decode("utf-8")
        except UnicodeDecodeError:
            raise bad_form(f"`{part.name}` is not UTF-8") from None
        self._fields.setdefault(part.name, []).append(text)

    def _write(self) -> None:
        """Bring what came to the disk; in a thread."""
        try:
            if self._file is None:
                self._file = self._path.open("xb")
            self._file.write(self._pending)
            self._file.flush()
        except OSError as error:
            raise OutsideFailed(
                "store-failed",
                "a file that was being uploaded could not be written",
                context=(error.strerror or str(error),),
                hint="Look at the disk of the data folder: is it full, or not writable?",
            ) from error
        for one in self._hashes:
            one.update(self._pending)
        self._pending.clear()


def too_large(most: int) -> BadInput:
    """Give the error for a file that is larger than is taken."""
    return BadInput(
        "upload-too-large",
        f"the file is larger than the {most // 1_000_000} MB that are taken here",
        hint="Leave data out of the package, or split it.",
    )


def new_path(folder: Path) -> Path:
    """Give a name for a file that is on its way; what is left of it is swept when a server starts."""
    return folder / f"{secrets.token_hex(8)}.part"
