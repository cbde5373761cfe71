"""The baseline as a file: a line for its version, then one line for each entry, by path and place in the file."""

import re
from collections.abc import Iterable, Iterator
from sys import intern

from onward.core.errors import BadInput
from onward.domain.baseline.entry import REACH, Entry, Marks

NAME = "onward-baseline.txt"
"""The file's name in the project's root."""

_FIRST = "# onward baseline 1"
_TOLD = (
    "# Findings that stood when they were taken in, one a line: path, rule, symbol, marks, day, reason.\n"
    "# `onward check` takes out what is gone; only `onward check --accept --why` adds to it.\n"
)
_HEX = "[0-9a-f]"
_MARKS = re.compile(
    rf"({_HEX}{{8}}|-)\.({_HEX}{{6}}|-)\.({_HEX}{{6}}|-)\.({_HEX}{{6}}|-)\.({_HEX}{{6}}|-)\.({_HEX}{{6}})"
    rf"\.((?:{_HEX}{{3}}){{0,{REACH}}})\.((?:{_HEX}{{3}}){{0,{REACH}}})"
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|")
_CONFLICT = ("<<<<<<< ", "=======", ">>>>>>> ", "||||||| ")
_UNSAFE = re.compile("[%\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|^[#<>=|]|^$|^ | $")
_ESCAPED = re.compile("(?:%[0-9A-F]{2})+")
_MOST_FAULTS = 20  # that are told; the rest is counted


class Baseline:
    """The entries of a project, by path. Without any it stands for a project that has no baseline."""

    def __init__(self, entries: Iterable[Entry] = (), *, there: bool = False) -> None:
        self.there = there
        self._by_path: dict[str, list[Entry]] = {}
        for entry in entries:
            self._by_path.setdefault(entry.path, []).append(entry)

    def __len__(self) -> int:
        return sum(map(len, self._by_path.values()))

    def __iter__(self) -> Iterator[Entry]:
        return (entry for path in sorted(self._by_path) for entry in self._by_path[path])

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that have entries, sorted; the empty one stands for what is about no file."""
        return tuple(sorted(self._by_path))

    def of(self, path: str) -> tuple[Entry, ...]:
        """Give the entries of one file in the order in which they stood in it."""
        return tuple(self._by_path.get(path, ()))


def read(content: bytes) -> Baseline:
    """Read a baseline file; raises BadInput that names each faulty line, and markers of a merge."""
    text = content.decode("utf-8", "surrogateescape").removeprefix("\ufeff").replace("\r\n", "\n")
    lines = text.split("\n")
    if marks := [number for number, line in enumerate(lines, 1) if line.startswith(_CONFLICT)]:
        raise BadInput(
            "baseline-conflict",
            f"`{NAME}` holds a merge that was not finished",
            context=tuple(f"line {number}: {lines[number - 1]}" for number in marks[:_MOST_FAULTS]),
            hint="Keep the lines of both sides and take out the markers: the next `onward check` drops what is gone.",
        )
    if lines[0] != _FIRST:
        raise BadInput(
            "baseline-version",
            f"`{NAME}` does not begin with `{_FIRST}`",
            context=(f"line 1: {lines[0][:80]}",),
            hint="A newer onward may have written it; raise onward, or take the file out of version control again.",
        )
    faults: list[str] = []
    entries: list[Entry] = []
    for number, line in enumerate(lines[1:], 2):
        if not line or line.startswith("#"):
            continue
        found = _entry(line)
        if isinstance(found, str):
            faults.append(f"line {number}: {found}")
        else:
            entries.append(found)
    if faults:
        more = len(faults) - _MOST_FAULTS
        raise BadInput(
            "baseline-unreadable",
            f"`{NAME}` cannot be read",
            context=(*faults[:_MOST_FAULTS], *[f"and {more} more"] * (more > 0)),
            hint="Take it from version control again; it is written by onward, not by hand.",
        )
    return Baseline(entries, there=True)


def written(entries: Iterable[Entry]) -> bytes:
    """Give the content of the file: entries by path, those of one path in the order given."""
    by_path: dict[str, list[Entry]] = {}
    for entry in entries:
        by_path.setdefault(entry.path, []).append(entry)
    lines = [_line(entry) for path in sorted(by_path) for entry in by_path[path]]
    text = f"{_FIRST}\n{_TOLD}" + "".join(f"{line}\n" for line in lines)
    return text.encode("utf-8")


def _line(entry: Entry) -> str:
    marks = entry.marks
    parts = (marks.line, marks.snippet, marks.shape, marks.flow, marks.near, marks.message)
    told = ".".join(part or "-" for part in parts)
    around = f"{''.join(marks.above)}.{''.join(marks.below)}"
    path = "." if not entry.path else "%2E" if entry.path == "." else _safe(entry.path)
    fields = [path, _safe(entry.rule), _safe(entry.symbol) if entry.symbol else "-"]
    fields += [f"{told}.{around}", entry.since, _safe(entry.why) if entry.why else ""]
    return "\t".join(fields).rstrip("\t")


def _entry(line: str) -> Entry | str:
    """Give the entry of a line, or what is wrong with it."""
    fields = line.split("\t")
    if not 4 <= len(fields) <= 6:
        return f"{len(fields)} fields instead of 4 to 6 with tabs between"
    path, rule, symbol, told = fields[:4]
    since, why = (*fields[4:], "", "")[:2]
    marks = _MARKS.fullmatch(told)
    if marks is None:
        return f"`{told[:80]}` are no marks"
    if not path or not rule:
        return "no path" if not path else "no rule"
    if not _DAY.fullmatch(since):
        return f"`{since[:20]}` is no day"
    parts = ["" if part == "-" else part for part in marks.groups()]
    return Entry(
        path=""
        if path == "."
        else intern(_plain(path)),  # few are different, and there may be a million
        rule=intern(_plain(rule)),
        symbol="" if symbol == "-" else intern(_plain(symbol)),
        marks=Marks(
            line=parts[0],
            snippet=parts[1],
            shape=parts[2],
            flow=parts[3],
            near=parts[4],
            message=parts[5],
            above=_threes(parts[6]),
            below=_threes(parts[7]),
        ),
        since=intern(since),
        why=intern(_plain(why)),
    )


def _threes(text: str) -> tuple[str, ...]:
    return tuple(intern(text[at : at + 3]) for at in range(0, len(text), 3))


def _safe(text: str) -> str:
    """Give ``text`` for a field: what would break a line or a field as ``%XX`` of its UTF-8 bytes."""
    return _UNSAFE.sub(_quoted, text) if text != "-" else "%2D"


def _quoted(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogateescape"))


def _plain(text: str) -> str:
    if "%" not in text:  # nearly always, and there are many
        return text

    def unquoted(found: re.Match[str]) -> str:
        return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "surrogateescape")

    return _ESCAPED.sub(unquoted, text)
