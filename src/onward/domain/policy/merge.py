"""One policy from what the project and its organisation wrote.

An organisation's settings are floors too. Its cool-down can only be lengthened, its
stricter profile stays, private names are united, and ``allow_only`` and ``indexes`` can only
be narrowed: of two lists that counts which both cover, so neither can let in what the other
keeps out. Of two lists of ``licences`` both count. ``may_loosen = true`` in its ``[guard]`` turns
cool-down and the lists into defaults. Private names are united even then: claiming a name takes nothing away.
"""

import datetime as dt
from collections.abc import Sequence

import msgspec

from onward.core.errors import BadInput
from onward.core.policy import Level, Row, Source
from onward.domain.policy.defaults import builtin_rows
from onward.domain.policy.globs import name_test
from onward.domain.policy.loosening import Review
from onward.domain.policy.model import BY_DEFAULT, DEFAULT_COOLDOWN, Policy
from onward.domain.policy.read import Document, Guard, Written, read_document
from onward.domain.policy.rule import Profile

_NOTHING = Written(file="")


def read_policy(
    project: Document | None = None,
    organisation: Document | None = None,
    options: Sequence[Row] = (),
) -> Policy:
    """Give the policy that two parsed tables make together; ``options`` are rows of this one call.

    Raises BadInput (``bad-policy``) with every fault of both files in its context.
    """
    faults: list[str] = []
    near = read_document(project, Source.project, faults) if project else _NOTHING
    far = read_document(organisation, Source.organisation, faults) if organisation else _NOTHING
    policy = _merge(near, far, options)
    if not faults:
        faults = _without_reason(policy)
    if faults:
        files = dict.fromkeys(fault.partition(": ")[0] for fault in faults)
        raise BadInput(
            "bad-policy",
            f"the settings in {' and '.join(f'`{file}`' for file in files)} cannot be used",
            context=tuple(faults),
            hint="Mend each of them; `onward explain RULE` says what a rule is.",
        )
    return policy


def _merge(near: Written, far: Written, options: Sequence[Row]) -> Policy:
    origins: dict[str, str] = {}
    profile = _profile(near, far, origins)
    guard = _guard(near, far, origins)
    settings: dict[str, object] = {}
    for key in ("kind", "python", "platforms", "tasks", "check"):
        said = getattr(near, key)
        origins[key] = BY_DEFAULT if said is None else near.where(key)
        if said is not None:
            settings[key] = said
    policy = Policy(
        rows=(
            *(msgspec.structs.replace(row, source=Source.option) for row in options),
            *near.rows,
            *_list_row(near, Source.project, False),
            *far.rows,
            *_list_row(far, Source.organisation, far.guard.may_loosen),
            *builtin_rows(profile, near.check.configured if near.check else ()),
        ),
        profile=profile,
        cooldown=guard.cooldown if guard.cooldown is not None else DEFAULT_COOLDOWN,
        private=guard.private or (),
        allow_only=guard.allow_only,
        indexes=guard.indexes or (),
        licences=_licences(near, far, origins),
        origins=origins,
    )
    return msgspec.structs.replace(policy, **settings)


def _list_row(part: Written, source: Source, may_loosen: bool) -> tuple[Row, ...]:
    if part.guard.allow_only is None:
        return ()
    return (
        Row(
            match="guard/not-allowed",
            level=Level.enforce,
            why="there is a list of what is allowed",
            may_loosen=may_loosen,
            source=source,
            where=part.where("guard.allow_only"),
        ),
    )


def _profile(near: Written, far: Written, origins: dict[str, str]) -> Profile:
    said = [part for part in (far, near) if part.profile is not None]
    best = max(said, key=lambda part: (part.profile or Profile.relaxed).strictness, default=None)
    if best is None or best.profile is None:
        origins["profile"] = BY_DEFAULT
        return Profile.standard
    origins["profile"] = best.where("profile")
    if near.profile is not None and near.profile is not best.profile:
        origins["profile"] += f" (the project's {near.profile} is weaker and does not count)"
    return best.profile


