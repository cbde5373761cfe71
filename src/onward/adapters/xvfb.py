"""Xvfb: a screen that nobody sees. Windows and the picture are asked for by the X11 protocol (core protocol, version 11).

Of the protocol there is just what is needed to look: the setup, QueryTree, GetWindowAttributes,
GetGeometry and GetImage. The server ends when its last client goes, and ours is one.
"""

import socket
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

import msgspec

from onward.core.errors import EngineFailed
from onward.core.proc.call import Call
from onward.core.system_programs import SystemProgram

XVFB = SystemProgram(command="Xvfb", purpose="to open windows without a screen", apt="xvfb")
SOCKETS = "/tmp/.X11-unix"  # noqa: S108 - fixed by X itself

_WIDTH, _HEIGHT = 1_280, 800
_MOST_WINDOWS = 500
_VIEWABLE = 2


def screen(xvfb: str, told: Path, env: Mapping[str, str], timeout: float) -> Call:
    """Give the call of a server that takes a free number and writes it to the file ``told``.

    It listens on the abstract socket too: with -displayfd there is no lock file, and of two that start at
    the same moment only that socket's name keeps the second from the number of the first.
    """
    argv = (
        xvfb, "-displayfd", "1", "-screen", "0", f"{_WIDTH}x{_HEIGHT}x24", "-nolisten", "tcp",
        "-ac", "-terminate",
    )  # fmt: skip
    return Call(
        argv=argv, cwd="/", env=dict(env), timeout=timeout, out_file=str(told), whole_group=True
    )


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One visible window at the top: where it is and how large, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be seen: the PNG, how many colours are in it, and the pixels, four bytes each, row by row."""

    png: bytes
    colours: int
    width: int
    pixels: bytes


class Screen:
    """A connection to the server, as one of its clients."""

    def __init__(self, number: int) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        try:
            self._socket.connect(f"{SOCKETS}/X{number}")
            self._socket.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
            head = self._read(8)
            said = self._read(struct.unpack_from("<H", head, 6)[0] * 4)
        except OSError as error:
            raise EngineFailed("no-screen", f"Xvfb does not answer: {error}") from error
        if head[0] != 1:
            raise EngineFailed("no-screen", "Xvfb lets nobody in")
        vendor, formats = struct.unpack_from("<H", said, 16)[0], said[21]
        (self._root,) = struct.unpack_from("<I", said, 32 + (vendor + 3) // 4 * 4 + 8 * formats)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def windows(self) -> tuple[Window, ...]:
        """Give the windows that can be seen now."""
        return tuple(self._seen())

    def picture(self, window: Window) -> Picture:
        """Give what the screen shows where ``window`` is."""
        left, top = max(window.x, 0), max(window.y, 0)
        width = min(window.x + window.width, _WIDTH) - left
        height = min(window.y + window.height, _HEIGHT) - top
        asked = struct.pack(
            "<BBHIhhHHI", 73, 2, 5, self._root, left, top, width, height, 0xFFFFFFFF
        )
        _, pixels = self._ask(asked)
        found = memoryview(pixels)[: width * height * 4]
        colours = len({found[number : number + 4].tobytes() for number in range(0, len(found), 4)})
        held = bytes(found)
        return Picture(png=_png(width, height, held), colours=colours, width=width, pixels=held)

    def _seen(self) -> Iterator[Window]:
        head, below = self._ask(struct.pack("<BxHI", 15, 2, self._root))
        count = min(struct.unpack_from("<H", head, 16)[0], _MOST_WINDOWS)
        for one in struct.unpack_from(f"<{count}I", below):
            about, _ = self._ask(struct.pack("<BxHI", 3, 2, one))
            if not about or about[26] != _VIEWABLE:
                continue
            place, _ = self._ask(struct.pack("<BxHI", 14, 2, one))
            if place:
                x, y, width, height = struct.unpack_from("<hhHH", place, 12)
                yield Window(x=x, y=y, width=width, height=height)

    def _ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Give head and rest of the reply; both are empty for an error, as for a window that has just gone."""
        self._socket.sendall(request)
        while True:
            head = self._read(32)
            if head[0] == 0:
                return b"", b""
            if head[0] == 1:
                return head, self._read(struct.unpack_from("<I", head, 4)[0] * 4)

    def _read(self, count: int) -> bytes:
        found = bytearray()
        while len(found) < count:
            more = self._socket.recv(min(count - len(found), 1 << 20))
            if not more:
                raise EngineFailed("no-screen", "Xvfb has gone")
            found += more
        return bytes(found)


def _png(width: int, height: int, pixels: bytes) -> bytes:
    """Give a PNG (RFC 2083) of 32-bit pixels in the order blue, green, red, nothing."""
    rows = bytearray()
    for row in range(height):
        line = pixels[row * width * 4 : (row + 1) * width * 4]
        told = bytearray(width * 3)
        told[0::3], told[1::3], told[2::3] = line[2::4], line[1::4], line[0::4]
        rows += b"\0" + told
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(rows), 6)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
