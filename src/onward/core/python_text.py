"""Python text taken apart into code and comments by one pattern, many times faster than reading it as Python.

Nothing is guessed: a text in which the end of a string cannot be told so simply (a quote that is not
closed, an f-string with quotes in its fields, an encoding other than UTF-8) is given back unread.
"""

import re

import msgspec

_STRING = r"'(?!'')(?:[^'\\\n]|\\.)*'|\"(?!\"\")(?:[^\"\\\n]|\\.)*\""
_PIECE = re.compile(
    rf"#[^\n]*|'''(?:[^'\\]|\\.|'(?!''))*'''|\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*\"\"\"|{_STRING}|['\"]",
    re.DOTALL,
)
_FIELD_WITH_QUOTE = re.compile(r"\{[^}]*['\"]")
_FORMATTED = frozenset("fFtT")
_RAW = frozenset("rR")
_CODED = re.compile(rb"[^\n]{0,200}(?:\n[^\n]{0,200})?coding[:=]")


class Pieces(msgspec.Struct, frozen=True, kw_only=True):
    """``code`` is the text with ``""`` for each string and nothing for comments; these are line, column (from 1), text.

    ``strings`` are as they are written, with their quotes and without the letters before them.
    """

    code: str
    strings: tuple[str, ...]
    comments: tuple[tuple[int, int, str], ...]


def pieces(content: bytes) -> Pieces | None:
    """Take a file apart; None when that takes a real tokenizer."""
    text = _text(content)
    if text is None:
        return None
    code: list[str] = []
    strings: list[str] = []
    comments: list[tuple[int, int, str]] = []
    end = counted = 0
    line = 1
    for found in _PIECE.finditer(text):
        start = found.start()
        code.append(text[end:start])
        end = found.end()
        said = found[0]
        if said[0] == "#":
            line += text.count("\n", counted, start)
            counted = start
            comments.append((line, start - text.rfind("\n", 0, start), said))
        elif len(said) == 1 or (_is_formatted(text, start) and not _is_plain(said)):
            return None
        else:
            code.append('""')
            strings.append(said)
    code.append(text[end:])
    return Pieces(code="".join(code), strings=tuple(strings), comments=tuple(comments))


def _text(content: bytes) -> str | None:
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n")
    if b"\r" in content or b"\0" in content or _CODED.match(content):
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _is_formatted(text: str, start: int) -> bool:
    """Say whether the letters before a quote may be those of an f-string or t-string."""
    before = text[max(0, start - 2) : start]
    return before[-1:] in _FORMATTED or (before[-1:] in _RAW and before[:-1] in _FORMATTED)


def _is_plain(said: str) -> bool:
    """Say whether a formatted string surely ends where it seems to: its fields are closed and hold no quote."""
    body = said.strip("'\"").replace("{{", "").replace("}}", "")
    return body.count("{") == body.count("}") and not _FIELD_WITH_QUOTE.search(body)