def _guard(near: Written, far: Written, origins: dict[str, str]) -> Guard:
    free = far.guard.may_loosen
    allow_only = _one_list(near, far, "allow_only", origins, free)
    indexes = _one_list(near, far, "indexes", origins, free)
    if indexes == () and far.guard.indexes:
        # nothing in common: an empty list would mean the machine's own indexes, which is wider
        indexes = far.guard.indexes
        origins["guard.indexes"] = (
            far.where("guard.indexes") + " (the project's are not among them)"
        )
    said = [part for part in (far, near) if part.guard.private]
    origins["guard.private"] = " and ".join(p.where("guard.private") for p in said) or BY_DEFAULT
    return Guard(
        cooldown=_cooldown(near, far, origins, free),
        private=tuple(dict.fromkeys(g for part in said for g in part.guard.private or ())),
        allow_only=allow_only,
        indexes=indexes,
        may_loosen=free,
    )


def _licences(near: Written, far: Written, origins: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    """Give the lists that count: both, for a project may keep out more than its organisation, not less."""
    said = [part for part in (far, near) if part.guard.licences is not None]
    if far.guard.may_loosen:
        said = said[-1:]
    origins["guard.licences"] = " and ".join(p.where("guard.licences") for p in said) or BY_DEFAULT
    return tuple(part.guard.licences for part in said if part.guard.licences)


def _cooldown(
    near: Written, far: Written, origins: dict[str, str], free: bool
) -> dt.timedelta | None:
    mine, floor = near.guard.cooldown, far.guard.cooldown
    if mine is None and floor is None:
        origins["guard.cooldown"] = BY_DEFAULT
        return None
    if mine is not None and (floor is None or free or mine >= floor):
        origins["guard.cooldown"] = near.where("guard.cooldown")
        return mine
    origins["guard.cooldown"] = far.where("guard.cooldown")
    if mine is not None:
        origins["guard.cooldown"] += " (the project's is shorter and does not count)"
    return floor


def _one_list(
    near: Written, far: Written, key: str, origins: dict[str, str], free: bool
) -> tuple[str, ...] | None:
    mine: tuple[str, ...] | None = getattr(near.guard, key)
    theirs: tuple[str, ...] | None = getattr(far.guard, key)
    name = f"guard.{key}"
    if mine is None and theirs is None:
        origins[name] = BY_DEFAULT
        return None
    if mine is None or theirs is None or free:
        origins[name] = near.where(name) if mine is not None else far.where(name)
        return mine if mine is not None else theirs
    origins[name] = f"{far.where(name)} and {near.where(name)} (what both allow)"
    if key == "indexes":
        return tuple(address for address in mine if address in theirs)
    return common(mine, theirs)


def common(one: Sequence[str], two: Sequence[str]) -> tuple[str, ...]:
    """Give the patterns that let through only names which both lists let through.

    Patterns that merely overlap are left out: narrower than needed, never wider.
    """
    both = [glob for glob in one if _covered(glob, two)]
    both += [glob for glob in two if _covered(glob, one)]
    return tuple(dict.fromkeys(both))


def _covered(glob: str, by: Sequence[str]) -> bool:
    # read as a text, a pattern fits a wider one that has no wildcard but `*`
    return any(
        glob == wider or (not set("?[") & set(wider) and bool(name_test(wider)(glob)))
        for wider in by
    )


def _without_reason(policy: Policy) -> list[str]:
    silent = [
        row
        for row in policy.rows
        if not row.why
        and row.source in (Source.project, Source.organisation)
        and row.level is not Level.enforce
    ]
    if not silent:
        return []
    review = Review(policy.rows, dt.date.min)
    faults: dict[str, None] = {}
    for row in silent:
        if review.loosens(row):
            faults[
                f"{row.where}.why: is missing; this row makes something weaker, so it needs a reason"
            ] = None
    return list(faults)
