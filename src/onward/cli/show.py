"""What people read: findings with their lines, decisions with their reasons, and nothing that needs colour."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from onward.cli.door import Desk
from onward.core.env import NO_COLOR
from onward.core.finding import Certainty, Finding, Place, Release
from onward.core.policy import Decision, Level, Row, Source, Verdict
from onward.domain.policy.decide import Rulebook

# Facts that the message says already, or that are for programs.
_QUIET_FACTS = frozenset({
    "name", "url", "fix", "cell", "tool", "words", "paths", "count", "content", "stamps", "source",
    "date", "meant", "rank", "kind", "origin", "reason", "ids", "fixed_in", "symbol", "module",
    "lacking", "lost",
})  # fmt: skip
_WIDEST = 160  # characters of a source line that are shown
_ALLOWED_FOR = dt.timedelta(days=30)
# No way out is offered for these: letting known malware in by name is never the answer.
_NEVER_ALLOWED = frozenset({"guard/malicious"})


class Paint:
    """Colour where a terminal shows it; else the words alone, which say the same."""

    def __init__(self, *, on: bool) -> None:
        self._on = on

    def __call__(self, code: str, text: str) -> str:
        """Give ``text`` in an ANSI style, for example ``1`` for bold."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._on and text else text

    def level(self, level: Level, text: str) -> str:
        """Give ``text`` in the colour of a level."""
        return self({Level.enforce: "1;31", Level.ratchet: "1;31"}.get(level, "33"), text)


def paint_for(desk: Desk) -> Paint:
    """Give colour for a terminal that wants it (no-color.org), plain words for everything else."""
    env = desk.env
    return Paint(on=desk.out.isatty() and not env.get(NO_COLOR) and env.get("TERM") != "dumb")


def show_verdicts(verdicts: Iterable[Verdict], desk: Desk) -> None:
    """Print verdicts under the file or release they are about; those of one subject stand together already."""
    paint = paint_for(desk)
    for heading, group in groupby(verdicts, key=lambda verdict: _heading(verdict.finding)):
        desk.say(paint("1", heading))
        said: set[tuple[str, str]] = (
            set()
        )  # what to do is said once for a file, not at each line of it
        for verdict in group:
            way = (verdict.finding.rule, verdict.hint)
            for line in verdict_lines(verdict, paint, hint=way not in said):
                desk.say(f"  {line}")
            said.add(way)
        desk.say()


def verdict_lines(verdict: Verdict, paint: Paint, *, hint: bool = True) -> list[str]:
    """Give one finding as lines: level, place, message, rule; the source line; evidence; with ``hint`` what to do."""
    finding = verdict.finding
    subject = finding.subject
    spot = _spot(subject) if isinstance(subject, Place) else ""
    doubt = " (could not look)" if finding.certainty is Certainty.unknown else ""
    level = paint.level(verdict.level, verdict.level.value)
    first = f"{spot}  {level}{doubt}  " if spot else f"{level}{doubt}  "
    lines = [f"{first}{clean(finding.message)}  {paint('2', f'[{clean(finding.rule)}]')}"]
    lines += [f"    {line}" for line in (*_source_lines(subject, paint), *evidence_lines(finding))]
    if verdict.hint and hint:
        first, *more = verdict.hint.splitlines()
        lines += [f"    -> {clean(first)}", *(f"       {clean(line)}" for line in more)]
    return lines


def evidence_lines(finding: Finding) -> list[str]:
    """Give a finding's facts in words: one line of short ones, then a failing tool's own lines."""
    told = [
        f"{key.replace('_', ' ')}: {_plain(value)}"
        for key, value in finding.facts.items()
        if key not in _QUIET_FACTS and value not in (None, "", [], ()) and "\n" not in str(value)
    ]
    words = str(finding.facts.get("words") or "").splitlines()
    return [
        clean(line) for line in ["; ".join(told)] * bool(told) + [f"| {line}" for line in words]
    ]


