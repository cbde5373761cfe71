"""The lines of source files that findings point at."""

import codecs
import os
from pathlib import Path

from onward.core.finding import Finding, Place

LARGEST_SOURCE = 5_000_000
"""Bytes of a file whose lines are looked at; of a larger one none are shown beside a finding."""
_FILES_AT_ONCE = 32  # of which the lines are in memory


class Lines:
    """The source line that a finding points at, read from ``root`` once per file."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._files: dict[str, list[str]] = {}

    def of(self, finding: Finding) -> str:
        """Give the line, empty for what is about no place in a text file."""
        place = finding.subject
        # What is about the file as a whole has a line to jump to, but no column and no text.
        if not isinstance(place, Place) or not place.column or "cell" in finding.facts:
            return ""
        lines = self._files.get(place.path)
        if lines is None:
            if len(self._files) >= _FILES_AT_ONCE:
                self._files.clear()
            lines = source_text(f"{self._root}/{place.path}").split("\n")
            self._files[place.path] = lines
        return lines[place.line - 1] if 0 < place.line <= len(lines) else ""


def source_text(path: str | Path) -> str:
    """Give the text that findings in a file count lines and columns in; empty when it cannot be read or is too large."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - of thousands
            if os.fstat(file.fileno()).st_size > LARGEST_SOURCE:
                return ""
            return text_of(file.read())
    except OSError:
        return ""


def text_of(content: bytes) -> str:
    """Give the text of a source file, with ``\\n`` as the only line end."""
    text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
