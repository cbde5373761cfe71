"""One sentence of a user: mend also what is not safe, and keep of it what passes the proof.

All of it happens in the project itself, inside one transaction: the code under test is where
the tests look for it. On any failure or interruption every file goes back to what it was.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from onward.core.disk import write_atomic
from onward.core.errors import Refused
from onward.core.perform import Listen, transaction
from onward.core.plan import Plan, WriteFile
from onward.domain.bisect import culprits
from onward.domain.policy.decide import Rulebook
from onward.workflows.check import Checked
from onward.workflows.checking.scope import Scope
from onward.workflows.mending.proof import Touching, fault, touching
from onward.workflows.mending.repair import Repairer
from onward.workflows.mending.safe import content_of, fixable, least, tidies
from onward.workflows.own_tests import TestRun, Tests, run_tests
from onward.workflows.situation import Situation


class Fix(NamedTuple):
    """All that one rule finds in one file: the smallest thing that is kept or left out."""

    path: str
    rule: str


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A fix that is not kept, and why; ``failing`` are the tests that failed with it."""

    fix: Fix
    why: str
    failing: tuple[str, ...] = ()
    together_with: Fix | None = None


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the unsafe fixes: ``kept`` passed the proof; ``tests`` is what judged them, ``trials`` how often.

    ``safe`` counts the files that safe fixes changed, ``title`` is the change as `undo` names it (empty: none).
    """

    safe: int = 0
    title: str = ""
    kept: tuple[Fix, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    tests: str = ""
    trials: int = 0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be mended: the scope and what was found in it, the policy, the tests (None: there are none).

    ``safe`` is the plan of the safe fixes, which are made first and stay whichever of the others are left out.
    """

    scope: Scope
    checked: Checked
    safe: Plan
    book: Rulebook
    tests: Tests | None
    timeout: float
    also_advice: bool = False


def mend_with_proof(situation: Situation, wanted: Wanted, *, listen: Listen) -> Proven:
    """Mend what has an unsafe fix, and keep what parses, changes no public API and passes the tests that touch it.

    Raises Refused when those tests fail before any of these fixes, since then they can judge none:
    ``tests-fail-already``, or ``safe-fix-fails`` where they pass without the safe ones. Then nothing is changed.
    """
    mender = _Mender(situation, wanted)
    floor = least(also_advice=wanted.also_advice)
    left_out = mender.pick(fixable(wanted.checked, "unsafe", floor))
    safe = {step.path: step.content for step in wanted.safe.steps if isinstance(step, WriteFile)}
    paths = dict.fromkeys([*safe, *(str(wanted.scope.root / fix.path) for fix in mender.fixes)])
    if not paths:
        return Proven(left_out=tuple(left_out))
    title = f"mend {len(paths)} file" + ("" if len(paths) == 1 else "s")
    with transaction(
        wanted.scope.root, title, paths, started=situation.now.isoformat(), listen=listen
    ) as change:
        for path, content in safe.items():
            write_atomic(Path(path), content or b"")
        done = mender.kept(listen) if mender.fixes else Proven()
        if not done.kept and not safe:
            change.abandon()
    return msgspec.structs.replace(
        done, left_out=(*left_out, *done.left_out), safe=len(safe), title=title
    )


