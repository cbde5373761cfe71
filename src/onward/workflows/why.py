"""Say why a library is there: who asks for it, which files import it, what it costs."""

import difflib
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from onward.adapters.installed import Environment, read_environment
from onward.core.errors import BadInput
from onward.core.lock import Lock, LockedDependency, LockedPackage
from onward.core.names import Name, parse_name
from onward.core.project import Project, Role
from onward.domain.chains import Chain, Root, chains_to
from onward.domain.imports import owner_of, owners
from onward.workflows.imports_in_code import Imported, imports_of


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one name.

    ``edges`` says where who-needs-whom was read: ``lock``, ``environment`` (what is
    installed says it, as the lock does not), or ``none``. ``size`` is in bytes:
    ``installed_size`` on this disk, ``download_size`` of the largest wheel. ``licence`` is
    empty when nothing installed tells it.
    """

    name: Name
    versions: tuple[str, ...]
    chains: tuple[Chain, ...]
    cut: bool
    edges: str
    imported: Imported
    licence: str = ""
    installed_size: int | None = None
    download_size: int | None = None


def why(project: Project, word: str) -> Why:
    """Answer for ``word``, a project name (or a module that something installed brings).

    Raises BadInput: ``bad-name``, or ``not-there`` with near names when neither the lock
    nor the project's files know it.
    """
    name = parse_name(word)
    environment = read_environment(project.environment)
    lock, edges = _known(project, environment)
    if not lock.named(name):
        raise _not_there(project, lock, environment, word, name)
    found = chains_to(lock, _roots(project, lock), name)
    installed = environment.named(name) if environment else None
    sizes = [a.size for p in lock.named(name) for a in p.artifacts if a.is_wheel and a.size]
    return Why(
        name=name,
        versions=tuple(p.version for p in lock.named(name) if p.version),
        chains=found.chains,
        cut=found.cut,
        edges=edges,
        imported=imports_of(project.root, [name], environment),
        licence=installed.licence if installed else "",
        installed_size=installed.size if installed else None,
        download_size=max(sizes, default=None),
    )


def _known(project: Project, environment: Environment | None) -> tuple[Lock, str]:
    """Give a lock with edges, and where they come from; without a lock, what is installed or declared."""
    if project.lock is not None and project.lock.edges_known:
        return project.lock, "lock"
    installed = {d.name: d for d in environment.distributions} if environment else {}
    needs = {name: tuple(_needs(d.requires)) for name, d in installed.items()}
    if project.lock is not None:
        packages = tuple(
            _with_edges(package, needs.get(package.name, ())) for package in project.lock.packages
        )
        lock = msgspec.structs.replace(project.lock, packages=packages)
        return lock, "environment" if any(p.name in needs for p in packages) else "none"
    made = {
        name: _with_edges(LockedPackage(name=name, version=d.version), needs[name])
        for name, d in installed.items()
    }
    for declared in project.declared:
        if declared.name and declared.role is not Role.constraint:
            made.setdefault(declared.name, LockedPackage(name=declared.name))
    return Lock(kind="installed", packages=tuple(made.values())), "environment" if needs else "none"


def _needs(requires: Iterable[str]) -> Iterator[tuple[str, LockedDependency]]:
    """Give (extra or '', edge) for each Requires-Dist line."""
    for text in requires:
        try:
            asked = Requirement(text)
            name = parse_name(asked.name)
        except (InvalidRequirement, BadInput):
            continue
        marker = str(asked.marker or "")
        _, is_extra, rest = marker.partition('extra == "')
        edge = LockedDependency(name=name, marker=marker, extras=tuple(sorted(asked.extras)))
        yield rest.partition('"')[0] if is_extra else "", edge


def _with_edges(
    package: LockedPackage, needs: Iterable[tuple[str, LockedDependency]]
) -> LockedPackage:
    plain: list[LockedDependency] = []
    optional: dict[str, tuple[LockedDependency, ...]] = {}
    for extra, edge in needs:
        if extra:
            optional[extra] = (*optional.get(extra, ()), edge)
        else:
            plain.append(edge)
    return msgspec.structs.replace(package, dependencies=tuple(plain), optional=optional)


def _roots(project: Project, lock: Lock) -> Iterator[Root]:
    """Give the project's own lines; a build requirement is not in the lock, a constraint asks for nothing."""
    for declared in project.declared:
        if not declared.name or declared.role in (Role.build, Role.constraint):
            continue
        try:
            asked = Requirement(declared.requirement)
        except InvalidRequirement:  # a direct path has no PEP 508 form
            yield Root(declared=declared)
            continue
        versions = [p.version for p in lock.named(declared.name)]
        fitting = [v for v in versions if v and asked.specifier.contains(v, prereleases=True)]
        yield Root(
            declared=declared,
            extras=tuple(sorted(asked.extras)),
            version=fitting[0] if len(fitting) == 1 else "",
        )


def _not_there(
    project: Project, lock: Lock, environment: Environment | None, word: str, name: Name
) -> BadInput:
    modules: Mapping[str, tuple[Name, ...]] = owners(environment.modules) if environment else {}
    owner = owner_of(word, modules)
    context: tuple[str, ...] = ()
    if owner:
        hint = f"The module `{word}` is brought by {owner[0]}: try `onward why {owner[0]}`."
    else:
        names = sorted({str(p.name) for p in lock.packages})
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
        hint = f"Did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""
        if not near and "project" in project.pyproject:
            hint = f"`onward add {name}` would bring it."
    if project.lock is None:
        context = ("There is no lock here, so only declared and installed packages are known.",)
    where = f"`{project.lock_file}`" if project.lock_file else "this project"
    return BadInput("not-there", f"`{name}` is not in {where}", context=context, hint=hint or None)
