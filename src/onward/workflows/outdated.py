"""What is newer than what is locked: how far the policy lets it go, and what holds the rest back."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from onward.core.artifact import Artifact
from onward.core.errors import OnwardError
from onward.core.lock import LockedPackage
from onward.core.names import Name
from onward.core.perform import counted
from onward.core.project import Declared, Project, Role
from onward.domain.bounds import lets_in
from onward.domain.guard.advisories import hitting
from onward.domain.version_order import parse
from onward.workflows.offers import Offer, offers_of
from onward.workflows.resolve import Resolver

_THREADS = 8


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one package stands.

    ``allowed`` is the newest release that policy and Python let in, ``newest`` the newest
    there is (both empty when nothing is newer than ``version``). ``why`` says what is
    between them, one sentence each: what the policy holds back and until when, and own
    lines that bind. ``ids`` are the advisories that hit the current one. ``trouble`` says why it
    could not be looked up; then nothing else is known.
    """

    name: Name
    version: str
    allowed: str = ""
    newest: str = ""
    why: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    direct: bool = False
    trouble: str = ""

    @property
    def outdated(self) -> bool:
        """Whether there is anything newer."""
        return bool(self.allowed or self.newest)


class Outdated(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: every package looked at, and the declared names without any version to compare with."""

    packages: tuple[Standing, ...]
    unpinned: tuple[Name, ...] = ()


def look_for_newer(resolver: Resolver, *, direct_only: bool = False) -> Outdated:
    """Compare what is locked (or pinned, without a lock) with what the indexes offer.

    Pages come through the guarded shelves, a few at a time. A package whose index could
    not be asked has ``trouble``; it never counts as up to date.
    """
    project = resolver.situation.project
    direct = {d.name for d in project.declared if d.role is not Role.constraint}
    packages = _packages(project)
    if direct_only:
        packages = [package for package in packages if package.name in direct]

    def look(package: LockedPackage) -> Standing:
        return _standing(resolver, package, direct=package.name in direct)

    with ThreadPoolExecutor(_THREADS) as pool:
        every = pool.map(look, packages)
        found = tuple(counted(every, len(packages), "projects looked at", resolver.listen))
    known = {package.name for package in packages}
    unpinned = sorted({d.name for d in project.declared if _open(d)} - known)
    return Outdated(packages=found, unpinned=() if project.lock else tuple(unpinned))


def _packages(project: Project) -> list[LockedPackage]:
    if project.lock is not None:
        found = [p for p in project.lock.packages if not p.is_workspace_member and p.version]
    else:
        found = [pin for declared in project.declared if (pin := _pin(declared)) is not None]
    # of a lock that forks, the newest of each name: an older one is there for an older Python or another platform
    unique: dict[Name, LockedPackage] = {}
    for package in found:
        kept = unique.setdefault(package.name, package)
        if _is_later(package.version, kept.version):
            unique[package.name] = package
    return [unique[name] for name in sorted(unique)]


def _is_later(version: str, other: str) -> bool:
    here, there = parse(version), parse(other)
    return here is not None and (there is None or here > there)


def _pin(declared: Declared) -> LockedPackage | None:
    """Give the package that a requirement pins to one version, or None."""
    try:
        clauses = list(Requirement(declared.requirement).specifier)
    except InvalidRequirement:
        return None
    exact = [c for c in clauses if c.operator in ("==", "===") and not c.version.endswith(".*")]
    if len(exact) != 1 or declared.is_direct or declared.role is Role.constraint:
        return None
    version = exact[0].version
    file = Artifact(name=declared.name, version=version, source="")
    return LockedPackage(name=declared.name, version=version, artifacts=(file,))


def _open(declared: Declared) -> bool:
    return bool(declared.name) and not declared.is_direct and declared.role is not Role.constraint


def _standing(resolver: Resolver, package: LockedPackage, *, direct: bool) -> Standing:
    advisories = resolver.situation.advice.about(package.name)
    standing = Standing(
        name=package.name,
        version=package.version,
        direct=direct,
        ids=tuple(advisory.id for advisory in hitting(advisories, package.version)),
    )
    try:
        offers = offers_of(resolver, package)
    except OnwardError as error:
        return msgspec.structs.replace(standing, trouble=error.message)
    if offers is None:
        word = (
            "no index offers it" if package.kind == "registry" else f"it comes from {package.kind}"
        )
        return msgspec.structs.replace(standing, why=(word,))
    newer = [offer for offer in offers if _above(offer, package.version)]
    wanted = [offer for offer in newer if not offer.withdrawn]
    allowed = next((offer for offer in newer if offer.allowed), None)
    newest = wanted[0] if wanted else None
    why = _held(newest, allowed) + _bound(resolver.situation.project.declared, package, allowed)
    return msgspec.structs.replace(
        standing,
        allowed=allowed.version if allowed else "",
        newest=newest.version if newest else "",
        why=tuple(why),
    )


def _above(offer: Offer, version: str) -> bool:
    here, there = parse(version), parse(offer.version)
    return here is None or (there is not None and there > here)


def _held(newest: Offer | None, allowed: Offer | None) -> list[str]:
    """Say what keeps the newest release out."""
    if newest is None or newest is allowed or newest.allowed:
        return []
    why = [f"{finding.message} [{finding.rule}]" for finding in newest.blocked]
    if newest.needs_python:
        why.append(f"{newest.version} needs Python {newest.needs_python}")
    return why


def _bound(
    declared: Sequence[Declared], package: LockedPackage, allowed: Offer | None
) -> list[str]:
    """Say which own lines keep the allowed release out."""
    if allowed is None:
        return []
    lines = [
        d
        for d in declared
        if d.name == package.name
        and d.role is not Role.build
        and not lets_in(d.requirement, allowed.version)
    ]
    return list(
        dict.fromkeys(
            f"`{d.original or d.requirement}` at {d.place} keeps {allowed.version} out"
            for d in lines
        )
    )
