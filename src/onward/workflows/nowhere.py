"""What no index has: a name nobody knows, or a version that was never there."""

from collections.abc import Sequence
from difflib import get_close_matches

from packaging.requirements import InvalidRequirement, Requirement

from onward.core.errors import OnwardError
from onward.core.names import Name, parse_name
from onward.domain.version_order import newest_first
from onward.workflows.resolve import Resolver


def nowhere(resolver: Resolver, names: Sequence[Name], asked: Sequence[str]) -> tuple[str, ...]:
    """Give a sentence for each of ``names`` that no index knows, and for each of ``asked`` that none has a version of.

    ``asked`` are requirement texts. Folders of files are uv's to look into: with them
    nobody here can say that something is nowhere.
    """
    settings = resolver.situation.uv_settings
    if settings.carried.get("no-index") or settings.find_links:
        return ()
    if any(not spec.remote for spec in settings.indexes):
        return ()
    try:
        unknown = [_unknown(resolver, name) for name in names if _is_unknown(resolver, name)]
        return tuple(unknown or [words for text in asked if (words := _missing(resolver, text))])
    except OnwardError:
        return ()


def _is_unknown(resolver: Resolver, name: Name) -> bool:
    return all(counter.guarded.view(name) is None for counter in resolver.counters.values())


def _unknown(resolver: Resolver, name: Name) -> str:
    indexes = ", ".join(c.spec.address for c in resolver.counters.values())
    near = get_close_matches(name, resolver.situation.popular.names, n=1, cutoff=0.75)
    meant = f"; did you mean `{near[0]}`?" if near else ""
    return f"there is no project `{name}` on {indexes}{meant}"


def _missing(resolver: Resolver, text: str) -> str:
    """Give the sentence for a requirement that no release fits, held back or not; else an empty text."""
    try:
        read = Requirement(text)
    except InvalidRequirement:
        return ""
    if read.url or not read.specifier:
        return ""
    name = parse_name(read.name)
    known: dict[str, bool] = {}  # version: whether the policy lets it pass
    for counter in resolver.counters.values():
        view = counter.guarded.view(name)
        for file in (counter.guarded.listed(name, anew=False) or ()) if view else ():
            blocked = view is not None and any(
                resolver.judge.blocks(f)
                for f in (*view.judged.project, *view.judged.on(file.version))
            )
            known[file.version] = known.get(file.version, False) or not blocked
    if not known or any(read.specifier.contains(v, prereleases=True) for v in known):
        return ""
    ordered = newest_first(known)
    allowed = next((version for version in ordered if known[version]), None)
    newest = f": the newest is {ordered[0]}" if ordered else ""
    if allowed is None:
        newest += ", and the policy lets none pass"
    elif allowed != ordered[0]:
        newest += f", the newest that the policy lets pass {allowed}"
    return f"there is no `{read.name}` that fits `{read.specifier}`{newest}"
