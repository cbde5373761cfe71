"""What the guard finds on one package or release today, as if it were about to enter this project."""

from collections.abc import Sequence

import msgspec

from onward.core.artifact import Artifact
from onward.core.errors import BadInput
from onward.core.finding import Finding, Release
from onward.core.lock import LockedPackage
from onward.core.names import parse_name
from onward.domain.guard.advisories import canonical
from onward.domain.guard.releases import Judged
from onward.domain.version_order import newest_first
from onward.workflows.entering import licence_findings
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation


def findings_on(situation: Situation, release: Release) -> tuple[Finding, ...]:
    """Judge a release (or, with no version, a project) by the page of the index it would come from.

    Raises OutsideFailed when the index could not be asked, and BadInput (``not-on-offer``)
    when no index has it: neither is "nothing found".
    """
    name = parse_name(release.name)
    resolver = Resolver(situation, situation.judge())
    for spec in situation.uv_settings.indexes:
        counter = resolver.counters.get(spec.key)
        view = counter.guarded.view(name) if counter is not None and not spec.explicit else None
        if counter is None or view is None:
            continue
        if not release.version:
            return view.judged.project
        listed = counter.guarded.listed(name, anew=False) or ()
        judged = with_licence(resolver, view.judged, listed, release)
        found = judged.on(release.version)
        if not found and not judged.project:
            _must_have(listed, release, spec.address)
        return (*judged.project, *found)
    raise BadInput("not-on-offer", f"no index that is asked over http has `{release.name}`")


def with_licence(
    resolver: Resolver, judged: Judged, listed: Sequence[Artifact], release: Release
) -> Judged:
    """Give a judgement with what the licence of one release adds to it, where the policy has a list.

    ``listed`` are the files of its project. Without a version it is the newest final release.
    """
    newest = newest_first({file.version for file in listed})[:1]
    wanted = {canonical(text) for text in ([release.version] if release.version else newest)}
    files = tuple(file for file in listed if canonical(file.version) in wanted)
    if not files:
        return judged
    first = files[0]
    package = LockedPackage(
        name=first.name, version=first.version, source=first.source, artifacts=files
    )
    found = licence_findings(resolver, [package])
    every = {**judged.releases, first.version: (*judged.on(first.version), *found)}
    return msgspec.structs.replace(judged, releases=every) if found else judged


def _must_have(listed: Sequence[Artifact], release: Release, address: str) -> None:
    if not any(canonical(file.version) == canonical(release.version) for file in listed):
        raise BadInput("not-on-offer", f"{address} has no `{release.name}` {release.version}")
