"""Why a resolution failed, in the words of the project: what was held back, or which own line is in the way."""

from collections.abc import Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from onward.core.errors import OnwardError
from onward.core.names import Name
from onward.core.project import Declared, Role
from onward.workflows.diagnosis import Conflict, Diagnosis
from onward.workflows.entering import judge_entering, judge_names
from onward.workflows.resolve import Action, Resolver, Unsolvable

_MOST_TRIED = 8  # own lines that are tried one by one; each costs one run of uv


def diagnose(
    resolver: Resolver, action: Action, failed: Unsolvable, names: Sequence[Name]
) -> Diagnosis:
    """Find out why ``action`` could not be resolved.

    First it is tried with nothing held back: if that works, what is in the way is the
    policy, and the packages it would have brought say why. If not, the project's own lines
    that the resolver names are loosened one by one, until one of them makes it work.
    """
    named = judge_names(resolver, names)
    if named.blocked:
        return Diagnosis(decision=named)
    try:
        free = resolver.resolve(action, unguarded=True)
    except Unsolvable as error:
        return Diagnosis(
            conflict=_find_conflict(resolver, action, error, names), words=error.context
        )
    except OnwardError:
        return Diagnosis(words=failed.context)
    return Diagnosis(decision=judge_entering(resolver, free), words=failed.context)


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
