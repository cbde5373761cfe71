"""One sentence of a user: mend what can be mended safely. Gives a plan; it changes nothing itself."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from onward.core.finding import Place
from onward.core.plan import Plan, Step, WriteFile
from onward.core.policy import Level, Row
from onward.domain.policy.decide import Rulebook
from onward.workflows.check import Checked
from onward.workflows.checking.scope import Scope
from onward.workflows.checking.stream import bare
from onward.workflows.mending.repair import FIXERS, Repairer

_AT_ONCE = 4  # files mended at the same time
_ROUNDS = (
    8  # of one file: what one fix leaves, such as an import without use, is there for the next
)


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
    mender = _Mender(scope, Rulebook(rows, today), env, least(also_advice=also_advice))
    wanted = fixable(checked, "safe", least(also_advice=also_advice))
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        made = pool.map(mender.step, wanted, wanted.values())
        steps: list[Step] = [step for step in made if step is not None]
    return Plan(
        title=f"mend {len(steps)} file" + ("" if len(steps) == 1 else "s"), steps=tuple(steps)
    )


def least(*, also_advice: bool) -> Level:
    """Give the weakest level of what is mended."""
    return Level.advise if also_advice else Level.ratchet


def fixable(checked: Checked, safety: str, floor: Level) -> dict[str, set[str]]:
    """Give path -> rules, for findings that are strong enough and have a fix of that ``safety``."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for verdict in bare(checked.verdicts):
        subject = verdict.finding.subject
        strong = verdict.level.strength >= floor.strength
        if strong and isinstance(subject, Place) and verdict.finding.facts.get("fix") == safety:
            wanted[subject.path].add(verdict.finding.rule)
    return wanted


def content_of(root: Path, path: str) -> bytes | None:
    """Give a file of the project that may be written; None when it lies outside, through a link, or cannot be read."""
    place = root / path
    if not place.resolve().is_relative_to(root.resolve()):
        return None
    try:
        return place.read_bytes()
    except OSError:
        return None


def tidies(book: Rulebook, path: str, floor: Level) -> frozenset[str]:
    """Give the rules by which the policy wants this file kept in order: its layout, its imports."""
    place = Place(path=path)
    return frozenset(
        fixer.afterwards
        for _, fixer in FIXERS
        if book.row(fixer.afterwards, place).level.strength >= floor.strength
    )


class _Mender:
    def __init__(self, scope: Scope, book: Rulebook, env: Mapping[str, str], floor: Level) -> None:
        self._root = scope.root
        self._repairer = Repairer(scope, env)
        self._book = book
        self._floor = floor

    def step(self, path: str, rules: set[str]) -> WriteFile | None:
        """Give the step that mends ``path`` for ``rules``; None when nothing could be mended."""
        before = content_of(self._root, path)
        if before is None:
            return None
        tidy = tidies(self._book, path, self._floor)
        content, done = before, list[str]()
        for _ in range(_ROUNDS):
            made = self._repairer.repaired(path, content, sorted(rules), tidy=tidy)
            if made.content == content:
                break
            content = made.content
            done += (rule for rule in made.rules if rule not in done)
            rules = self._strong(path, self._repairer.safe_still(path, content))
            if not rules:
                break
        if content == before:
            return None
        sentence = f"mend {path} ({', '.join(done)})"
        return WriteFile(sentence=sentence, path=str(self._root / path), content=content)

    def _strong(self, path: str, rules: Iterable[str]) -> set[str]:
        place, floor = Place(path=path), self._floor.strength
        return {rule for rule in rules if self._book.row(rule, place).level.strength >= floor}
