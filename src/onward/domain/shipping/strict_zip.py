"""Whether a wheel's zip file is one that every reader reads alike (APPNOTE.TXT 6.3.10, sections 4.3 and 4.4).

Readers that go by the directory at the end and readers that go from the front must find the
same files: each entry begins where the one before ends, and says of itself what the directory
says of it. Nothing stands before, between or behind them.
"""

import struct
from collections.abc import Iterator
from typing import IO

import msgspec

from onward.core.errors import BadInput

MOST_DIRECTORY = 20_000_000  # bytes
_END, _ENTRY, _LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
# bytes of a data descriptor, with or without signature and zip64
_DESCRIPTORS = (0, 12, 16, 20, 24)
_LARGE = 0xFFFFFFFF


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the directory."""

    name: bytes
    flags: int
    method: int
    packed: int
    size: int
    crc: int
    offset: int


def check_zip(file: IO[bytes], size: int) -> None:
    """Raise BadInput (``bad-archive``) when the zip file of ``size`` bytes could be read in two ways."""
    start, directory = _directory(file, size)
    entries = sorted(_entries(directory), key=lambda entry: entry.offset)
    names: set[bytes] = set()
    end = 0
    for place, entry in enumerate(entries):
        if entry.name in names:
            raise _bad(f"it has `{_shown(entry.name)}` twice")
        names.add(entry.name)
        if entry.offset != end:
            raise _bad("something stands between its files, or two of them overlap")
        stop = entries[place + 1].offset if place + 1 < len(entries) else start
        _check_local(file, entry, stop)
        end = stop
    if end != start:
        raise _bad("it has no files")


def _directory(file: IO[bytes], size: int) -> tuple[int, bytes]:
    """Give where the directory begins, and its bytes."""
    tail = _read(file, max(0, size - 65_557), size)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise _bad("it has no end record")
    disk, first, here, count, length, start, comment = struct.unpack_from("<4H2IH", tail, at + 4)
    place = size - len(tail) + at
    if count == 0xFFFF or _LARGE in (length, start):
        raise _bad("it is a zip64 file")
    if disk or first or here != count or comment or at + 22 != len(tail):
        raise _bad("something stands behind its directory")
    if start + length != place or length > MOST_DIRECTORY:
        raise _bad("its directory is not where it says")
    directory = _read(file, start, place)
    if sum(1 for _ in _entries(directory)) != count:
        raise _bad("its directory has more or fewer files than it says")
    return start, directory


def _entries(directory: bytes) -> Iterator[_Entry]:
    at = 0
    while at < len(directory):
        if directory[at : at + 4] != _ENTRY or len(directory) - at < 46:
            raise _bad("its directory is damaged")
        flags, method = struct.unpack_from("<2H", directory, at + 8)
        crc, packed, size = struct.unpack_from("<3I", directory, at + 16)
        name, extra, comment, disk = struct.unpack_from("<4H", directory, at + 28)
        (offset,) = struct.unpack_from("<I", directory, at + 42)
        text = directory[at + 46 : at + 46 + name]
        at += 46 + name + extra + comment
        if at > len(directory) or _LARGE in (packed, size, offset) or disk:
            raise _bad("its directory is damaged, or that of a zip64 file")
        yield _Entry(
            name=_sound(text), flags=flags, method=method, packed=packed, size=size, crc=crc, offset=offset
        )  # fmt: skip


def _sound(name: bytes) -> bytes:
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad("a file's name is not UTF-8") from None
    if not text or "\x00" in text:
        raise _bad("a file has no name, or an odd one")
    return name


def _check_local(file: IO[bytes], entry: _Entry, stop: int) -> None:
    """Compare what stands before a file with the directory; the file ends at ``stop``."""
    head = _read(file, entry.offset, entry.offset + 30)
    if head[:4] != _LOCAL or len(head) < 30:
        raise _bad(f"`{_shown(entry.name)}` does not begin where it says")
    flags, method = struct.unpack_from("<2H", head, 6)
    crc, packed, size = struct.unpack_from("<3I", head, 14)
    name, extra = struct.unpack_from("<2H", head, 26)
    text = _read(file, entry.offset + 30, entry.offset + 30 + name)
    if text != entry.name:
        raise _bad(f"`{_shown(entry.name)}` has another name at its beginning")
    if flags != entry.flags or method != entry.method or flags & 1 or method not in (0, 8):
        raise _bad(f"`{_shown(entry.name)}` is packed in an unusual way")
    follows = bool(flags & 8)  # then sizes and checksum stand behind the file
    told = (crc, packed, size)
    if told != (entry.crc, entry.packed, entry.size):
        zip64 = told[1:] == (_LARGE, _LARGE) and extra >= 20
        if not follows and not zip64:
            raise _bad(f"`{_shown(entry.name)}` says another size at its beginning")
    gap = stop - (entry.offset + 30 + name + extra + entry.packed)
    if gap not in (_DESCRIPTORS if follows else (0,)):
        raise _bad("something stands between its files, or two of them overlap")


def _read(file: IO[bytes], start: int, stop: int) -> bytes:
    file.seek(start)
    return file.read(stop - start)


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")[:100]


def _bad(why: str) -> BadInput:
    return BadInput(
        "bad-archive", "the wheel is no zip file that every tool reads alike", context=(why,)
    )
