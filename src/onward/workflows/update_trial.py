"""Carry an update out with the project's tests as the judge: what breaks them is left out, the rest stays.

All of it happens in the project's own environment inside one transaction, so it ends as
proven or as it began.
"""

from collections.abc import Mapping, Sequence

import msgspec

from onward.adapters.uv.commands import words_of
from onward.core.disk import write_atomic
from onward.core.errors import EngineFailed, OnwardError, Refused
from onward.core.names import Name
from onward.core.perform import Listen, transaction
from onward.core.proc.run import expect, run
from onward.core.redact import redact
from onward.domain.bisect import Culprit, Outcome, culprits
from onward.domain.layouts.uvlock import read_uv_lock
from onward.domain.policy.decide import decide
from onward.workflows.entering import judge_entering
from onward.workflows.own_tests import TestRun, Tests, run_tests
from onward.workflows.resolve import Resolver
from onward.workflows.unresolved import HeldBack, Unsolvable
from onward.workflows.update import Update, UpdatePlan, own_files, resolve_to, updates_in

_MOST_LINES = 15
# uv's words for a release that this machine cannot install; anything else is trouble of another kind
_NOT_INSTALLABLE = ("Failed to build", "can't be installed because", "build backend returned")


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """An update that is not kept.

    ``failing`` are the tests that failed with it, ``words`` the last lines where no test
    was named, ``why`` one sentence. ``together_with`` is the kept update it breaks with,
    when alone it does not. ``tested``: a run of the tests says so.
    """

    name: Name
    why: str
    failing: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    together_with: Name | None = None
    tested: bool = False