class _Mender:
    """The files as they were, and trying parts of the fixes on them."""

    def __init__(self, situation: Situation, wanted: Wanted) -> None:
        self.fixes: list[Fix] = []
        self._situation = situation
        self._wanted = wanted
        self._root: Path = wanted.scope.root
        self._repairer = Repairer(wanted.scope, situation.env)
        self._floor = least(also_advice=wanted.also_advice)
        self._safe = {
            Path(step.path).relative_to(self._root).as_posix(): step.content
            for step in wanted.safe.steps
            if isinstance(step, WriteFile)
        }
        self._unmended = {path: content_of(self._root, path) for path in self._safe}
        self._before: dict[str, bytes] = {}
        self._made: dict[tuple[str, tuple[str, ...]], bytes] = {}
        self._touching = Touching(tests={})
        self._failing: dict[tuple[Fix, ...], TestRun] = {}

    def pick(self, found: Mapping[str, set[str]]) -> list[LeftOut]:
        """Take the fixes that parse and keep the API, and that tests touch; give the others."""
        left_out: list[LeftOut] = []
        if found and self._wanted.tests is None:
            why = "there are no tests, so nothing would notice what it breaks"
            return [
                LeftOut(fix=Fix(path, rule), why=why)
                for path in found
                for rule in sorted(found[path])
            ]
        self._touching = touching(self._root, tuple(found))
        for path, rules in found.items():
            before = self._safe[path] if path in self._safe else content_of(self._root, path)
            if before is None:
                continue
            self._before[path] = before
            for fix in (Fix(path, rule) for rule in sorted(rules)):
                why = self._fault([fix])
                if not why and not self._touching.tests[path]:
                    why = "no test imports the file, so nothing would notice what it breaks"
                if why:
                    left_out.append(LeftOut(fix=fix, why=why))
                elif self._content(path, (fix.rule,)) != before:
                    self.fixes.append(fix)
        return left_out

    def kept(self, listen: Listen) -> Proven:
        """Find what can be kept together; the files on disk are then those it speaks of."""
        tests = self._wanted.tests
        assert tests is not None  # without any, nothing was picked  # noqa: S101
        command = self._touching.command(
            tests, tuple(dict.fromkeys(fix.path for fix in self.fixes))
        )
        listen("start", f"Running the tests before any of these fixes (`{command.words}`)")
        before = self._run(command)
        if before.none_found:
            why = f"`{command.words}` found no tests"
            return Proven(left_out=tuple(LeftOut(fix=fix, why=why) for fix in self.fixes))
        if not before.passed:
            raise self._refusal(command, before)
        many = len(self.fixes)
        listen("start", "Trying 1 fix" if many == 1 else f"Trying {many} fixes")
        outcome = culprits(self.fixes, lambda part: self._breaks(part, command))
        kept = outcome.kept if outcome.proven else ()
        self._write(kept)
        left_out = [
            self._why(culprit.unit, culprit.together_with) for culprit in outcome.culprits
        ] + [LeftOut(fix=fix, why="there were too many trials") for fix in outcome.undecided]
        if not outcome.proven:
            why = "the tests passed with it once and then failed, so they cannot judge it"
            left_out += [LeftOut(fix=fix, why=why) for fix in outcome.kept]
        return Proven(
            kept=tuple(kept), left_out=tuple(left_out), tests=command.words, trials=outcome.trials
        )

    def _refusal(self, command: Tests, ran: TestRun) -> Refused:
        """Give why no fix can be judged: the tests fail anyway, or what is called safe breaks them."""
        context = ran.failing or ran.words
        if self._safe:
            for path, content in self._unmended.items():
                self._put(path, content or b"")
            if self._run(command).passed:
                return Refused(
                    "safe-fix-fails",
                    f"the tests pass (`{command.words}`), and fail with the fixes that are called safe",
                    context=context,
                    hint="Nothing was changed. `onward check --fix FILE` makes those of one file; what must stay gets a"
                    " comment with the reason, such as `# noqa: F401 - WHY`.",
                )
        return Refused(
            "tests-fail-already",
            f"the tests fail before any fix (`{command.words}`), so they cannot judge one",
            context=context,
            hint="Mend them first, or use `onward check --fix` without `--unsafe`.",
        )

    def _breaks(self, part: Sequence[Fix], command: Tests) -> bool:
        if why := self._fault(part):
            self._failing[tuple(part)] = TestRun(passed=False, words=(why,))
            return True
        self._write(part)
        ran = self._run(command)
        if not ran.passed:
            self._failing[tuple(part)] = ran
        return not ran.passed

    def _fault(self, part: Sequence[Fix]) -> str:
        """Say what is wrong with the files that ``part`` makes, looked at without running anything."""
        for path, rules in _by_path(part).items():
            before = self._before[path]
            after = self._content(path, rules)
            if after != before and (why := fault(path, before, after)):
                return why
        return ""

    def _content(self, path: str, rules: tuple[str, ...]) -> bytes:
        key = (path, rules)
        if key not in self._made:
            tidy = tidies(self._wanted.book, path, self._floor)
            self._made[key] = self._repairer.repaired(
                path, self._before[path], rules, tidy=tidy, unsafe=True
            ).content
        return self._made[key]

    def _write(self, part: Sequence[Fix]) -> None:
        """Make every file so as the fixes of ``part`` make it, and the others as they were."""
        chosen = _by_path(part)
        for path in dict.fromkeys(fix.path for fix in self.fixes):
            self._put(
                path, self._content(path, chosen[path]) if path in chosen else self._before[path]
            )

    def _put(self, path: str, content: bytes) -> None:
        """Write a file unless it is so already; tests may have changed it or taken it away."""
        if content_of(self._root, path) != content:
            write_atomic(self._root / path, content)

    def _run(self, command: Tests) -> TestRun:
        situation = self._situation
        return run_tests(command, situation.project, situation.env, timeout=self._wanted.timeout)

    def _why(self, fix: Fix, together_with: Fix | None) -> LeftOut:
        """Give the plainest evidence against a fix: the run that failed with the fewest others."""
        against = [(len(part), run) for part, run in self._failing.items() if fix in part]
        ran = min(against, key=lambda one: one[0])[1] if against else TestRun(passed=False)
        why = f"tests fail with it: {', '.join(ran.failing[:3])}" if ran.failing else ""
        return LeftOut(
            fix=fix,
            why=why or (ran.words[-1] if ran.words else "the tests fail with it"),
            failing=ran.failing,
            together_with=together_with,
        )


def _by_path(part: Sequence[Fix]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for fix in part:
        found.setdefault(fix.path, []).append(fix.rule)
    return {path: tuple(rules) for path, rules in found.items()}
