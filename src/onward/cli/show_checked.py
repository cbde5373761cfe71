"""A check in words: findings by file or release, then what was looked at and by whom."""

from collections import Counter
from collections.abc import Iterable, Sequence

from onward.cli.door import Desk
from onward.cli.show import Paint, paint_for, show_verdicts
from onward.core.finding import Certainty, Place
from onward.core.policy import Level, Verdict
from onward.workflows.check import Checked, Looked

_MOST_ADVICE = 20  # more than this is counted by rule, unless all is asked for
_MOST_TO_MEND = 200  # more than this on spots in files, and of each rule only the first are shown
_FIRST = 10


def show_checked(checked: Checked, desk: Desk, *, what: str, every_advice: bool = False) -> None:
    """Print findings by file or release, then what was looked at and by whom.

    ``what`` names the things looked at when there are none of them ("staged Python file").
    """
    paint = paint_for(desk)
    shown = [verdict for verdict in checked.decision.because if verdict.level is not Level.off]
    advice = [verdict for verdict in shown if _is_small(verdict)]
    if len(advice) > _MOST_ADVICE and not every_advice:
        shown = [verdict for verdict in shown if not _is_small(verdict)]
    else:
        advice = []
    shown, left = (shown, Counter[str]()) if every_advice else _first_of_each(shown)
    show_verdicts(shown, desk)
    for line in (*_counted_advice(advice, paint), *_counted_rest(left, paint)):
        desk.say(line)
    for line in summary_lines(checked, what):
        desk.say(line)


def summary_lines(checked: Checked, what: str) -> list[str]:
    """Give the last lines of a check: how many of each level, and what was looked at by whom."""
    counts = Counter(verdict.level for verdict in checked.decision.because)
    blocking = counts[Level.enforce] + counts[Level.ratchet]
    unknown = sum(
        verdict.finding.certainty is Certainty.unknown and verdict.level is not Level.off
        for verdict in checked.decision.because
    )
    looked = _looked_words(checked.tools)
    if checked.files == 0:
        lines = [f"No {what} to check." if looked else f"No {what} to check, so no tool was run."]
    else:
        files = f"{_many(checked.files, what)} " if checked.files is not None else ""
        lines = [f"Checked {files}with {looked}."] if looked else []
    if not blocking and not counts[Level.advise]:
        return [*lines, *([] if checked.files == 0 else ["Nothing found."])]
    said = [f"{blocking} to mend"] * bool(blocking)
    said += [f"{counts[Level.advise]} as advice"] * bool(counts[Level.advise])
    said += [f"{unknown} of them could not be looked at"] * bool(unknown)
    lines.append("Found: " + ", ".join(said) + ".")
    mendable = sum(
        verdict.finding.facts.get("fix") == "safe" and verdict.level.strength >= 2
        for verdict in checked.decision.because
    )
    if mendable:
        lines.append(
            f"-> `onward check --fix` mends {mendable} of them; `onward undo` takes it back."
        )
    return lines


def _looked_words(tools: Sequence[Looked]) -> str:
    return ", ".join(
        f"{tool.tool} {tool.version or '(not there)'}"
        + (f" ({tool.origin})" if tool.origin else "")
        + ("" if tool.whole else " [incomplete]")
        for tool in tools
    )


def _counted_advice(advice: Sequence[Verdict], paint: Paint) -> Iterable[str]:
    if not advice:
        return
    yield paint("1", "Advice, counted")
    by_rule: dict[str, list[Verdict]] = {}
    for verdict in advice:
        by_rule.setdefault(verdict.finding.rule, []).append(verdict)
    for rule, found in sorted(by_rule.items(), key=lambda item: (-len(item[1]), item[0])):
        first = found[0].finding
        yield f"  {len(found):5}  {rule}  first at {first.subject}: {first.message}"
    yield "  -> `onward check --all` shows each of them"
    yield ""


def _first_of_each(shown: Sequence[Verdict]) -> tuple[list[Verdict], Counter[str]]:
    """Give what to print when there is more than anyone reads, and how many of each rule are left out."""
    if sum(isinstance(verdict.finding.subject, Place) for verdict in shown) <= _MOST_TO_MEND:
        return list(shown), Counter()
    seen: Counter[str] = Counter()
    kept: list[Verdict] = []
    for verdict in shown:
        rule = verdict.finding.rule
        seen[rule] += isinstance(verdict.finding.subject, Place)
        if not isinstance(verdict.finding.subject, Place) or seen[rule] <= _FIRST:
            kept.append(verdict)
    left = Counter({rule: count - _FIRST for rule, count in seen.items() if count > _FIRST})
    return kept, left


def _counted_rest(left: Counter[str], paint: Paint) -> Iterable[str]:
    if not left:
        return
    yield paint("1", "More of the same, counted")
    for rule, count in left.most_common():
        yield f"  {count:5}  {rule}"
    yield "  -> `onward check --all` shows each of them"
    yield ""


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _is_small(verdict: Verdict) -> bool:
    """Advice on a spot in a file; what is said of a release or the project is never only counted."""
    return verdict.level is Level.advise and isinstance(verdict.finding.subject, Place)
