"""Which letters a font can draw (OpenType, table ``cmap``, formats 4 and 12), and which letters of a program none can."""

import ast
import struct
import unicodedata
from collections.abc import Iterable, Iterator

_MOST = 70_000  # groups of a table
_WIDE, _NARROW = 12, 4


def letters_of_font(data: bytes) -> frozenset[int]:
    """Give the code points that a TrueType or OpenType font has; none for what cannot be read."""
    try:
        found: set[int] = set()
        start = _table(data, b"cmap")
        if start:
            for number in range(struct.unpack_from(">H", data, start + 2)[0]):
                (offset,) = struct.unpack_from(">I", data, start + 8 + number * 8)
                found.update(_letters(data, start + offset))
        return frozenset(found)
    except (struct.error, ValueError):
        return frozenset()


def letters_of_code(source: str) -> frozenset[str]:
    """Give the letters in the strings of Python code that not every font has; none for code that cannot be read."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    words = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return special_letters("".join(word for word in words if isinstance(word, str)))


def special_letters(text: str) -> frozenset[str]:
    """Give the characters of a text beyond Latin-1 that are drawn: no spaces, marks of format or private ones."""
    return frozenset(
        sign for sign in text if ord(sign) > 0xFF and unicodedata.category(sign)[0] in "LNSP"
    )


def scripts_of(letters: Iterable[str]) -> tuple[str, ...]:
    """Give the writing systems of letters in words, as Unicode names them: ``CJK``, ``ARABIC``."""
    names = (unicodedata.name(sign, "UNNAMED").partition(" ")[0] for sign in sorted(letters))
    return tuple(dict.fromkeys(name.partition("-")[0] for name in names))


def _table(data: bytes, tag: bytes) -> int:
    """Give where a table begins, 0 where there is none; of a collection the first font counts."""
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    for number in range(struct.unpack_from(">H", data, start + 4)[0]):
        name, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + number * 16)
        if name == tag:
            return int(offset)
    return 0


def _letters(data: bytes, start: int) -> Iterator[int]:
    (form,) = struct.unpack_from(">H", data, start)
    if form == _WIDE:
        (count,) = struct.unpack_from(">I", data, start + 12)
        for number in range(min(count, _MOST)):
            first, last, _ = struct.unpack_from(">III", data, start + 16 + number * 12)
            yield from range(first, min(last, 0x10FFFF) + 1)
    elif form == _NARROW:
        count = struct.unpack_from(">H", data, start + 6)[0] // 2
        for number in range(count):
            (last,) = struct.unpack_from(">H", data, start + 14 + number * 2)
            (first,) = struct.unpack_from(">H", data, start + 16 + count * 2 + number * 2)
            yield from range(first, last + 1)
