"""Comments that silence a tool: what each silences, why, and until when.

Known are ``# noqa`` (flake8, ruff), ``# ruff: noqa`` and ``# ruff: ignore[...]``, ``# type: ignore``
(PEP 484, mypy and others), ``# pyright: ignore``, ``# pyrefly: ignore`` and ``# ty: ignore``. A
reason is any words after it, after a dash, a colon or another ``#``; ``until 2027-01-31``
among them is the last day it counts.
"""

import datetime as dt
import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

NO_REASON = "suppression/no-reason"
EXPIRED = "suppression/expired"
BLANKET = "suppression/blanket"
BAD_UNTIL = "suppression/bad-until"

MARK = re.compile(rb"#\s*(?i:noqa|flake8|ruff|type|pyright|pyrefly|ty|pylint)\b")
"""What a file without suppressions does not hold."""

_COMMENT = re.compile(
    r"#\s*(?:"
    r"(?P<whole>(?:ruff|flake8)\s*:\s*noqa|(?P<pylint>pylint)\s*:\s*(?:disable|skip-file)(?:-next)?|ruff\s*:\s*(?:disable|file-ignore))"
    r"|(?P<line>noqa|(?:ruff|type|pyright|pyrefly|ty)\s*:\s*ignore)"
    r")\b",
    re.IGNORECASE,
)
_CODES = re.compile(
    r"\s*(?:\[(?P<in>[^\]]*)\]|[:=]\s*(?P<after>[A-Za-z][A-Za-z0-9_-]*(?:\s*,\s*[A-Za-z][A-Za-z0-9_-]*)*))?"
)
_NOQA_CODES = re.compile(r"\s*:\s*(?P<after>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)")
_LEAD = re.compile(r"^[\s#:;,.(\u2013\u2014-]+")
_UNTIL = re.compile(r"\buntil[\s:=]+(?P<day>[0-9][0-9-]*[0-9])", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{2,}")


class Reach(StrEnum):
    """How much a comment silences."""

    line = "line"
    file = "file"


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """One such comment: where (line and column from 1), whose, for which codes (none: for all), and why."""

    line: int
    column: int
    tool: str
    reach: Reach
    codes: tuple[str, ...] = ()
    why: str = ""
    until: dt.date | None = None
    bad_until: str = ""


def suppressions(comments: Iterator[tuple[int, int, str]]) -> Iterator[Suppression]:
    """Give the suppressions among the comments of a file: (line, column, text from ``#`` on) each."""
    for line, column, text in comments:
        found = list(_COMMENT.finditer(text))
        ends = [*(other.start() for other in found[1:]), len(text)]
        for one, end in zip(found, ends, strict=False):
            # what follows may begin another suppression, and is no reason for this one
            yield _read(one, text[one.end() : end], line, column + one.start())


def _read(found: re.Match[str], rest: str, line: int, column: int) -> Suppression:
    """Read what stands behind the word that silences: codes, reason, day."""
    word = (found["whole"] or found["line"]).lower()
    tool = word.partition(":")[0].strip()
    noqa = word.endswith("noqa")
    codes = _NOQA_CODES.match(rest) if noqa else _CODES.match(rest)
    listed = (codes["after"] if noqa else codes["in"] or codes["after"]) if codes else None
    words = rest[codes.end() :] if codes else rest
    until = _UNTIL.search(words)
    day = _day(until["day"]) if until else None
    why = _LEAD.sub("", words).strip().removesuffix(")").strip()
    return Suppression(
        line=line,
        column=column,
        tool="flake8" if tool == "noqa" else tool,
        reach=Reach.file if found["whole"] and not found["pylint"] else Reach.line,
        codes=tuple(re.split(r"[,\s]+", listed.strip())) if listed and listed.strip() else (),
        why=why if _LETTERS.search(_UNTIL.sub("", why)) else "",
        until=day,
        bad_until=until["day"] if until and day is None else "",
    )


def _day(text: str) -> dt.date | None:
    """Give the last day that ``2027-01-31`` or the month ``2027-01`` means; None when it is neither."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text):
            first = dt.date.fromisoformat(f"{text}-01")
            return (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        return dt.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except (ValueError, OverflowError):  # the month after 9999-12 is none
        return None
