"""What is about to enter a project, judged: the packages of a new lock that the old one did not hold."""

from collections.abc import Iterable, Sequence

import msgspec

from onward.core.finding import Finding, Release
from onward.core.lock import Lock, LockDiff, LockedPackage
from onward.core.names import Name, parse_name
from onward.core.policy import Decision
from onward.domain.guard.licences import judge_licence, lists_for
from onward.domain.guard.locks import judge_source, judge_wheels, wheel_fits
from onward.domain.guard.reach import Reach
from onward.domain.guard.releases import Judged
from onward.domain.policy.decide import decide
from onward.domain.version_order import newest_first
from onward.workflows.advice import feed_findings
from onward.workflows.resolve import Resolved, Resolver
from onward.workflows.stated_licences import stated_licences

_WITHDRAWN = (
    "guard/yanked",
    "guard/malicious",
)  # nobody would want these; not being offered them is no news


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What one requested package brings: itself and what enters with it, their size in bytes, licences by name.

    A licence is empty when the package states none; a name without one was not looked up.
    """

    name: str
    version: str
    packages: tuple[str, ...]
    size: int
    licences: dict[str, str] = {}


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A newer version that was stepped over, and the findings that say why."""

    name: str
    version: str
    instead_of: str
    because: tuple[Finding, ...]


def judge_entering(resolver: Resolver, resolved: Resolved) -> Decision:
    """Judge every package that enters or changes, indirect ones too, on the evidence of its page.

    A package that we did not serve (another source) is judged by the lock alone and is
    ``guard/foreign-source`` besides.
    """
    reach = resolver.judge.reach_of(resolved.lock)
    findings = [
        f for package in resolved.diff.entering for f in _findings(resolver, package, reach)
    ]
    findings += licence_findings(resolver, resolved.diff.entering)
    policy, now = resolver.situation.policy, resolver.judge.now
    findings += feed_findings(resolver.situation.advice, now)
    return decide(findings, policy.rows, now.date())


def licence_findings(resolver: Resolver, entering: Sequence[LockedPackage]) -> list[Finding]:
    """Give the findings on licences, for which metadata is asked only where the policy has a list."""
    setting = resolver.judge.setting
    packages = [p for p in entering if not p.is_workspace_member and lists_for(p.name, setting)]
    known = stated_licences(resolver, packages)
    found = []
    for package in packages:
        subject = Release(name=package.name, version=package.version, source=package.source)
        if finding := judge_licence(subject, known.get(package.name), setting.licences):
            found.append(finding)
    return found


def _findings(resolver: Resolver, package: LockedPackage, reach: Reach) -> tuple[Finding, ...]:
    default = resolver.situation.uv_settings.default.address
    judge = resolver.judge
    view = resolver.view_of(package)
    if view is None:
        return judge.on_package(package, default, entering=True, reach=reach)
    judged = view.judged
    found = [*judged.project, *judged.on(package.version)]
    found += [f for a in package.artifacts for f in judged.files.get(a.filename, ())]
    found += judge_source(package, judge.setting, default) + judge_wheels(
        package, judge.setting, reach
    )
    return tuple(found)


def held_back(
    resolver: Resolver, resolved: Resolved, also: Iterable[Name] = ()
) -> tuple[Held, ...]:
    """Give, for each package that entered or was asked for, the newest release that was stepped over."""
    wanted = {p.name: p for p in resolved.diff.entering}
    for name in also:
        for package in resolved.lock.named(name):
            wanted.setdefault(name, package)
    found = []
    for name, package in wanted.items():
        view = resolver.view_of(package)
        if view is not None and (
            held := _newest_held(name, package.version, view.judged, resolver)
        ):
            found.append(held)
    return tuple(found)


def _newest_held(name: Name, chosen: str, judged: Judged, resolver: Resolver) -> Held | None:
    for version in newest_first(judged.releases, above=chosen):
        because = tuple(f for f in judged.releases[version] if resolver.judge.blocks(f))
        because = () if any(f.rule in _WITHDRAWN for f in because) else because
        if because:
            return Held(name=name, version=version, instead_of=chosen, because=because)
    return None


def brought_by(
    names: Sequence[Name], diff: LockDiff, lock: Lock, platform: str, python: tuple[int, int]
) -> tuple[Brought, ...]:
    """Give what each requested package brings: all that enters and that it needs, directly or not."""
    entering = {package.name: package for package in diff.entering}
    found = []
    for name in names:
        if name not in entering:
            continue
        reached = _reach(name, lock) & set(entering)
        size = sum(download_size(entering[n], platform, python) for n in reached)
        found.append(
            Brought(
                name=name,
                version=entering[name].version,
                packages=tuple(sorted(reached)),
                size=size,
            )
        )
    return tuple(found)


def _reach(name: Name, lock: Lock) -> set[Name]:
    edges: dict[Name, set[Name]] = {}
    for package in lock.packages:  # where the lock forks, what any of the versions needs
        needed = edges.setdefault(package.name, set())
        for each in (package.dependencies, *package.optional.values()):
            needed |= {d.name for d in each}
    seen: set[Name] = set()
    todo = [name]
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo.extend(edges.get(here, ()))
    return seen


def download_size(package: LockedPackage, platform: str, python: tuple[int, int]) -> int:
    """Give the bytes of the file that this machine would fetch: a fitting wheel, else the sdist."""
    fitting = [
        a for a in package.artifacts if a.is_wheel and wheel_fits(a.filename, platform, python)
    ]
    chosen = fitting or [a for a in package.artifacts if not a.is_wheel]
    return min((a.size or 0 for a in chosen), default=0)


def judge_names(resolver: Resolver, names: Sequence[Name]) -> Decision:
    """Judge names alone, as they would come from the default index, with what its pages say of them whole."""
    findings: list[Finding] = []
    default = resolver.situation.uv_settings.default
    counter = resolver.counters.get(default.key)
    for name in names:
        if counter is not None and not _elsewhere(resolver, name):
            findings.extend(resolver.judge.on_name(name, counter.facts))
    return decide(findings, resolver.situation.policy.rows, resolver.judge.now.date())


def _elsewhere(resolver: Resolver, name: Name) -> bool:
    """Whether the project says that this name comes from another place than the default index."""
    sources = resolver.situation.project.pyproject.get("tool", {}).get("uv", {}).get("sources", {})
    if any(parse_name(word) == name for word in sources):
        return True
    return any(
        not spec.default and not spec.explicit for spec in resolver.situation.uv_settings.indexes
    )
