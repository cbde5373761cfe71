"""One old finding without any line number: marks of its line, its words and its surroundings."""

import hashlib
import keyword
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from onward.core.finding import Certainty, Finding, Place

REACH = 3
"""Lines with text above and below a finding that are noted as its surroundings."""

_CODE = (".py", ".pyi")
_SCOPE = re.compile(r"^([ \t]*)(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")
_FLOW = 80  # characters (blanks and what formatters add left out) before and after a finding's first one
_FAR = 1_000_000
_LAYOUT = str.maketrans("'", '"', " \t\f\v\r\n,()\\")


class Marks(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """Short hashes of what a finding stands on, each blind to blanks.

    ``line`` is the source line, ``snippet`` the part of it that is meant, ``shape`` the line
    with every name replaced, ``flow`` the characters around the beginning however they are
    broken into lines, ``message`` the tool's words, ``above`` and ``below`` the shapes of the
    ``REACH`` lines there (the nearest first), ``near`` the text of all those lines.
    """

    line: str
    snippet: str
    shape: str
    flow: str
    message: str
    near: str = ""
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One finding that is known: path (relative, ``/``; empty for what is about no file), rule, symbol, marks.

    ``symbol`` names the functions and classes around it, such as ``Client.send``, or what the
    finding is about when that is no file. ``since`` is the ISO date on which it was taken in, ``why`` the reason
    when it was taken in later than the first ones.
    """

    path: str
    rule: str
    symbol: str
    marks: Marks
    since: str = ""
    why: str = ""


def may_be_known(finding: Finding) -> bool:
    """Say whether a finding can be an old one: what could not be looked at never is."""
    return finding.certainty is Certainty.known


def entries_of(findings: Sequence[Finding], text: str) -> list[Entry]:
    """Give an entry for each of the ``findings`` of one file, in their order; ``text`` is the file's source.

    Lines and columns count from 1, columns in code points; a line that ``text`` does not have
    counts as empty.
    """
    source = Source(text, scopes=has_scopes(findings))
    return [_entry(finding, source) for finding in findings]


def has_scopes(findings: Iterable[Finding]) -> bool:
    """Say whether the file of these findings has functions and classes to tell apart."""
    return any(
        isinstance(one.subject, Place) and one.subject.path.endswith(_CODE) for one in findings
    )


def _entry(finding: Finding, source: "Source") -> Entry:
    place = finding.subject
    if not isinstance(place, Place) or "cell" in finding.facts:
        marks = Marks(line="", snippet="", shape="", flow="", message=digest(finding.message))
        about = (
            (place.path, "") if isinstance(place, Place) else ("", str(place))
        )  # a notebook has no lines
        return Entry(path=about[0], rule=finding.rule, symbol=about[1], marks=marks)
    return Entry(
        path=place.path,
        rule=finding.rule,
        symbol=source.symbol(place.line),
        marks=source.marks(place, finding.message),
    )


class Source:
    """The text of one file, asked line by line; what was worked out for a line is kept."""

    def __init__(self, text: str, *, scopes: bool) -> None:
        self.lines = text.split("\n")
        self._shapes: dict[int, str] = {}
        self._scopes = _scopes(text) if scopes else []
        self._starts = [scope.line for scope in self._scopes]

    def symbol(self, line: int) -> str:
        """Give the names of the functions and classes that ``line`` stands in, joined by dots.

        It goes by indentation alone: parsing costs far more, and fails while somebody types.
        """
        at = bisect_right(self._starts, line) - 1
        if at < 0 or line > len(self.lines):
            return ""
        scope = self._scopes[at]
        if scope.line == line:
            return ".".join(name for _, name in scope.stack)
        texts = (self.lines[number] for number in range(line - 1, scope.line - 1, -1))
        bound = min(map(_indent, texts), default=0)
        return ".".join(name for indent, name in scope.stack if indent < bound)

    def symbols(self) -> list[str]:
        """Give ``symbol`` of every line, the first one first; faster than asking for each."""
        found: list[str] = []
        stack: tuple[tuple[int, str], ...] = ()
        waiting = iter((*self._scopes, _Scope(0, ())))
        scope = next(waiting)
        bound = 0
        for number, text in enumerate(self.lines, 1):
            if number == scope.line:
                stack, bound, scope = scope.stack, _FAR, next(waiting)
            elif stack:
                bound = min(bound, _indent(text))
            found.append(".".join(name for indent, name in stack if indent < bound))
        return found

    def marks(self, place: Place, message: str) -> Marks:
        """Give the marks of a finding at ``place``."""
        at = place.line - 1
        if not 0 <= at < len(self.lines):
            return Marks(line="", snippet="", shape="", flow="", message=digest(message))
        text = self.lines[at]
        start = max(place.column - 1, 0)
        end = place.end_column - 1 if place.end_line == place.line and place.end_column else None
        near, above, below = self.surroundings(at)
        return Marks(
            line=self.line(at),
            snippet=digest(bare(text[start:end])),
            shape=self.shape(at),
            flow=digest(self._flow(at, start)),
            message=digest(message),
            near=near,
            above=above,
            below=below,
        )

    def line(self, at: int) -> str:
        """Give the mark of a line; here lines count from 0."""
        return digest(bare(self.lines[at]), 8)

    def surroundings(self, at: int) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """Give the marks ``near``, ``above`` and ``below`` of a line; here lines count from 0."""
        above, below = list(self._around(at, -1)), list(self._around(at, 1))
        near = digest("\n".join(bare(self.lines[one]) for one in (*above, *below)))
        shapes = [tuple(self.shape(one)[:3] for one in side) for side in (above, below)]
        return near, shapes[0], shapes[1]

    def _around(self, at: int, step: int) -> Iterator[int]:
        """Give the nearest lines above or below that have a word in them."""
        found = 0
        at += step
        while found < REACH and 0 <= at < len(self.lines):
            if self.shape(at):
                found += 1
                yield at
            at += step

    def shape(self, at: int) -> str:
        """Give the mark of a line with every name replaced, empty when it has no word; here lines count from 0."""
        shape = self._shapes.get(at)
        if shape is None:
            text = bare(self.lines[at])
            shape = self._shapes[at] = digest(_shape(self.lines[at])) if _WORD.search(text) else ""
        return shape

    def _flow(self, at: int, start: int) -> str:
        after = self.lines[at][start : start + 400].translate(_LAYOUT)
        low = at
        while len(after) < _FLOW and low + 1 < len(self.lines) and low < at + _FLOW:
            low += 1
            after += self.lines[low][:400].translate(_LAYOUT)
        before = self.lines[at][max(0, start - 400) : start].translate(_LAYOUT)
        high = at
        while len(before) < _FLOW and high > 0 and high > at - _FLOW:
            high -= 1
            before = self.lines[high][-400:].translate(_LAYOUT) + before
        return f"{before[-_FLOW:]}\0{after[:_FLOW]}"


class _Scope(NamedTuple):
    """Where a function or class begins, and (indentation, name) of all around it, itself the last."""

    line: int
    stack: tuple[tuple[int, str], ...]


def _scopes(text: str) -> list[_Scope]:
    found: list[_Scope] = []
    stack: tuple[tuple[int, str], ...] = ()
    line, done = 1, 0
    for header in _SCOPE.finditer(text):
        line += text.count("\n", done, header.start())
        done = header.start()
        indent = len(header[1].expandtabs())
        stack = (*(one for one in stack if one[0] < indent), (indent, header[2]))
        found.append(_Scope(line, stack))
    return found


def _indent(line: str) -> int:
    """Give how far a line is indented; what ends nothing counts as far away: blanks, brackets, comments, texts."""
    first = line.lstrip()
    if not first or first[0] in ")]}#\"'":
        return _FAR
    return len(line[: len(line) - len(first)].expandtabs())


def bare(text: str) -> str:
    """Give a line without blanks and without what formatters change: the kind of quotes, a last comma."""
    return "".join(text.split()).replace("'", '"').rstrip(",")


def digest(text: str, size: int = 6) -> str:
    """Give ``size`` hex digits that stand for ``text``."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()[:size]


def _shape(text: str) -> str:
    names: dict[str, str] = {}

    def other(found: re.Match[str]) -> str:
        word = found[0]
        return word if keyword.iskeyword(word) else names.setdefault(word, f"_{len(names)}")

    return bare(_WORD.sub(other, text.strip()))
