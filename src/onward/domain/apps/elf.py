"""What an ELF file asks for: libraries and symbol versions (gABI "Dynamic Section", LSB "Symbol Versioning").

Nothing is started to find out: ldd runs the loader of the file that it looks at.
"""

import struct
from collections.abc import Iterator

import msgspec

_MOST = 4_096  # entries of a table; real ones have some dozens
_NEEDED, _STRTAB, _RUNPATH, _RPATH, _SONAME = 1, 5, 29, 15, 14
_VERNEED, _VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF


class Elf(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the libraries it needs, and the versions it wants of them, such as ``GLIBC_2.34``."""

    needed: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


def read_elf(data: bytes) -> Elf | None:
    """Read a whole file; None for what is no 64-bit little-endian ELF or is broken beyond reading."""
    if data[:6] != b"\x7fELF\x02\x01":
        return None
    try:
        return _Reader(data).read()
    except (struct.error, ValueError, OverflowError):  # an offset of 2^64 - 1 is no offset
        return None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        start, size, count = self._at("<Q", 32)[0], *self._at("<HH", 54)
        self._segments = [
            self._at("<IIQQQQ", start + number * size) for number in range(min(count, _MOST))
        ]

    def read(self) -> Elf:
        """Give what its dynamic section says; nothing of that for a file without one."""
        dynamic = list(self._dynamic())
        values = dict(dynamic)
        if _STRTAB not in values:
            return Elf()
        names = self._offset(values[_STRTAB])
        needed = tuple(self._text(names + value) for tag, value in dynamic if tag == _NEEDED)
        versions: tuple[str, ...] = ()
        if _VERNEED in values:
            entry = self._offset(values[_VERNEED])
            versions = tuple(self._wanted(entry, values.get(_VERNEEDNUM, 0), names))
        return Elf(needed=needed, versions=versions)

    def _dynamic(self) -> Iterator[tuple[int, int]]:
        for kind, _, offset, _, _, size in self._segments:
            if kind != 2:
                continue
            for number in range(min(size // 16, _MOST)):
                tag, value = self._at("<QQ", offset + number * 16)
                if tag == 0:
                    return
                yield tag, value

    def _wanted(self, entry: int, count: int, names: int) -> Iterator[str]:
        for _ in range(min(count, _MOST)):
            _, many, _, first, after = self._at("<HHIII", entry)
            one = entry + first
            for _ in range(many):
                _, _, _, name, following = self._at("<IHHII", one)
                yield self._text(names + name)
                one += following
            entry += after

    def _offset(self, address: int) -> int:
        for kind, _, offset, start, _, size in self._segments:
            if kind == 1 and start <= address < start + size:
                return int(offset + address - start)
        raise ValueError("an address outside of the file")

    def _text(self, offset: int) -> str:
        return self._data[offset : self._data.index(0, offset)].decode()

    def _at(self, form: str, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(form, self._data, offset)
