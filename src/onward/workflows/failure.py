"""Why a resolution failed, in the words of the project: what was held back, or which own line is in the way."""

from collections.abc import Sequence

from onward.core.errors import OnwardError
from onward.core.finding import Finding
from onward.core.names import Name
from onward.core.policy import Decision
from onward.domain.policy.decide import decide
from onward.shelves.guarded import NEVER_SHOWN
from onward.workflows.diagnosis import Diagnosis
from onward.workflows.entering import judge_entering, judge_names
from onward.workflows.in_the_way import find_conflict, python_in_the_way
from onward.workflows.nowhere import nowhere
from onward.workflows.resolve import Action, Resolver
from onward.workflows.unresolved import HeldBack, Unsolvable

_MOST_TRIED = 8  # own lines that are tried one by one; each costs one run of uv


def diagnose(  # noqa: PLR0911 - one return for each kind of answer
    resolver: Resolver,
    action: Action,
    failed: Unsolvable | HeldBack,
    names: Sequence[Name],
    asked: Sequence[str] = (),
) -> Diagnosis:
    """Find out why ``action`` could not be resolved; ``asked`` are the requirements behind ``names``.

    What was asked for by number and is held back says so itself. Else it is tried with
    nothing held back: if that works, what is in the way is the policy, and the packages it
    would have brought say why. If not, the words name a package that is malware or must be
    built; or the project's own lines that the resolver names are loosened one by one, until
    one of them makes it work.
    """
    if isinstance(failed, HeldBack):
        found = resolver.held_findings(failed.held)
        return Diagnosis(decision=_decision(resolver, found), words=failed.context)
    named = judge_names(resolver, names)
    if named.blocked:
        return Diagnosis(decision=named)
    if missing := nowhere(resolver, names, asked):
        return Diagnosis(words=missing)
    try:
        free = resolver.resolve(action, unguarded=True)
    except Unsolvable as error:
        if (python := python_in_the_way(resolver, action, error)) is not None:
            return Diagnosis(conflict=python, words=error.context)
        held = _decision(
            resolver,
            resolver.held_in_words(failed.context)
            if error.unbuilt  # that was us
            else resolver.held_in_words(error.context, only=NEVER_SHOWN),
        )
        if held.blocked:
            return Diagnosis(decision=held, words=failed.context)
        return Diagnosis(
            conflict=find_conflict(resolver, action, error, names), words=error.context
        )
    except OnwardError:  # most likely something that would have to be built
        return Diagnosis(
            decision=_decision(resolver, resolver.held_in_words(failed.context)),
            words=failed.context,
        )
    return Diagnosis(decision=judge_entering(resolver, free), words=failed.context)


def _decision(resolver: Resolver, findings: Sequence[Finding]) -> Decision:
    return decide(findings, resolver.situation.policy.rows, resolver.judge.now.date())
