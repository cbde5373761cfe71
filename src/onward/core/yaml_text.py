"""YAML as we write it: block style, one way for each value, so that the same data is always the same text.

Only what YAML 1.1 and 1.2 read alike is written without quotation marks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from onward.core.lines import lines_of

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+=,-]*(?: [A-Za-z0-9_./@+=,][A-Za-z0-9_./@+=,-]*)*")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null"))
"""Words that are no text to every reader."""
_LITERAL = re.compile(r"[!-~][ -~]*\n(?: *[!-~][ -~]*\n)*", re.ASCII)
_NAMED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Noted(msgspec.Struct, frozen=True):
    """A text with a comment of one line behind it."""

    text: str
    note: str


Data = Noted | str | int | bool | None | Sequence["Data"] | Mapping[str, "Data"]


def write_yaml(data: Data, head: str = "") -> str:
    """Give ``data`` as one YAML document, below the lines of ``head`` as comments."""
    lines = [f"# {line}".rstrip() for line in lines_of(head)]
    if _is_block(data):
        lines += _block(data, 0)
    else:
        lines.append(_scalar(data, 2))
    return "\n".join(lines) + "\n"


def _is_block(data: Data) -> bool:
    return isinstance(data, Mapping | list | tuple) and bool(data)


def _block(data: Data, depth: int) -> Iterator[str]:
    pad = " " * depth
    if isinstance(data, Mapping):
        for key, value in data.items():
            if _is_block(value):
                yield f"{pad}{_text(key)}:"
                yield from _block(value, depth + 2)
            else:
                yield f"{pad}{_text(key)}: {_scalar(value, depth + 2)}"
    elif isinstance(data, list | tuple):
        for value in data:
            if _is_block(value):
                first, *rest = _block(value, depth + 2)
                yield f"{pad}- {first[depth + 2 :]}"
                yield from rest
            else:
                yield f"{pad}- {_scalar(value, depth + 2)}"


def _scalar(value: Data, depth: int) -> str:  # noqa: PLR0911 - one for each kind of value
    if isinstance(value, Noted):
        return f"{_text(value.text)} # {value.note}"
    if isinstance(value, str):
        if _LITERAL.fullmatch(value) and "\n" in value[:-1]:
            pad = " " * depth
            return "|\n" + "\n".join(f"{pad}{line}" for line in value[:-1].split("\n"))
        return _text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(sign: str) -> str:
    code = ord(sign)
    if sign in _NAMED:
        return _NAMED[sign]
    if 0x20 <= code < 0x7F or (0xA0 <= code < 0x2000):
        return sign
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
