"""A check in words: findings by file or release, then what was looked at and by whom."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.cli.show import Paint, clean, paint_for, show_verdicts
from onward.core.finding import Certainty, Finding, Place
from onward.core.policy import Level, Verdict
from onward.domain.baseline.file import NAME
from onward.workflows.check import Checked
from onward.workflows.checking.look import Looked
from onward.workflows.checking.stream import bare, with_lines

if TYPE_CHECKING:
    from onward.workflows.check_changed import Changed

_MOST_ADVICE = 20  # more than this is counted by rule, unless all is asked for
_MOST_TO_MEND = 200  # more than this on spots in files, and of each rule only the first are shown
_FIRST = 10
_OFFERED_FROM = 20  # findings under ratchet; fewer are mended faster than taken in


def show_checked(checked: Checked, desk: Desk, *, what: str, every_advice: bool = False) -> None:
    """Print findings by file or release, then what was looked at and by whom.

    ``what`` names the things looked at when there are none of them ("staged Python file").
    However many there are, only those that are printed are in memory.
    """
    paint = paint_for(desk)
    counted = _Counted()
    if every_advice:
        show_verdicts(counted.watch(checked.verdicts), desk)
    else:
        for _ in counted.watch(bare(checked.verdicts)):
            pass
        show_verdicts(with_lines(counted.shown(), checked.verdicts), desk)
        for line in (*_counted_advice(counted, paint), *_counted_rest(counted, paint)):
            desk.say(line)
    for line in summary_lines(checked, counted, what):
        desk.say(line)


class _Counted:
    """What a person is shown of verdicts that pass by, and how many of each rule are only counted."""

    def __init__(self) -> None:
        self.advice: Counter[str] = Counter()
        self.first_advice: dict[str, Finding] = {}
        self.rest: Counter[str] = Counter()
        self.unknown = 0
        self.blind = False
        self.mendable = 0
        self._kept: list[Verdict] = []
        self._of_rule: Counter[str] = Counter()
        self._at_places = 0
        self._small = 0

    def watch(self, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """Give those that are not off, and note what has to be known of them."""
        for verdict in verdicts:
            if verdict.level is Level.off or verdict.known:
                continue
            unknown = verdict.finding.certainty is Certainty.unknown
            self.unknown += unknown
            self.blind |= unknown and verdict.blocks
            self.mendable += verdict.finding.facts.get("fix") == "safe" and verdict.blocks
            self._note(verdict)
            yield verdict

    def shown(self) -> list[Verdict]:
        """Give what is printed: all, or of each rule the first when there is more than anyone reads."""
        small = self._small <= _MOST_ADVICE
        few = self._at_places - (0 if small else self._small) <= _MOST_TO_MEND
        seen: Counter[str] = Counter()
        kept = []
        for verdict in self._kept:
            if _is_small(verdict) and not small:
                continue
            rule = verdict.finding.rule
            seen[rule] += isinstance(verdict.finding.subject, Place)
            if few or not isinstance(verdict.finding.subject, Place) or seen[rule] <= _FIRST:
                kept.append(verdict)
        if small:
            self.advice.clear()
        self.rest = Counter() if few else self._left(seen, small=small)
        return kept

    def _note(self, verdict: Verdict) -> None:
        rule = verdict.finding.rule
        at_place = isinstance(verdict.finding.subject, Place)
        self._at_places += at_place
        if _is_small(verdict):
            self.advice[rule] += 1
            self.first_advice.setdefault(rule, verdict.finding)
            self._small += 1
            if self._small <= _MOST_ADVICE:
                self._kept.append(verdict)
            return
        self._of_rule[rule] += at_place
        if not at_place or self._of_rule[rule] <= _MOST_TO_MEND:
            self._kept.append(verdict)

    def _left(self, seen: Counter[str], *, small: bool) -> Counter[str]:
        every = self._of_rule + (self.advice if small else Counter())
        return Counter({rule: many - _FIRST for rule, many in every.items() if many > _FIRST})


def summary_lines(checked: Checked, counted: _Counted, what: str) -> list[str]:
    """Give the last lines of a check: how many of each level, and what was looked at by whom."""
    levels = checked.levels
    blocking = levels.get(Level.enforce, 0) + levels.get(Level.ratchet, 0)
    advice = levels.get(Level.advise, 0)
    looked = _looked_words(checked.tools)
    if checked.files == 0:
        lines = [f"No {what} to check." if looked else f"No {what} to check, so no tool was run."]
    else:
        files = f"{_many(checked.files, what)} " if checked.files is not None else ""
        lines = [f"Checked {files}with {looked}."] if looked else []
    old = _old_words(checked)
    if not blocking and not advice:
        new = " new" if old else ""
        return [*lines, *([] if checked.files == 0 else [f"Nothing{new} found."]), *old]
    said = [f"{blocking} to mend"] * bool(blocking)
    said += [f"{advice} as advice"] * bool(advice)
    said += [f"{counted.unknown} of them could not be looked at"] * bool(counted.unknown)
    lines.append("Found: " + ", ".join(said) + ".")
    if counted.mendable:
        lines.append(
            f"-> `onward check --fix` mends {counted.mendable} of them; `onward undo` takes it back."
        )
    if not checked.old and levels.get(Level.ratchet, 0) > _OFFERED_FROM:
        lines.append(
            "-> Once all could be looked at, `onward check --adopt` takes old ones in as known: then only new ones fail."
            if counted.blind
            else f"-> `onward check --adopt` takes {levels[Level.ratchet]} of them in as known: then only new ones fail."
        )
    return [*lines, *old]


def _old_words(checked: Checked) -> list[str]:
    if checked.old is None or not checked.old.known:
        return []
    return [f"{_many(checked.old.known, 'old one')} left in {NAME}."]


def changed_lines(changed: "Changed | None") -> Iterator[str]:
    """Give the line that says how many of the changed lines the tests ran, where there is data about it."""
    covered = changed.covered if changed else None
    if covered is not None and covered.lines:
        words = f"{covered.covered} of {covered.lines} changed lines are covered"
        yield f"{words} ({covered.data})."


def _looked_words(tools: Sequence[Looked]) -> str:
    return ", ".join(
        f"{tool.tool} {tool.version or ('' if tool.origin else '(not there)')}".rstrip()
        + (f" ({tool.origin})" if tool.origin else "")
        + ("" if tool.whole else " [incomplete]")
        + (" [from memory]" if tool.warmth.asked else "")
        for tool in tools
    )


def _counted_advice(counted: _Counted, paint: Paint) -> Iterable[str]:
    if not counted.advice:
        return
    yield paint("1", "Advice, counted")
    for rule, many in sorted(counted.advice.items(), key=lambda item: (-item[1], item[0])):
        first = counted.first_advice[rule]
        yield clean(f"  {many:5}  {rule}  first at {first.subject}: {first.message}")
    yield "  -> `onward check --all` shows each of them"
    yield ""


def _counted_rest(counted: _Counted, paint: Paint) -> Iterable[str]:
    if not counted.rest:
        return
    yield paint("1", "More of the same, counted")
    for rule, many in counted.rest.most_common():
        yield clean(f"  {many:5}  {rule}")
    yield "  -> `onward check --all` shows each of them"
    yield ""


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _is_small(verdict: Verdict) -> bool:
    """Advice on a spot in a file; what is said of a release or the project is never only counted."""
    return verdict.level is Level.advise and isinstance(verdict.finding.subject, Place)
