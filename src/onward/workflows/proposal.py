"""What a change of dependencies would do, judged, before anything is done."""

from collections.abc import Sequence

import msgspec

from onward.adapters.uv.commands import outside_failure
from onward.core.finding import Certainty
from onward.core.lock import Lock, LockDiff
from onward.core.names import Name
from onward.core.policy import Decision, Level, Verdict
from onward.workflows.diagnosis import Conflict
from onward.workflows.entering import (
    Brought,
    Held,
    brought_by,
    held_back,
    judge_entering,
    judge_names,
)
from onward.workflows.licences import licences_of
from onward.workflows.resolve import Action, Resolver
from onward.workflows.unresolved import HeldBack, Unsolvable


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """The new files and the decision on what enters; or why there is no solution.

    ``files`` maps relative paths to their new content and is empty when nothing would
    change. ``conflict`` and ``words`` are only set when no set of versions fits. ``whole``
    says that all of the lock was judged, not only what enters (``standing`` counts the
    verdicts on the rest, which stand last), and ``sure`` that its indexes could be asked
    about it.
    """

    title: str
    decision: Decision = Decision()
    files: dict[str, bytes] = {}
    lock: Lock | None = None
    diff: LockDiff = LockDiff()
    brings: tuple[Brought, ...] = ()
    held: tuple[Held, ...] = ()
    conflict: Conflict | None = None
    words: tuple[str, ...] = ()
    solved: bool = True
    whole: bool = False
    standing: int = 0
    sure: bool = True

    @property
    def advice(self) -> tuple[Verdict, ...]:
        """What is advised on what enters, and whatever could not be looked at."""
        return tuple(v for v in self.decision.at(Level.advise) if v not in self.standing_advice)

    @property
    def standing_advice(self) -> tuple[Verdict, ...]:
        """What is advised on what the lock held before, and is told again each time."""
        standing = self.decision.because[len(self.decision.because) - self.standing :]
        return tuple(
            v
            for v in standing
            if v.level is Level.advise and v.finding.certainty is Certainty.known
        )

    @property
    def possible(self) -> bool:
        """Whether it may be carried out."""
        return self.solved and not self.decision.blocked


def propose(
    resolver: Resolver,
    title: str,
    action: Action,
    names: Sequence[Name] = (),
    asked: Sequence[str] = (),
) -> Proposal:
    """Let uv resolve ``action`` under guard and judge the outcome.

    ``names`` are what the person asked for, in the requirements ``asked``; they are judged
    first, so that a slip of the keyboard is answered at once. Raises what ``Resolver.resolve`` raises except Unsolvable and HeldBack.
    """
    if (named := _blocked_names(resolver, names)) is not None:
        return Proposal(title=title, decision=named, solved=False)
    try:
        resolved = resolver.resolve(action)
    except (Unsolvable, HeldBack) as error:
        from onward.workflows.failure import diagnose  # only a failure pays for it

        found = diagnose(resolver, action, error, names, asked)
        told = found.decision.blocked or found.conflict is not None
        if not told and (outside := outside_failure(found.words)) is not None:
            raise outside from error  # uv could not look; that is not "there is nothing"
        return Proposal(
            title=title,
            decision=found.decision,
            conflict=found.conflict,
            words=found.words,
            solved=False,
        )
    decision = judge_entering(resolver, resolved)
    setting = resolver.judge.setting
    brings = brought_by(names, resolved.diff, resolved.lock, setting.platforms[0], setting.python)
    return Proposal(
        title=title,
        decision=decision,
        files=resolved.files,
        lock=resolved.lock,
        diff=resolved.diff,
        brings=() if decision.blocked else licences_of(resolver, brings, resolved.diff),
        held=held_back(resolver, resolved, names),
    )


def _blocked_names(resolver: Resolver, names: Sequence[Name]) -> Decision | None:
    decision = judge_names(resolver, names)
    return decision if decision.blocked else None
