"""How a finding is silenced properly: by a comment that names its rule, with room for the reason."""

import io
import re
import tokenize
from collections.abc import Iterator, Sequence

import msgspec

_NOQA = ("ruff", "flake8")
_IGNORE = {"mypy": "type", "ty": "ty", "pyrefly": "pyrefly", "basedpyright": "pyright"}
_NEVER = frozenset({"ruff/format", "ruff/invalid-syntax", "ruff/E902", "mypy/syntax"})
"""Rules that are about a file as a whole, or that no comment reaches."""

REASON = "WHY"
"""What stands for the reason in words about a comment."""


class Insertion(msgspec.Struct, frozen=True, kw_only=True):
    """Text to put into a line: line and column from 1, columns in code points.

    ``reason`` is the column at which the reason is to be written afterwards.
    """

    line: int
    column: int
    text: str
    reason: int


def comment(rule: str) -> str | None:
    """Give the comment that silences ``rule`` at its line, up to where the reason begins; None when there is none.

    mypy takes nothing but another comment after its own (2.4: "Invalid type: ignore comment"), so
    the reason is one. For ruff and flake8 a dash is enough.
    """
    tool, _, code = rule.partition("/")
    if rule in _NEVER or not code or "*" in code:
        return None
    if tool in _NOQA:
        return f"# noqa: {code} - " if re.fullmatch(r"[A-Z]+[0-9]+", code) else None
    if tool == "pylint":
        return f"# pylint: disable={code}  # "
    return f"# {_IGNORE[tool]}: ignore[{code}]  # " if tool in _IGNORE else None


def silence(text: str, line: int, rule: str) -> Insertion | None:
    """Give what to insert into a Python source so that ``rule`` is silent at ``line`` (from 1); None when it cannot be.

    A comment of the same tool that names rules already gets one more; one that names
    none stays alone. Below a string over several lines only ruff is silenced, at its end.
    """
    made = comment(rule)
    lines = text.split("\n")
    if made is None or not 1 <= line <= len(lines):
        return None
    tool = rule.partition("/")[0]
    tokens = list(_tokens(lines))
    end = _end_of_string(tokens, line)
    if end != line and tool != "ruff":
        return None
    row = lines[end - 1].rstrip("\r")
    if row.endswith("\\"):
        return None
    column = next(
        (one.start[1] for one in tokens if one.type == tokenize.COMMENT and one.start[0] == end),
        None,
    )
    if column is None:
        at = len(row.rstrip())
        return _insertion(end, at, ("  " if at else "") + made)
    return _beside(row, end, column, rule, made)


def _beside(row: str, line: int, column: int, rule: str, made: str) -> Insertion | None:
    """Give the insertion into a line that has a comment at ``column`` (from 0) already."""
    tool, _, code = rule.partition("/")
    old = _OWN[tool].search(row, column)
    if old is not None:
        if old["codes"] is None:
            return None  # it silences everything already
        at = old.end("codes")
        added = f", {code}"
        return Insertion(line=line, column=at + 1, text=added, reason=len(row) + len(added) + 1)
    if tool == "mypy":  # it reads only a comment that begins with its word
        reason = column + len(made) + 1
        return Insertion(line=line, column=column + 1, text=f"{made} ", reason=reason)
    return _insertion(line, len(row.rstrip()), "  " + made)


def _insertion(line: int, at: int, text: str) -> Insertion:
    return Insertion(line=line, column=at + 1, text=text, reason=at + len(text) + 1)


def _own_comment(word: str) -> re.Pattern[str]:
    return re.compile(rf"#\s*{word}(?:\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)


_NOQA_COMMENT = re.compile(
    r"#\s*noqa(?:\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE
)
_OWN = {
    **dict.fromkeys(_NOQA, _NOQA_COMMENT),
    "pylint": re.compile(r"#\s*pylint\s*:\s*disable(?:=(?P<codes>[\w-]+(?:\s*,\s*[\w-]+)*))?"),
    **{tool: _own_comment(rf"{word}\s*:\s*ignore") for tool, word in _IGNORE.items()},
}


def _tokens(lines: Sequence[str]) -> Iterator[tokenize.TokenInfo]:
    """Give the tokens up to where the text is no Python any more."""
    try:
        yield from tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def _end_of_string(tokens: Sequence[tokenize.TokenInfo], line: int) -> int:
    """Give the last line of a string that goes on below ``line``, or ``line`` itself."""
    begun: list[int] = []
    for token in tokens:
        name = tokenize.tok_name[token.type]
        first, last = token.start[0], token.end[0]
        if name in ("FSTRING_START", "TSTRING_START"):
            begun.append(first)
        elif name in ("FSTRING_END", "TSTRING_END"):
            first = begun.pop()
        if name.endswith(("STRING", "STRING_END")) and not begun and first <= line < last:
            return last
    return line
