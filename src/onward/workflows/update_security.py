"""``onward update --security``: only what an advisory hits moves, and no further than it must."""

from collections.abc import Mapping, Sequence

import msgspec

from onward.core.finding import Finding
from onward.core.lock import LockedPackage
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory, free_of, hitting
from onward.domain.version_order import parse
from onward.workflows.offers import Offer, offers_of
from onward.workflows.resolve import Resolved, Resolver
from onward.workflows.unresolved import HeldBack, Unsolvable
from onward.workflows.update import Unfixed, UpdatePlan, planned, resolve_to, unsolved

_MOST_TRIED = 8  # versions of one package that are tried one by one; each costs one run of uv


class _Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A locked package that advisories hit; ``ways`` are the versions that mend it, the best first."""

    package: LockedPackage
    advisories: tuple[Advisory, ...]
    ways: tuple[str, ...]
    why_none: tuple[str, ...] = ()


def plan_security(resolver: Resolver, names: Sequence[Name] = ()) -> UpdatePlan:
    """Plan to move each package (of ``names``, if any) that an advisory hits, indirect ones too.

    Each goes to the lowest version that no advisory hits and the policy allows; a higher
    one is tried when that does not fit the rest. What cannot be mended is in ``unfixed``,
    with the reason. Raises what ``Resolver.resolve`` raises except Unsolvable.
    """
    title = "Update what advisories hit"
    hits = _hits(resolver, names)
    wanted = {hit.package.name: hit.ways for hit in hits if hit.ways}
    pins, failed, resolved = _fit(resolver, wanted)
    if resolved is None:
        try:
            resolved = _attempt(resolver, {})
        except (Unsolvable, HeldBack) as error:
            return UpdatePlan(proposal=unsolved(resolver, title, error, ()))
    plan = planned(resolver, title, resolved, list(pins) or [h.package.name for h in hits])
    return msgspec.structs.replace(
        plan,
        unfixed=tuple(_unfixed(hit, resolved, failed) for hit in hits if _remains(hit, resolved)),
    )


def _hits(resolver: Resolver, names: Sequence[Name]) -> list[_Hit]:
    lock = resolver.situation.project.lock
    found = []
    for package in lock.packages if lock else ():
        if package.is_workspace_member or (names and package.name not in names):
            continue
        advisories = resolver.situation.advice.about(package.name)
        if hit := hitting(advisories, package.version):
            found.append(_hit(resolver, package, hit, advisories))
    return found


def _hit(
    resolver: Resolver,
    package: LockedPackage,
    hit: tuple[Advisory, ...],
    advisories: Sequence[Advisory],
) -> _Hit:
    offers = offers_of(resolver, package)
    if offers is None:
        why = ("no index offers it, so nothing is known of other versions",)
        return _Hit(package=package, advisories=hit, ways=(), why_none=why)
    current = parse(package.version)
    free = set(free_of(advisories, [offer.version for offer in offers]))
    clean = [offer for offer in offers if offer.version in free]
    above = [o for o in clean if current is None or _is_above(o, package.version)]
    ways = [o.version for o in reversed(above) if o.allowed]
    if any(advisory.malicious for advisory in hit):  # then any older one is better than this
        ways += [o.version for o in clean if o.allowed and o.version not in ways]
    return _Hit(
        package=package, advisories=hit, ways=tuple(ways), why_none=() if ways else _why_none(above)
    )


def _is_above(offer: Offer, version: str) -> bool:
    here, there = parse(version), parse(offer.version)
    return here is not None and there is not None and there > here


def _why_none(above: Sequence[Offer]) -> tuple[str, ...]:
    held: list[Finding] = [f for o in reversed(above) if not o.withdrawn for f in o.blocked]
    if held:
        return tuple(dict.fromkeys(f"{f.message} [{f.rule}]" for f in held[:3]))
    if needs := [o for o in above if o.needs_python]:
        return (f"{needs[0].version} would mend it, but needs Python {needs[0].needs_python}",)
    return ("there is no release yet that is free of advisories",)


def _fit(
    resolver: Resolver, wanted: Mapping[Name, tuple[str, ...]]
) -> tuple[dict[Name, str], dict[Name, tuple[str, ...]], Resolved | None]:
    """Give (version for each package that fits, uv's words for each that does not, the files)."""
    if not wanted:
        return {}, {}, None
    first = {name: versions[0] for name, versions in wanted.items()}
    try:
        return first, {}, _attempt(resolver, first)
    except (Unsolvable, HeldBack):
        pass
    pins: dict[Name, str] = {}
    failed: dict[Name, tuple[str, ...]] = {}
    resolved: Resolved | None = None
    for name, versions in wanted.items():
        for version in versions[:_MOST_TRIED]:
            resolver.listen("start", f"Trying {name} {version} by itself")
            try:
                resolved = _attempt(resolver, {**pins, name: version})
            except (Unsolvable, HeldBack) as error:
                failed.setdefault(name, error.context)
            else:
                pins[name] = version
                failed.pop(name, None)
                break
    return pins, failed, resolved


def _attempt(resolver: Resolver, pins: Mapping[Name, str]) -> Resolved:
    return resolve_to(resolver, {name: (version,) for name, version in pins.items()})


def _remains(hit: _Hit, resolved: Resolved) -> bool:
    return any(p.key == hit.package.key for p in resolved.lock.named(hit.package.name))


def _unfixed(hit: _Hit, resolved: Resolved, failed: Mapping[Name, tuple[str, ...]]) -> Unfixed:
    name = hit.package.name
    why = hit.why_none
    if name in failed:
        why = (f"{hit.ways[0]} would mend it, but does not fit the rest:", *failed[name][:6])
    elif not why:
        why = ("the resolver kept it",)
    return Unfixed(
        name=name,
        version=hit.package.version,
        ids=tuple(advisory.id for advisory in hit.advisories),
        why=why,
    )
