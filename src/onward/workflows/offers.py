"""What an index offers of a locked package, and what of it the policy and the project's Python allow."""

import datetime as dt
from collections.abc import Sequence

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from onward.adapters import simple_api
from onward.core.artifact import Artifact, Origin
from onward.core.finding import Finding
from onward.core.lock import LockedPackage
from onward.domain.version_order import parse
from onward.workflows.counter import Counter
from onward.workflows.judge import Judge
from onward.workflows.resolve import Resolver


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One release on offer.

    ``blocked`` are the findings that keep it out, ``withdrawn`` says that nobody should
    want it (yanked or malicious), ``needs_python`` is what it asks for where that does not
    fit the project's Python (else empty).
    """

    version: str
    uploaded: dt.datetime | None = None
    blocked: tuple[Finding, ...] = ()
    withdrawn: bool = False
    needs_python: str = ""

    @property
    def allowed(self) -> bool:
        """Whether it may be taken."""
        return not (self.blocked or self.withdrawn or self.needs_python)


_WITHDRAWN = ("guard/yanked", "guard/yanked-locked", "guard/malicious")


def counter_for(resolver: Resolver, package: LockedPackage) -> Counter | None:
    """Give the index to ask about a package: the one it came from, else the default; None when neither is asked over http."""
    for counter in resolver.counters.values():
        if counter.spec.address.rstrip("/") == package.source.rstrip("/"):
            return counter
    return resolver.counters.get(resolver.situation.uv_settings.default.key)


def offers_of(resolver: Resolver, package: LockedPackage) -> tuple[Offer, ...] | None:
    """Give every readable release on offer, newest first; None when no index answers for this package.

    Previews are left out unless the locked version is one. Raises OutsideFailed when the
    index could not be asked.
    """
    counter = counter_for(resolver, package) if package.origin is Origin.registry else None
    view = counter.guarded.view(package.name) if counter is not None else None
    if counter is None or view is None:
        return None
    body = counter.guarded.body(package.name, view)
    page = simple_api.read_page(body, simple_api.JSON, counter.spec.address, package.name)
    releases = simple_api.artifacts_of(page, package.name, counter.spec.address)
    current = parse(package.version)
    previews = current is not None and current.is_prerelease
    found: list[tuple[Version, Offer]] = []
    for version, files in releases.items():
        read = parse(version)
        if read is not None and (previews or not read.is_prerelease):
            found.append(
                (
                    read,
                    _offer(version, files, view.judged.on(version), resolver.judge),
                )
            )
    return tuple(offer for _, offer in sorted(found, key=lambda pair: pair[0], reverse=True))


def _offer(
    version: str, files: Sequence[Artifact], findings: Sequence[Finding], judge: Judge
) -> Offer:
    blocked = tuple(f for f in findings if judge.blocks(f))
    times = [file.uploaded for file in files if file.uploaded is not None]
    wanted = [file.requires_python or "" for file in files]
    return Offer(
        version=version,
        uploaded=min(times, default=None),
        blocked=blocked,
        withdrawn=any(f.rule in _WITHDRAWN for f in findings)
        or (not blocked and all(file.yanked is not None for file in files)),
        needs_python="" if any(_runs_on(w, judge.setting.python) for w in wanted) else wanted[0],
    )


def _runs_on(specifier: str, python: tuple[int, int]) -> bool:
    try:
        bounds = SpecifierSet(specifier)
    except InvalidSpecifier:
        return True
    # the patch level is not known here; a release may ask for a late one
    return any(bounds.contains(f"{python[0]}.{python[1]}.{patch}") for patch in (0, 99))
