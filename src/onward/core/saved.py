"""What a tool printed some time ago, kept in a file: how its lines become findings, or faults with their numbers."""

import codecs
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import msgspec

from onward.core.finding import Finding
from onward.core.lines import lines_of


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What saved output holds.

    ``findings`` have their spot in it (``line 3``) and the path as the tool wrote it, ``faults``
    are sentences on what is no output of that tool.
    """

    findings: tuple[tuple[str, Finding], ...] = ()
    faults: tuple[str, ...] = ()


@runtime_checkable
class ReadsSaved(Protocol):
    """A check tool whose usual output can be read from a file."""

    def read_saved(self, text: str) -> Saved:
        """Read all of it; what is not understood is a fault, and so is an empty text that could be a crash."""


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines that say something, with their numbers from 1."""
    for number, line in enumerate(lines_of(text), start=1):
        if line.strip():
            yield number, line


def strange(number: int, line: str) -> str:
    """Give the fault for a line that is not understood."""
    return f"line {number}: `{line.strip()[:100]}`"


def cut(text: str) -> tuple[str, ...]:
    """Give the fault of a text whose last line does not end, so that more may be missing."""
    if text and not text.endswith("\n"):
        return (f"line {len(lines_of(text))}: it does not end, so the rest may be missing",)
    return ()


def decoded(content: bytes) -> str:
    """Give the text of saved output: UTF-8, or what its first bytes say (PowerShell's ``>`` writes UTF-16).

    Raises UnicodeDecodeError for anything else.
    """
    utf_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return content.decode("utf-16" if content.startswith(utf_16) else "utf-8-sig")
