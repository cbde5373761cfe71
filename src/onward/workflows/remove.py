"""Remove libraries, and say where the code still imports them."""

from collections.abc import Sequence
from difflib import get_close_matches

from onward.adapters.installed import read_environment
from onward.core.errors import BadInput
from onward.core.finding import Place
from onward.core.names import Name, parse_name
from onward.core.project import Project, Role
from onward.workflows.imports_in_code import imports_of
from onward.workflows.proposal import Proposal, propose
from onward.workflows.resolve import Resolver


def propose_remove(
    resolver: Resolver, words: Sequence[str], options: Sequence[str] = ()
) -> Proposal:
    """Give what removing the named libraries would do.

    ``options`` say from which group or extra; without them the one that declares the names
    is found. Raises BadInput (``not-declared``, ``several-groups``) when that is not clear.
    """
    names = [parse_name(word) for word in words]
    chosen = options or _where_declared(resolver.situation.project, names)
    title = f"Remove {', '.join(names)}"
    return propose(resolver, title, lambda uv, cwd: uv.remove(cwd, names, chosen))


def _where_declared(project: Project, names: Sequence[Name]) -> tuple[str, ...]:
    declared = [d for d in project.declared if d.role in (Role.main, Role.group, Role.extra)]
    missing = [name for name in names if not any(d.name == name for d in declared)]
    if missing:
        known = sorted({d.name for d in declared})
        near = {name: get_close_matches(name, known, n=1) for name in missing}
        raise BadInput(
            "not-declared",
            "the project does not declare " + ", ".join(f"`{name}`" for name in missing),
            context=tuple(f"did you mean `{found[0]}`?" for found in near.values() if found),
            hint="`onward why NAME` says whether something else brings it.",
        )
    places = {(d.role, d.group) for d in declared if d.name in names}
    common = [
        p
        for p in places
        if all(any(d.name == n and (d.role, d.group) == p for d in declared) for n in names)
    ]
    if len(places) > 1 and (Role.main, "") in common:
        common = [(Role.main, "")]
    if len(common) != 1:
        lines = tuple(f"{d.name}: {d.place}" for d in declared if d.name in names)
        raise BadInput(
            "several-groups",
            "these are declared in several places",
            context=lines,
            hint="Say which one is meant: --group NAME, --dev or --optional EXTRA.",
        )
    role, group = common[0]
    return {Role.group: ("--group", group), Role.extra: ("--optional", group)}.get(role, ())


def still_imported(
    resolver: Resolver, proposal: Proposal, words: Sequence[str]
) -> dict[Name, tuple[Place, ...]]:
    """Give where the project's code still imports what leaves the lock, or what ``words`` take out of its own lines."""
    project = resolver.situation.project
    names = {package.name for package in proposal.diff.removed} | set(map(parse_name, words))
    if not proposal.solved:
        return {}
    found = imports_of(project.root, names, read_environment(project.environment))
    return {name: places for name, places in found.places.items() if places}


def brought_by(proposal: Proposal, name: Name) -> tuple[Name, ...]:
    """Give what still needs ``name`` in the lock as it would become; empty when it leaves."""
    packages = proposal.lock.packages if proposal.lock is not None else ()
    found = {p.name for p in packages if any(d.name == name for d in p.dependencies)}
    return tuple(sorted(found)) if any(p.name == name for p in packages) else ()