def show_decision(
    decision: Decision,
    desk: Desk,
    *,
    today: dt.date,
    book: Rulebook | None = None,
    write: Callable[[str], None] | None = None,
) -> None:
    """Print why something is refused: reason, evidence, the row that decided, the ways out that work.

    Only verdicts that block are printed. With ``book`` an organisation's floor is asked
    before `onward allow` is offered. ``write`` takes the lines instead of the answer.
    """
    paint = paint_for(desk)
    for line in decision_lines(decision, paint, today=today, book=book):
        (write or desk.say)(line)


def decision_lines(
    decision: Decision, paint: Paint, *, today: dt.date, book: Rulebook | None = None
) -> list[str]:
    """Give the lines of ``show_decision``."""
    lines: list[str] = []
    for verdict in decision.because:
        if not verdict.level.can_fail:
            continue
        finding = verdict.finding
        subject = paint("1", clean(str(finding.subject)))
        lines.append(f"{subject}: {clean(finding.message)}  [{clean(finding.rule)}]")
        if finding.certainty is Certainty.unknown:
            lines.append("  could not look: this is unknown, not clean")
        lines += [f"  {line}" for line in evidence_lines(finding)]
        if finding.seen_by != "onward":
            lines.append(f"  built on {clean(finding.seen_by)}")
        lines.append(f"  decided by {row_words(verdict.row)}")
        lines += [f"  -> {clean(way)}" for way in ways_out(verdict, today=today, book=book)]
    return lines


def ways_out(verdict: Verdict, *, today: dt.date, book: Rulebook | None = None) -> list[str]:
    """Give what would help against one blocked verdict; nothing that would be refused again."""
    finding = verdict.finding
    ways = verdict.hint.splitlines()
    subject = finding.subject
    if not isinstance(subject, Release) or finding.rule in _NEVER_ALLOWED:
        return ways
    floor = book.floor(finding.rule, subject) if book is not None else None
    if floor is None and verdict.row.source is Source.organisation:
        floor = verdict.row
    if floor is None or floor.may_loosen or not floor.level.can_fail:
        until = (today + _ALLOWED_FOR).isoformat()
        ways.append(f'onward allow {subject} --rule {finding.rule} --until {until} --why "..."')
    else:
        ways.append(f"only your organisation can allow it: {floor.where}")
    return ways


def row_words(row: Row) -> str:
    """Give a row in words: where it stands, what it matches, until when, why."""
    until = f", until {row.until.isoformat()}" if row.until else ""
    why = f": {row.why}" if row.why else ""
    return f"{row.where} (`{row.match}` = {row.level.value}{until}){why}"


def clean(text: str) -> str:
    """Give text that a terminal cannot mistake for commands: names and messages may come from strangers."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else " " if letter in "\t\n" else "\ufffd" for letter in text
    )


def _heading(finding: Finding) -> str:
    subject = finding.subject
    return clean(subject.path if isinstance(subject, Place) else str(subject))


def _spot(place: Place) -> str:
    if not place.line:
        return ""
    return f"{place.line}:{place.column}" if place.column else f"{place.line}"


def _source_lines(subject: object, paint: Paint) -> list[str]:
    if not isinstance(subject, Place) or not subject.source_line.strip() or not subject.column:
        return []
    text = subject.source_line
    if not text.isprintable():  # tabs too
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    indent = len(text) - len(text.lstrip())
    start = subject.column - 1
    width = (
        subject.end_column - subject.column
        if subject.end_line == subject.line
        else len(text) - start
    )
    indent = min(indent, start)
    shown = text[indent:].rstrip()
    if len(shown) > _WIDEST:
        if start - indent > _WIDEST:
            return [f"| {shown[: _WIDEST - 3]}..."]
        shown = shown[: _WIDEST - 3] + "..."
    marks = "^" * max(1, min(width, len(shown) - (start - indent)))
    return [f"| {shown}", "| " + " " * (start - indent) + paint("31", marks)]


def _plain(value: object) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return str(value)
