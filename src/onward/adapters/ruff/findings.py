"""What ruff's answers mean: its JSON lines, and the words of older formatters."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from onward.core.finding import Certainty, Finding, Place
from onward.core.lines import lines_of
from onward.core.proc.call import Ran
from onward.core.tool import NO_JSON, failed, relative

SYNTAX = "ruff/invalid-syntax"
UNREADABLE = "ruff/E902"
UNFORMATTED = "ruff/format"
UNUSED = "suppression/unused"
"""What ruff calls RUF100: one rule for comments that silence nothing, whichever tool finds them."""

_WOULD = "Would reformat: "
_SUMMARY = re.compile(r"\d+ files? .+")
_BROKEN = re.compile(
    r"error: Failed to parse (?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<why>.*)"
)
_UNREAD = re.compile(r"error: Failed to read (?P<path>.+?): (?P<why>.*)")


class _Spot(msgspec.Struct):
    row: int
    column: int


class _Fix(msgspec.Struct):
    applicability: str
    message: str | None = None


class _Seen(msgspec.Struct):
    """One line of ruff's ``json-lines``; older ruffs say no name, and no code for a syntax error."""

    filename: str
    message: str
    code: str | None = None
    location: _Spot | None = None
    end_location: _Spot | None = None
    fix: _Fix | None = None
    name: str | None = None
    url: str | None = None
    cell: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] | None = None


_SEEN = msgspec.json.Decoder(_Seen)


def in_json(tool: str, ran: Ran, *, needed: bool) -> Iterator[Finding]:
    """Read ``json-lines`` (ruff 0.16 and later); with ``needed`` an answer that names nothing is a failure."""
    count = 0
    for line in ran.lines():
        try:
            seen = _SEEN.decode(line)
        except NO_JSON:
            yield failed(tool, "its answer cannot be read", ran)
            return
        count += 1
        yield _finding(seen, ran.call.cwd)
    if needed and not count:
        yield failed(tool, f"it ended with {ran.ended} but named nothing", ran)


def _finding(seen: _Seen, root: str) -> Finding:
    """Give one line of ruff's as a finding; what is about the whole file has rules of its own."""
    code = seen.code or "invalid-syntax"
    path = relative(seen.filename, root)
    if code in ("E902", "io"):
        return _unreadable(path, seen.message.removeprefix(f"{seen.filename}: "))
    start, end = seen.location or _Spot(0, 0), seen.end_location or _Spot(0, 0)
    if code == "unformatted":
        return _unformatted(path, start.row)
    if code in ("invalid-syntax", "E999", "syntax-error"):
        return _broken(path, start.row, start.column, seen.message.removeprefix("SyntaxError: "))
    facts: dict[str, Any] = {"name": seen.name, "url": seen.url, "cell": seen.cell}
    if seen.fix:
        facts["fix"] = seen.fix.applicability
    return Finding(
        rule=UNUSED if code == "RUF100" else f"ruff/{code}",
        subject=Place(
            path=path,
            line=start.row,
            column=start.column,
            end_line=end.row,
            end_column=end.column,
        ),
        message=_in_cell(seen.message, seen.cell),
        facts={key: value for key, value in facts.items() if value is not None},
        hint=_what_to_do(seen.fix),
        seen_by="ruff",
    )


def _in_cell(message: str, cell: int | None) -> str:
    return message if cell is None else f"{message} (cell {cell})"


def _what_to_do(fix: _Fix | None) -> str:
    if fix is None or not fix.message:
        return ""
    if fix.applicability == "safe":
        return f"{fix.message}: `onward check --fix` does it"
    return f"{fix.message} (may change what the code does: look before you take it)"


def _unreadable(path: str, why: str) -> Finding:
    return Finding(
        rule=UNREADABLE,
        subject=Place(path=path),
        message=f"the file could not be read: {why}",
        hint="Make it readable and UTF-8, or exclude it; until then nothing in it is checked.",
        certainty=Certainty.unknown,
        seen_by="ruff",
    )


def _unformatted(path: str, line: int) -> Finding:
    return Finding(
        rule=UNFORMATTED,
        subject=Place(path=path, line=line),
        message="`ruff format` would write this file differently",
        facts={"fix": "safe"},
        hint="`onward check --fix` writes it",
        seen_by="ruff",
    )


def _broken(path: str, line: int, column: int, why: str) -> Finding:
    return Finding(
        rule=SYNTAX,
        subject=Place(path=path, line=line, column=column),
        message=why,
        hint="Nothing else in this file can be checked until it parses.",
        seen_by="ruff",
    )


def names_a_file(ran: Ran) -> bool:
    """Say whether a formatter that ended with 2 told of a file it could not read; else it did not work at all."""
    if "--output-format" in ran.call.argv:
        return any(ran.lines())
    return any(_BROKEN.match(line) or _UNREAD.match(line) for line in _error_lines(ran))


def _error_lines(ran: Ran) -> list[str]:
    return lines_of(ran.err.decode("utf-8", "replace"))


def in_words(tool: str, ran: Ran) -> Iterator[Finding]:
    """Read what formatters before 0.16 say, in words."""
    count = 0
    unread = False
    for raw in ran.lines():
        line = raw.decode("utf-8", "replace")
        if line.startswith(_WOULD):
            count += 1
            yield _unformatted(relative(line.removeprefix(_WOULD), ran.call.cwd), 0)
        elif line.strip() and not _SUMMARY.fullmatch(line):
            unread = True
    for line in _error_lines(ran):
        if said := _BROKEN.match(line):
            count += 1
            path = relative(said["path"], ran.call.cwd)
            yield _broken(path, int(said["line"]), int(said["column"]), said["why"])
        elif said := _UNREAD.match(line):
            count += 1
            yield _unreadable(relative(said["path"], ran.call.cwd), said["why"])
    if unread:
        yield failed(tool, "its answer cannot be read", ran)
    elif ran.code and not count:
        yield failed(tool, f"it ended with {ran.ended} but named nothing", ran)
