"""What the guard finds on one package or release today, as if it were about to enter this project."""

from onward.core.errors import BadInput
from onward.core.finding import Finding, Release
from onward.core.names import parse_name
from onward.domain.guard.advisories import canonical
from onward.shelves.guarded import Guarded
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
        found = view.judged.on(release.version) if release.version else ()
        if release.version and not found and not view.judged.project:
            _must_have(counter.guarded, release, spec.address)
        return (*view.judged.project, *found)
    raise BadInput("not-on-offer", f"no index that is asked over http has `{release.name}`")


def _must_have(index: Guarded, release: Release, address: str) -> None:
    files = index.listed(parse_name(release.name), anew=False) or ()
    if not any(canonical(file.version) == canonical(release.version) for file in files):
        raise BadInput("not-on-offer", f"{address} has no `{release.name}` {release.version}")
