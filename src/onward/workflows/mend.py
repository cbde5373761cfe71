"""One sentence of a user: mend what can be mended safely. Gives a plan; it changes nothing itself."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from onward.adapters.ruff import tools as ruff
from onward.core.errors import OnwardError
from onward.core.finding import Place
from onward.core.plan import Plan, Step, WriteFile
from onward.core.policy import Level, Row
from onward.core.proc.run import run
from onward.core.tool import CheckTool, Fixer, Probe, Target
from onward.domain.policy.decide import Rulebook
from onward.workflows.check import Checked
from onward.workflows.checking.scope import Scope

_AT_ONCE = 4  # files mended at the same time


FIXERS: tuple[tuple[CheckTool, Fixer], ...] = ((ruff.LINT, ruff.LINT), (ruff.FORMAT, ruff.FORMAT))
"""Those that mend, in order: what changes code first, what only lays it out last."""


def plan_mending(
    scope: Scope,
    checked: Checked,
    rows: Sequence[Row],
    *,
    env: Mapping[str, str],
    today: dt.date,
    also_advice: bool = False,
) -> Plan:
    """Give the plan that mends what ``checked`` found and a tool calls safe to mend.

    Only what is enforced (with ``also_advice`` what is advised too) is touched: a file
    that the policy leaves alone is not laid out anew. Files outside the project are never
    written, even through a link.
    """
    floor = Level.advise if also_advice else Level.ratchet
    target = Target(root=str(scope.root), env=dict(env))
    works = [
        _Work(fixer, probe, target)
        for tool, fixer in FIXERS
        if (probe := tool.probe(scope.environment, env)).found
    ]
    mender = _Mender(scope.root, works, Rulebook(rows, today), floor)
    wanted = _wanted(checked, floor)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        made = pool.map(mender.step, wanted, wanted.values())
        steps: list[Step] = [step for step in made if step is not None]
    return Plan(
        title=f"mend {len(steps)} file" + ("" if len(steps) == 1 else "s"), steps=tuple(steps)
    )


def _wanted(checked: Checked, floor: Level) -> dict[str, set[str]]:
    """Give path -> rules, for findings that are strong enough and have a safe fix."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for verdict in checked.verdicts:
        subject = verdict.finding.subject
        strong = verdict.level.strength >= floor.strength
        if strong and isinstance(subject, Place) and verdict.finding.facts.get("fix") == "safe":
            wanted[subject.path].add(verdict.finding.rule)
    return wanted


class _Work(msgspec.Struct, frozen=True):
    """One way to mend: the fixer, its program, what it works on."""

    fixer: Fixer
    probe: Probe
    target: Target


class _Mender:
    """Mends one file after the other: what was found in it, then what the mending left untidy."""

    def __init__(self, root: Path, works: Sequence[_Work], book: Rulebook, floor: Level) -> None:
        self._root = root
        self._works = works
        self._book = book
        self._floor = floor

    def step(self, path: str, rules: set[str]) -> WriteFile | None:
        """Give the step that mends ``path`` for ``rules``; None when nothing could be mended."""
        place = self._root / path
        if not place.resolve().is_relative_to(self._root.resolve()):
            return None
        try:
            before = place.read_bytes()
        except OSError:
            return None
        content = before
        done: list[str] = []
        for work in self._works:
            own = self._own(work.fixer, path, rules, touched=content != before)
            new = _repaired(work, path, content, own) if own else None
            if new is not None and new != content:
                content = new
                done += own
        if content == before:
            return None
        sentence = f"mend {path} ({', '.join(done)})"
        return WriteFile(sentence=sentence, path=str(place), content=content)

    def _own(self, fixer: Fixer, path: str, rules: set[str], *, touched: bool) -> tuple[str, ...]:
        own = tuple(sorted(rule for rule in rules if fixer.mends(rule)))
        if own or not touched or not fixer.afterwards:
            return own
        level = self._book.row(fixer.afterwards, Place(path=path)).level
        return (fixer.afterwards,) if level.strength >= self._floor.strength else ()


def _repaired(work: _Work, path: str, content: bytes, rules: tuple[str, ...]) -> bytes | None:
    call = work.fixer.repair(work.probe, work.target, path, content, rules)
    try:
        return work.fixer.repaired(run(call))
    except OnwardError:
        return None  # what could not be mended is still there in the next look
