"""METADATA out of the end of a wheel, so that the rest need not be fetched.

A zip's directory stands at its end (APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16).
Wheels come from outside: what two readers could read in two ways is an error here, never
one of the two.
"""

import struct
import zlib

import msgspec
from packaging.version import Version

from onward.core.errors import OutsideFailed
from onward.core.names import is_name, parse_name

TAIL = 65_536
"""Bytes of the end to ask for first: directory and METADATA of most wheels."""

MOST_DIRECTORY = 20_000_000  # bytes; the largest real wheels have some hundred thousand files
MOST_METADATA = 10_000_000  # bytes, unpacked
_SLACK = 1_024  # for the local header, whose extra field may differ from the directory's
_END, _ENTRY, _LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of a file: from ``start`` up to ``stop``."""

    start: int
    stop: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Where METADATA lies in the wheel, packed, and what it must be once unpacked."""

    name: bytes
    offset: int
    packed: int
    size: int
    method: int
    crc: int
    directory: int

    @property
    def span(self) -> Span:
        """The bytes to ask for: header, name and content, with room for an extra field."""
        stop = self.offset + 30 + len(self.name) + self.packed + _SLACK
        return Span(start=self.offset, stop=min(stop, self.directory))


def directory_span(tail: bytes, total: int) -> Span:
    """Give where the directory is, from the last bytes of a wheel of ``total`` bytes.

    Raises OutsideFailed (``bad-wheel``) for what is no plain zip file.
    """
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise bad_wheel("it has no end record")
    disk, first, here, count, size, start, comment = struct.unpack_from("<4H2IH", tail, at + 4)
    if disk or first or here != count or at + 22 + comment != len(tail):
        raise bad_wheel("its end record cannot be trusted")
    if count == 0xFFFF or size == 0xFFFFFFFF or start == 0xFFFFFFFF:
        raise bad_wheel("it is a zip64 file")
    end = total - len(tail) + at
    if start + size != end or size > MOST_DIRECTORY or size < 46 * count:
        raise bad_wheel("its directory is not where it says")
    return Span(start=start, stop=end)


def find_metadata(directory: bytes, span: Span, filename: str) -> Entry:
    """Give the one METADATA entry of the wheel ``filename``; ``directory`` are the bytes of ``span``.

    Raises OutsideFailed (``bad-wheel``) when there is none, more than one, or one of another
    project or version.
    """
    found: list[Entry] = []
    at = 0
    while at < len(directory):
        if directory[at : at + 4] != _ENTRY or len(directory) - at < 46:
            raise bad_wheel("its directory is damaged")
        flags, method = struct.unpack_from("<2H", directory, at + 8)
        crc, packed, size = struct.unpack_from("<3I", directory, at + 16)
        name_size, extra, comment = struct.unpack_from("<3H", directory, at + 28)
        (offset,) = struct.unpack_from("<I", directory, at + 42)
        name = directory[at + 46 : at + 46 + name_size]
        at += 46 + name_size + extra + comment
        if at > len(directory):
            raise bad_wheel("its directory is damaged")
        if name.endswith(b".dist-info/METADATA") and name.count(b"/") == 1:
            if flags & 1 or method not in (0, 8):
                raise bad_wheel("its METADATA is packed in an unusual way")
            if size > MOST_METADATA or offset + 30 + len(name) + packed > span.start:
                raise bad_wheel("its METADATA is not where it says")
            found.append(
                Entry(
                    name=name,
                    offset=offset,
                    packed=packed,
                    size=size,
                    method=method,
                    crc=crc,
                    directory=span.start,
                )
            )
    if len(found) != 1:
        raise bad_wheel(f"it has {len(found)} METADATA files")
    if not _is_of(found[0].name, filename):
        raise bad_wheel("its METADATA is that of another release")
    return found[0]


def unpack(part: bytes, entry: Entry) -> bytes | Span:
    """Give METADATA from the bytes of ``entry.span``, or the span to ask for when its header is longer.

    Raises OutsideFailed (``bad-wheel``) when it is not what the directory promised.
    """
    if part[:4] != _LOCAL or len(part) < 30:
        raise bad_wheel("its METADATA does not begin where it says")
    name_size, extra = struct.unpack_from("<2H", part, 26)
    if part[30 : 30 + name_size] != entry.name:
        raise bad_wheel("its METADATA has two names")
    start = 30 + name_size + extra
    stop = start + entry.packed
    if entry.offset + stop > entry.directory:
        raise bad_wheel("its METADATA is not where it says")
    if stop > len(part):
        return Span(start=entry.offset, stop=entry.offset + stop)
    packed = part[start:stop]
    if entry.method == 8:
        reader = zlib.decompressobj(-15)
        try:
            content = reader.decompress(packed, entry.size + 1)
        except zlib.error as error:
            raise bad_wheel("its METADATA cannot be unpacked") from error
        if not reader.eof or reader.unused_data:
            raise bad_wheel("its METADATA cannot be unpacked")
    else:
        content = packed
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise bad_wheel("its METADATA is damaged")
    return content


def bad_wheel(why: str) -> OutsideFailed:
    """Give the error for a wheel whose end cannot be read."""
    return OutsideFailed("bad-wheel", f"the metadata of a wheel cannot be read: {why}")


def _is_of(name: bytes, filename: str) -> bool:
    folder = name.decode("utf-8", "replace").removesuffix(".dist-info/METADATA")
    project, _, version = folder.partition("-")
    parts = filename.split("-")
    return (
        len(parts) in (5, 6)
        and is_name(project)
        and is_name(parts[0])
        and parse_name(project) == parse_name(parts[0])
        and _same(version, parts[1])
    )


def _same(one: str, other: str) -> bool:
    try:
        return Version(one.replace("_", "-")) == Version(other.replace("_", "-"))
    except ValueError:  # InvalidVersion, or a number too long for Python to read
        return one == other
