"""What the guard finds on one package or release today, as if it were about to enter this project."""

from onward.core.finding import Finding, Release
from onward.core.names import parse_name
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation


def findings_on(situation: Situation, release: Release) -> tuple[Finding, ...]:
    """Judge a release (or, with no version, a project) by the page of the index it would come from.

    Raises OutsideFailed when the index could not be asked: that is not "nothing found".
    """
    name = parse_name(release.name)
    resolver = Resolver(situation, situation.judge())
    for spec in situation.uv_settings.indexes:
        counter = resolver.counters.get(spec.key)
        view = counter.guarded.view(name) if counter is not None and not spec.explicit else None
        if view is not None:
            return (*view.judged.project, *view.judged.releases.get(release.version, ()))
    return ()
