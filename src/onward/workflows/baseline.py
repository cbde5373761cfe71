"""Take findings in as old ones, and drop from the baseline what is gone; growing always takes a person."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from onward.core import journal
from onward.core.disk import read_limited, write_atomic
from onward.core.errors import BadInput, Refused
from onward.core.finding import Certainty, Place
from onward.core.plan import Plan, WriteFile
from onward.core.policy import Verdict
from onward.domain.baseline.entry import Entry
from onward.domain.baseline.file import NAME, written
from onward.domain.baseline.match import paired
from onward.domain.policy.globs import text_test
from onward.workflows.check import Checked
from onward.workflows.checking.old_ones import LARGEST, counts, entries_in, open_baseline
from onward.workflows.checking.stream import bare
from onward.workflows.situation import Situation

_MOST_TOLD = 20


def plan_adopting(situation: Situation, checked: Checked) -> Plan:
    """Give the plan that writes the first baseline: every finding under ratchet that is known for certain.

    Raises Refused when there is a baseline already, BadInput when a tool could not look.
    """
    root = situation.project.root.resolve()
    if open_baseline(root).there:
        raise Refused(
            "baseline-there",
            f"this project has a baseline already: `{NAME}`",
            hint='It only grows with `onward check --accept --why "..."`; to begin anew, remove the file first.',
        )
    _must_be_whole(checked)
    return _plan(root, situation, checked, why="", rule="*")


def plan_accepting(situation: Situation, checked: Checked, *, rule: str, why: str) -> Plan:
    """Give the plan that takes the new findings of ``rule`` (a glob) into the baseline, each with the reason.

    Raises Refused when there is no baseline, BadInput when there is no reason.
    """
    root = situation.project.root.resolve()
    if not why.strip():
        raise BadInput(
            "no-reason",
            "the baseline only grows for a reason",
            hint='Say it with `--why "..."`: it stands in the file beside each finding.',
        )
    if not open_baseline(root).there:
        raise Refused(
            "no-baseline",
            "this project has no baseline that could grow",
            hint="`onward check --adopt` writes the first one.",
        )
    return _plan(root, situation, checked, why=why.strip(), rule=rule)


def shrink(situation: Situation, checked: Checked) -> str:
    """Write the baseline without what is gone; gives a sentence, empty when there was nothing to do.

    Only what ``check`` found to hold for the whole project is written, and never more entries than before.
    """
    old = checked.old
    if old is None or old.content is None:
        return ""
    root = situation.project.root.resolve()
    before = read_limited(root / NAME, LARGEST)
    write_atomic(root / NAME, old.content)
    _count_in(root, before, {one.path for one in old.gone})
    if not old.gone:
        return f"`{NAME}` follows what was moved or edited."
    many = len(old.gone)
    gone = "1 old finding is" if many == 1 else f"{many} old findings are"
    return f"{gone} gone: `{NAME}` is shorter now ({old.known} left)."


def _count_in(root: Path, before: bytes, paths: set[str]) -> None:
    """Let ``onward undo`` bring the entries back with the code that they stood for, when it is onward that mended it."""
    record = journal.last(root)
    changed = {Path(file.path) for file in record.files} if record else set()
    if root / NAME in changed or any(root / path in changed for path in paths if path):
        journal.follow(root, str(root / NAME), before)


def _must_be_whole(checked: Checked) -> None:
    broken = [
        one.finding.message
        for one in bare(checked.verdicts)
        if one.blocks and one.finding.certainty is Certainty.unknown
    ]
    if broken:
        raise BadInput(
            "not-whole",
            "nothing was taken in: what a tool could not see would count as new later",
            context=tuple(broken[:_MOST_TOLD]),
            hint="`onward check` says why; mend that first.",
        )


def _plan(root: Path, situation: Situation, checked: Checked, *, why: str, rule: str) -> Plan:
    before = open_baseline(root)
    entries = {path: before.of(path) for path in before.paths}
    fits = text_test(rule)
    today = situation.now.date().isoformat()
    taken = 0
    for path, group in groupby(bare(checked.verdicts), key=_path):
        verdicts = [verdict for verdict in group if counts(verdict)]
        wanted = [not verdict.known and bool(fits(verdict.finding.rule)) for verdict in verdicts]
        if any(wanted):
            now = entries_in(root, path, [verdict.finding for verdict in verdicts])
            now = [msgspec.structs.replace(entry, since=today, why=why) for entry in now]
            known = [verdict.known for verdict in verdicts]
            entries[path] = tuple(_grown(before.of(path), now, known, wanted))
            taken += sum(wanted)
    if not taken:
        return Plan(title="take in old findings")
    content = written(entry for part in entries.values() for entry in part)
    many = "1 finding" if taken == 1 else f"{taken} findings"
    step = WriteFile(
        sentence=f"write {NAME} with {many} more", path=str(root / NAME), content=content
    )
    return Plan(title=f"take in {many} as known", steps=(step,))


def _grown(
    before: Sequence[Entry],
    now: Sequence[Entry],
    known: Sequence[bool],
    wanted: Sequence[bool],
) -> Iterator[Entry]:
    """Give the entries of one file with the wanted ones among them, in the order of lines; none is lost.

    Only what the check calls known takes the place of an entry: beside it stands what is like it and new.
    """
    old = [at for at, is_known in enumerate(known) if is_known]
    match = paired(before, [now[at] for at in old])
    kept = {old[seen.at]: seen.entry for seen in match.known}
    for at, entry in enumerate(now):
        if at in kept:
            yield kept[at]
        elif wanted[at]:
            yield entry
    yield from match.gone


def _path(verdict: Verdict) -> str:
    subject = verdict.finding.subject
    return subject.path if isinstance(subject, Place) else ""
