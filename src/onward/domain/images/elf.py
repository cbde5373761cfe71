"""Which libraries an ELF file asks for, read from its bytes (System V ABI, chapter 5): nothing is started."""

import struct

import msgspec

_LOAD, _DYNAMIC, _INTERP = 1, 2, 3
_NEEDED, _STRTAB, _RPATH, _RUNPATH, _STRSZ = 1, 5, 15, 29, 10
_MOST = 100_000  # entries of a table that are read
MACHINES = {62: "amd64", 183: "arm64", 243: "riscv64", 22: "s390x", 21: "ppc64le"}


class Elf(msgspec.Struct, frozen=True, kw_only=True):
    """A program or a library: processor by Go's name, names it needs, folders it looks in first, its loader."""

    machine: str
    needed: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    loader: str = ""


def read_elf(content: bytes) -> Elf | None:
    """Read a 64-bit little-endian ELF file; None for anything else and for a damaged one."""
    if content[:6] != b"\x7fELF\x02\x01" or len(content) < 64:
        return None
    try:
        return _read(content)
    except (struct.error, IndexError, ValueError):
        return None


def _read(content: bytes) -> Elf:
    (machine,) = struct.unpack_from("<H", content, 18)
    (offset,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    loads: list[tuple[int, int, int]] = []
    dynamic, loader = (0, 0), ""
    for number in range(min(count, _MOST)):
        at = offset + number * size
        kind, _, start, address, _, length = struct.unpack_from("<IIQQQQ", content, at)
        if kind == _LOAD:
            loads.append((address, start, length))
        elif kind == _DYNAMIC:
            dynamic = (start, length)
        elif kind == _INTERP:
            loader = _text(content, start)
    tags: list[tuple[int, int]] = []
    for at in range(dynamic[0], min(dynamic[0] + dynamic[1], len(content) - 15), 16):
        tag, value = struct.unpack_from("<qQ", content, at)
        if tag == 0 or len(tags) > _MOST:
            break
        tags.append((tag, value))
    table = next((value for tag, value in tags if tag == _STRTAB), 0)
    start = next((table - a + s for a, s, n in loads if a <= table < a + n), table)
    runpath = [value for tag, value in tags if tag == _RUNPATH] or [
        value for tag, value in tags if tag == _RPATH
    ]
    return Elf(
        machine=MACHINES.get(machine, str(machine)),
        needed=tuple(_text(content, start + value) for tag, value in tags if tag == _NEEDED),
        paths=tuple(p for value in runpath for p in _text(content, start + value).split(":") if p),
        loader=loader,
    )


def _text(content: bytes, at: int) -> str:
    return content[at : content.index(b"\0", at)].decode("utf-8", "surrogateescape")
