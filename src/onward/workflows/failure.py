"""Why a resolution failed, in the words of the project: what was held back, or which own line is in the way."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from packaging.requirements import InvalidRequirement, Requirement

from onward.core.errors import OnwardError
from onward.core.finding import Finding
from onward.core.names import Name
from onward.core.policy import Decision
from onward.core.project import Declared, Role
from onward.domain.policy.decide import decide
from onward.shelves.guarded import NEVER_SHOWN
from onward.workflows.diagnosis import Conflict, Diagnosis
from onward.workflows.entering import judge_entering, judge_names
from onward.workflows.resolve import Action, HeldBack, Resolver, Unsolvable

_MOST_TRIED = 8  # own lines that are tried one by one; each costs one run of uv


def diagnose(  # noqa: PLR0911 - one return for each kind of answer
    resolver: Resolver, action: Action, failed: Unsolvable | HeldBack, names: Sequence[Name]
) -> Diagnosis:
    """Find out why ``action`` could not be resolved.

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
    if unknown := [name for name in names if _is_nowhere(resolver, name)]:
        return Diagnosis(words=tuple(_nowhere(resolver, name) for name in unknown))
    try:
        free = resolver.resolve(action, unguarded=True)
    except Unsolvable as error:
        unbuilt = any("--no-build" in line for line in error.context)  # that was us
        held = _decision(
            resolver,
            resolver.held_in_words(failed.context)
            if unbuilt
            else resolver.held_in_words(error.context, only=NEVER_SHOWN),
        )
        if held.blocked:
            return Diagnosis(decision=held, words=failed.context)
        return Diagnosis(
            conflict=_find_conflict(resolver, action, error, names), words=error.context
        )
    except OnwardError:  # most likely something that would have to be built
        return Diagnosis(
            decision=_decision(resolver, resolver.held_in_words(failed.context)),
            words=failed.context,
        )
    return Diagnosis(decision=judge_entering(resolver, free), words=failed.context)


def _is_nowhere(resolver: Resolver, name: Name) -> bool:
    """Whether every index was asked for a name and none knows it; folders of files are uv's to look into."""
    settings = resolver.situation.uv_settings
    if settings.carried.get("no-index") or settings.find_links:
        return False
    if any(not spec.remote for spec in settings.indexes):
        return False
    try:
        return all(counter.guarded.view(name) is None for counter in resolver.counters.values())
    except OnwardError:
        return False


def _nowhere(resolver: Resolver, name: Name) -> str:
    indexes = ", ".join(c.spec.address for c in resolver.counters.values())
    near = get_close_matches(name, resolver.situation.popular.names, n=1, cutoff=0.75)
    meant = f"; did you mean `{near[0]}`?" if near else ""
    return f"there is no project `{name}` on {indexes}{meant}"


def _decision(resolver: Resolver, findings: Sequence[Finding]) -> Decision:
    return decide(findings, resolver.situation.policy.rows, resolver.judge.now.date())


def _find_conflict(
    resolver: Resolver, action: Action, failed: Unsolvable, names: Sequence[Name]
) -> Conflict | None:
    text = " ".join(failed.context)
    for declared in _suspects(resolver.situation.project.declared, text, names):
        loosened = _without_bounds(declared.requirement)
        changed = _changed_line(resolver, declared, loosened)
        if changed is None:
            continue
        try:
            found = resolver.resolve(action, changed=changed)
        except OnwardError:
            continue
        locked = found.lock.named(declared.name)
        if locked and not judge_entering(resolver, found).blocked:
            return Conflict(
                declared=declared,
                instead=f"{loosened}>={locked[0].version}",
                becomes=locked[0].version,
            )
    return None


def _suspects(declared: Sequence[Declared], text: str, names: Sequence[Name]) -> list[Declared]:
    """Give the bound own lines that the resolver's words name, the most often named first."""
    bound = [
        d
        for d in declared
        if d.name not in names
        and d.role in (Role.main, Role.group, Role.extra)
        and not d.is_direct
        and d.place.path.endswith("pyproject.toml")
        and _without_bounds(d.requirement) != d.requirement
        and d.name in text
    ]
    return sorted(bound, key=lambda d: -text.count(d.name))[:_MOST_TRIED]


def _without_bounds(requirement: str) -> str:
    try:
        read = Requirement(requirement)
    except InvalidRequirement:
        return requirement
    extras = f"[{','.join(sorted(read.extras))}]" if read.extras else ""
    return f"{read.name}{extras}" + (f"; {read.marker}" if read.marker else "")


def _changed_line(
    resolver: Resolver, declared: Declared, instead: str
) -> Mapping[str, bytes] | None:
    path = declared.place.path
    text = (resolver.situation.project.root / path).read_text(encoding="utf-8")
    for mark in "\"'":
        quoted = f"{mark}{declared.original or declared.requirement}{mark}"
        if quoted in text:
            return {path: text.replace(quoted, f"{mark}{instead}{mark}").encode()}
    return None