class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an update.

    ``kept`` is what moved in the end, packages that had to move along included. ``files``
    are those that changed. ``proven`` means that the tests passed with exactly this;
    ``unproven_because`` says why no test said anything. ``rolled_back`` means that the
    project is as it was, ``flaky`` that this is because tests passed once and then failed.
    """

    kept: tuple[Update, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    files: tuple[str, ...] = ()
    trials: int = 0
    proven: bool = False
    unproven_because: str = ""
    rolled_back: bool = False
    flaky: bool = False


def carry_out_update(
    resolver: Resolver,
    plan: UpdatePlan,
    tests: Tests | None,
    *,
    timeout: float,
    listen: Listen,
) -> Updated:
    """Install the update, run the tests, and keep what passes.

    Without ``tests`` everything is kept and nothing is proven. The tests run once before:
    raises Refused (``tests-fail-already``) when they fail without any update. On any
    failure or interruption everything goes back to what it was.
    """
    situation = resolver.situation
    project = situation.project
    trial = _Trial(resolver, plan, tests, timeout=timeout, listen=listen)
    with resolver.installing() as uv:
        there = project.environment.exists()
        with transaction(
            project.root,
            plan.proposal.title,
            [str(project.root / path) for path in trial.originals],
            started=situation.now.isoformat(),
            environment=str(project.environment),
            restore=(uv.sync(str(project.root), trial.options),) if there else (),
            listen=listen,
        ) as change:
            done = trial.outcome()
            if done.rolled_back:
                change.abandon()
    return done


class _Trial:
    """The project as it was, and trying parts of the update on it."""

    def __init__(
        self,
        resolver: Resolver,
        plan: UpdatePlan,
        tests: Tests | None,
        *,
        timeout: float,
        listen: Listen,
    ) -> None:
        self.resolver = resolver
        self.plan = plan
        self.tests = tests
        self.timeout = timeout
        self.listen = listen
        self.options = tests.brought_by if tests else ()
        self.root = resolver.situation.project.root
        paths = [*own_files(resolver.situation.project), "uv.lock"]
        self.originals = {path: (self.root / path).read_bytes() for path in paths}
        self.names = [update.name for update in plan.updates]
        self.failures: dict[tuple[Name, ...], LeftOut] = {}
        self.trials = 0

    def outcome(self) -> Updated:
        """Do it, and give what became of it; the files on disk are then those it speaks of."""
        if self.tests is None:
            return self._all("there are no tests, or they were not to be run")
        if not self._old_lock_is_fit():
            return self._all_at_once()
        self.listen("start", f"Running the tests before anything changes (`{self.tests.words}`)")
        self._sync_as_it_was()
        before = self._test()
        if before.none_found:
            return self._all(f"`{self.tests.words}` found no tests")
        if not before.passed:
            raise Refused(
                "tests-fail-already",
                f"the tests fail before any update (`{self.tests.words}`), so they cannot judge one",
                context=before.failing or before.words,
                hint="Mend them first, or update with `--no-test`; `--test-command` names other tests.",
            )
        found = culprits(self.names, self._fails)
        return self._report(found)

    def _sync_as_it_was(self) -> None:
        try:
            self._sync()
        except EngineFailed as error:
            if not _is_not_installable(error):
                raise
            raise Refused(
                "not-installable-before",
                "what is locked now cannot be installed here, so the tests cannot say how it was before",
                context=error.context,
                hint="Mend that first, or update with `--no-test`.",
            ) from error

    def _all(self, why: str) -> Updated:
        self.listen("start", "Installing the update")
        self._install(self._whole())
        return self._kept(unproven_because=why)

    def _old_lock_is_fit(self) -> bool:
        """Whether the policy lets the old lock be installed at all."""
        situation = self.resolver.situation
        if situation.project.lock is None:
            return False
        found = situation.judge(know_lock=False).on_lock(
            situation.project.lock, situation.uv_settings.default.address
        )
        return not decide(found, situation.policy.rows, situation.now.date()).blocked

    def _all_at_once(self) -> Updated:
        """What is locked now may not be installed, so there is no before, and no part to go back to."""
        self.listen("note", "What is locked now is blocked by the policy; only the whole is tried")
        failure = self._try(self.names)
        if failure is not None:
            raise Refused(
                "tests-fail",
                f"with the update {failure.why}, and without it the policy lets nothing be installed",
                context=failure.failing or failure.words,
                hint="Update with `--no-test`, then mend the tests.",
            )
        return self._kept(proven=True)

    def _fails(self, part: Sequence[Name]) -> bool:
        """Put a part of the update in place and test it; say whether it breaks."""
        self.trials += 1
        whole = len(self.names)
        count = f"{len(part)} of {whole} updates" if whole > 1 else "the update"
        self.listen("start", f"Testing {count} (trial {self.trials})")
        failure = self._try(part)
        if failure is not None:
            self.failures[tuple(part)] = failure
        return failure is not None

    def _try(self, part: Sequence[Name]) -> LeftOut | None:
        last = part[-1]
        try:
            files = self._files_for(part)
        except (Unsolvable, HeldBack) as error:
            why = "it needs an update that is left out"
            return LeftOut(name=last, why=why, words=error.context[:8])
        if files is None:
            return LeftOut(name=last, why="the policy blocks what it would bring along")
        try:
            self._install(files)
        except (EngineFailed, Refused) as error:
            if not _is_not_installable(error):
                raise
            return LeftOut(name=last, why="it cannot be installed here", words=error.context)
        after = self._test()
        if after.none_found:
            return LeftOut(name=last, why="the tests are not found any more", words=after.words)
        if after.passed:
            return None
        words_only = () if after.failing else after.words
        why = "it breaks the tests"
        return LeftOut(name=last, why=why, failing=after.failing, words=words_only, tested=True)

    def _files_for(self, part: Sequence[Name]) -> Mapping[str, bytes] | None:
        """Give all files with only ``part`` updated; None when the policy blocks what comes along."""
        if len(part) == len(self.names):
            return self._whole()
        targets = self.plan.targets
        resolved = resolve_to(self.resolver, {n: targets[n] for n in part}, self.originals)
        if judge_entering(self.resolver, resolved).blocked:
            return None
        return {**self._on_disk(), **resolved.files}

    def _whole(self) -> dict[str, bytes]:
        return {**self.originals, **self.plan.proposal.files}

    def _on_disk(self) -> dict[str, bytes]:
        return {path: (self.root / path).read_bytes() for path in self.originals}

    def _install(self, files: Mapping[str, bytes]) -> None:
        """Make the files so, and the environment with them."""
        self.listen("progress", "installing")
        for path, content in self._on_disk().items():
            if content != files[path]:
                write_atomic(self.root / path, files[path])
        self._sync()

    def _sync(self) -> None:
        with self.resolver.installing() as uv:
            ran = run(uv.sync(str(self.root), self.options))
            said = words_of(ran)
            if not ran.succeeded and any(
                sign in line for line in said for sign in _NOT_INSTALLABLE
            ):
                words = tuple(redact(line) for line in said)
                raise EngineFailed("not-installable", "a build failed", context=_both_ends(words))
            expect(ran)

    def _test(self) -> TestRun:
        if self.tests is None:
            return TestRun(passed=True)
        self.listen("progress", "running the tests")
        situation = self.resolver.situation
        return run_tests(self.tests, situation.project, situation.env, timeout=self.timeout)

    def _kept(self, *, proven: bool = False, unproven_because: str = "") -> Updated:
        now = self._on_disk()
        lock = read_uv_lock(now["uv.lock"].decode("utf-8"))
        return Updated(
            kept=updates_in(self.resolver, lock),
            files=tuple(path for path, content in now.items() if content != self.originals[path]),
            trials=self.trials,
            proven=proven,
            unproven_because=unproven_because,
        )

    def _report(self, found: Outcome[Name]) -> Updated:
        left_out = [self._left_out(culprit, found) for culprit in found.culprits]
        left_out += [
            LeftOut(name=name, why="there were too many trials") for name in found.undecided
        ]
        if found.kept and found.proven:
            kept = self._kept(proven=True)
            return msgspec.structs.replace(kept, left_out=tuple(left_out))
        return Updated(
            left_out=tuple(left_out),
            trials=self.trials,
            rolled_back=True,
            flaky=not found.proven,
        )

    def _left_out(self, culprit: Culprit[Name], found: Outcome[Name]) -> LeftOut:
        """Give the plainest evidence against a culprit: without other culprits, of a test run, with few updates."""
        others = {other.unit for other in found.culprits} - {culprit.unit}
        against = [
            (bool(others & set(part)), not failure.tested, len(part), failure)
            for part, failure in self.failures.items()
            if culprit.unit in part
        ]
        failure = min(against, key=lambda found: found[:3])[3]
        return msgspec.structs.replace(
            failure, name=culprit.unit, together_with=culprit.together_with
        )


def _is_not_installable(error: OnwardError) -> bool:
    return error.reference in ("held-back", "not-installable")


def _both_ends(lines: Sequence[str]) -> tuple[str, ...]:
    """Give what failed and how it ended, without the long middle of a build's log."""
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    return (*lines[:3], "...", *lines[3 - _MOST_LINES :])
