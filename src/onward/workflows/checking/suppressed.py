"""What onward says of comments that silence a tool: no reason, no rule named, past their day."""

import datetime as dt
import io
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from onward.core.finding import Finding, Place
from onward.core.python_text import pieces
from onward.core.tool import Depends
from onward.domain.suppressions import (
    BAD_UNTIL,
    BLANKET,
    EXPIRED,
    MARK,
    NO_REASON,
    Suppression,
    suppressions,
)
from onward.workflows.checking.contents import contents

_WORDS = {"flake8": "# noqa", "pylint": "# pylint: disable"}


class Suppressions:
    """Looks at every comment that silences a tool, whether that silenced anything or not."""

    name = "suppressions"
    depends = Depends(kinds=(".py", ".pyi", ".pyw"), one_by_one=True, daily=True)

    def __init__(self, today: dt.date) -> None:
        self._today = today

    def look(self, root: Path, paths: Iterable[str]) -> Iterator[Finding]:
        """Give what is wrong with such comments; a file that is no Python is for others to tell of."""
        for path, content in contents(root, paths, self.depends.kinds):
            if MARK.search(content):
                for found in suppressions(_comments(content)):
                    yield from self._about(path, found)

    def _about(self, path: str, found: Suppression) -> Iterator[Finding]:
        """Give what is wrong with one such comment: each fault is a finding of its own."""
        place = Place(path=path, line=found.line, column=found.column)
        word = _WORDS.get(found.tool, f"# {found.tool}: ignore")
        what = f"`{word}` silences {', '.join(found.codes) or 'something'} here"
        if not found.codes:
            yield Finding(
                rule=BLANKET,
                subject=place,
                message=f"`{word}` silences every rule here, also those to come",
                hint="Name the rules that are meant, such as `# noqa: F401` or `# type: ignore[arg-type]`.",
            )
        if not found.why:
            yield Finding(
                rule=NO_REASON,
                subject=place,
                message=f"{what}, and no reason is given",
                hint="Write it after the comment, such as `# noqa: F401 - part of the public API`.",
            )
        if found.bad_until:
            yield Finding(
                rule=BAD_UNTIL,
                subject=place,
                message=f"{what} until `{found.bad_until}`, which is no day",
                hint="Write a day or a month, such as `until 2027-01-31` or `until 2027-01`.",
            )
        if found.until is not None and found.until < self._today:
            yield Finding(
                rule=EXPIRED,
                subject=place,
                message=f"{what} until {found.until.isoformat()}, and that has passed",
                facts={"until": found.until.isoformat(), "why": found.why},
                hint="Mend what it hides and remove the comment, or decide again and write a new day.",
            )


def _comments(content: bytes) -> Iterator[tuple[int, int, str]]:
    """Give line, column (both from 1) and text of each comment, up to where the file is no Python any more."""
    quickly = pieces(content)
    if quickly is not None:
        yield from quickly.comments
        return
    try:
        for token in tokenize.tokenize(io.BytesIO(content).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1] + 1, token.string
    except (tokenize.TokenError, SyntaxError, UnicodeError, LookupError):
        return  # the last two: it names a coding that is none, or none of text
