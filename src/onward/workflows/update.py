"""What an update would do: which packages move, how far, what that mends, and the lines it changes."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from packaging.version import Version

from onward.core.errors import BadInput
from onward.core.lock import Lock, LockedPackage
from onward.core.names import Name, parse_name
from onward.core.project import Kind, Project
from onward.domain.bounds import has_pin, lets_in, loosened, raise_bounds
from onward.domain.guard.advisories import hitting
from onward.domain.own_lines import change_requirements
from onward.domain.version_order import parse
from onward.workflows.diagnosis import Conflict
from onward.workflows.entering import Held, held_back, judge_entering
from onward.workflows.offers import offers_of
from onward.workflows.proposal import Proposal
from onward.workflows.resolve import Resolved, Resolver
from onward.workflows.sync import with_standing
from onward.workflows.unresolved import HeldBack, Unsolvable


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """One package that moves.

    ``before`` and ``after`` are versions (several when the lock forks), ``step`` is
    ``major``, ``minor`` or ``patch`` (empty when it cannot be told), ``age`` the days since
    the (newest) new version was uploaded (None: unknown), ``fixes`` the advisories that hit it
    before and no longer do. ``direct``: the project itself asks for it.
    """

    name: Name
    before: tuple[str, ...]
    after: tuple[str, ...]
    step: str = ""
    age: int | None = None
    fixes: tuple[str, ...] = ()
    direct: bool = False


class Unfixed(msgspec.Struct, frozen=True, kw_only=True):
    """A locked package with a known weakness that no update mends, and why not."""

    name: Name
    version: str
    ids: tuple[str, ...]
    why: tuple[str, ...]


class UpdatePlan(msgspec.Struct, frozen=True, kw_only=True):
    """The updates, each after those it needs, and the judged files and lock they lead to."""

    proposal: Proposal
    updates: tuple[Update, ...] = ()
    unfixed: tuple[Unfixed, ...] = ()

    @property
    def targets(self) -> dict[Name, tuple[str, ...]]:
        """Give the versions that each update leads to."""
        return {update.name: update.after for update in self.updates}


def plan_update(resolver: Resolver, names: Sequence[Name] = ()) -> UpdatePlan:
    """Plan to move ``names`` (none: everything) as far as the policy lets them.

    The search runs with the project's own upper bounds on them taken away; then those
    lines are raised to fit, in their own shape. Raises what ``Resolver.resolve`` raises
    except Unsolvable.
    """
    title = f"Update {', '.join(names)}" if names else "Update"
    originals = own_files(resolver.situation.project)
    free = {
        path: change_requirements(
            text, lambda name, line: loosened(line) if not names or name in names else line, path
        )
        for path, text in originals.items()
    }
    try:
        resolved = resolve_with_bounds(resolver, free, names)
    except (Unsolvable, HeldBack) as error:
        return UpdatePlan(proposal=unsolved(resolver, title, error, names))
    return planned(resolver, title, resolved, names)


def resolve_with_bounds(
    resolver: Resolver, free: Mapping[str, str], upgrade: Sequence[str]
) -> Resolved:
    """Search with the lines in ``free``, then lock again with the project's own lines raised to what was found.

    ``upgrade`` is what may move (names, or ``name==version``; none: everything).
    """
    originals = own_files(resolver.situation.project)
    changed = {path: text.encode() for path, text in free.items() if text != originals[path]}
    found = resolver.resolve(lambda uv, cwd: uv.lock(cwd, upgrade=upgrade), changed=changed)
    moved = {name: versions_of(found.lock, name) for name in _moved(resolver, found.lock)}
    final = raised(resolver, moved)
    if not changed and final == originals:
        return found
    lock = found.files.get("uv.lock")
    resolver.listen("start", "Locking what was found with your own lines raised")
    return resolver.resolve(
        lambda uv, cwd: uv.lock(cwd),
        changed={path: text.encode() for path, text in final.items()}
        | ({"uv.lock": lock} if lock else {}),
    )


def resolve_to(
    resolver: Resolver,
    targets: Mapping[Name, tuple[str, ...]],
    originals: Mapping[str, bytes] | None = None,
) -> Resolved:
    """Lock with ``targets`` (name to the version, or versions of a forked lock, that it moves to), own lines raised.

    Where that needs it, others move too. ``originals`` is the content of the files to start
    from, uv.lock among them (default: as they are on disk). Raises what ``Resolver.resolve`` raises.
    """
    texts = {p: c.decode("utf-8") for p, c in (originals or {}).items() if p != "uv.lock"}
    lines = raised(resolver, targets, texts or None)
    changed = {**(originals or {}), **{path: text.encode() for path, text in lines.items()}}
    upgrade = [
        f"{name}=={versions[0]}" if len(versions) == 1 else name
        for name, versions in targets.items()
    ]
    return resolver.resolve(lambda uv, cwd: uv.lock(cwd, upgrade=upgrade or None), changed=changed)


def own_files(project: Project) -> dict[str, str]:
    """Give the text of each pyproject.toml of the project and its workspace, by path relative to the root."""
    folders = sorted(project.members) or ["."]
    paths = ["pyproject.toml" if f == "." else f"{f}/pyproject.toml" for f in folders]
    return {path: (project.root / path).read_bytes().decode("utf-8") for path in paths}


def raised(
    resolver: Resolver,
    moved: Mapping[Name, tuple[str, ...]],
    originals: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Give the project's own files with the bounds on ``moved`` (name to locked versions) raised to let them in.

    ``originals`` are the files to start from (default: as they are on disk). An
    application's lower bounds follow, a library's stay. Where the lock holds several versions
    (for older and newer Pythons), a line keeps its floor, and a pin goes to the lowest of
    them, since only that one fits everywhere.
    """
    situation = resolver.situation
    library = (situation.policy.kind or situation.project.kind) is Kind.library

    def change(name: Name, line: str) -> str:
        versions = moved.get(name, ())
        if len(versions) == 1:
            return raise_bounds(line, versions[0], keep_lower=library)
        if not versions or all(lets_in(line, v) for v in versions):
            return line
        return raise_bounds(line, versions[0 if has_pin(line) else -1], keep_lower=True)

    files = own_files(situation.project) if originals is None else originals
    return {path: change_requirements(text, change, path) for path, text in files.items()}


def planned(
    resolver: Resolver, title: str, resolved: Resolved, also: Sequence[Name] = ()
) -> UpdatePlan:
    """Judge what was resolved and put the updates in order."""
    asked = also or [p.name for p in resolved.lock.packages if not p.is_workspace_member]
    proposal = with_standing(
        resolver,
        Proposal(
            title=title,
            decision=judge_entering(resolver, resolved),
            files=resolved.files,
            lock=resolved.lock,
            diff=resolved.diff,
            held=_really_held(resolver, resolved, asked),
        ),
    )
    return UpdatePlan(proposal=proposal, updates=updates_in(resolver, resolved.lock))


def _really_held(resolver: Resolver, resolved: Resolved, asked: Sequence[Name]) -> tuple[Held, ...]:
    """Give what the policy steps over, without those that something newer and allowed stands above."""
    found = []
    for held in held_back(resolver, resolved, asked):
        package = resolved.lock.named(held.name)[-1]
        allowed = next((o for o in offers_of(resolver, package) or () if o.allowed), None)
        here, best = parse(held.version), parse(allowed.version) if allowed else None
        if best is None or here is None or best < here:
            found.append(held)
    return tuple(found)


def unsolved(
    resolver: Resolver, title: str, error: Unsolvable | HeldBack, names: Sequence[Name]
) -> Proposal:
    """Give the proposal that says why nothing fits."""
    from onward.workflows.failure import diagnose  # only a failure pays for it

    found = diagnose(resolver, lambda uv, cwd: uv.lock(cwd, upgrade=names), error, names)
    conflict: Conflict | None = found.conflict
    return Proposal(
        title=title,
        decision=found.decision,
        conflict=conflict,
        words=found.words,
        solved=False,
    )


def updates_in(resolver: Resolver, new: Lock) -> tuple[Update, ...]:
    """Give the packages that ``new`` holds in other versions than the project's lock, each after those it needs."""
    situation = resolver.situation
    old = situation.project.lock or Lock(kind="uv")
    direct = {declared.name for declared in situation.project.declared}
    moved = _moved(resolver, new)
    return tuple(
        _update(resolver, name, old, new, direct=name in direct)
        for name in needed_first(new)
        if name in moved
    )


def _moved(resolver: Resolver, new: Lock) -> set[Name]:
    """Give the names that were locked before and have other versions (or another source) in ``new``."""
    old = resolver.situation.project.lock or Lock(kind="uv")
    before, after = _keys(old), _keys(new)
    return {name for name in before.keys() & after if before[name] != after[name]}


def _keys(lock: Lock) -> dict[Name, set[tuple[str, str, str]]]:
    found: dict[Name, set[tuple[str, str, str]]] = {}
    for package in lock.packages:
        if not package.is_workspace_member:
            found.setdefault(package.name, set()).add(package.key)
    return found


def _update(resolver: Resolver, name: Name, old: Lock, new: Lock, *, direct: bool) -> Update:
    before, after = versions_of(old, name), versions_of(new, name)
    advisories = resolver.situation.advice.about(name)
    still = {a.id for version in after for a in hitting(advisories, version)}
    fixed = [a.id for version in before for a in hitting(advisories, version) if a.id not in still]
    return Update(
        name=name,
        before=before,
        after=after,
        step=_step(before, after),
        age=_age(resolver, [p for p in new.named(name) if p.version == after[-1]]),
        fixes=tuple(dict.fromkeys(fixed)),
        direct=direct,
    )


def versions_of(lock: Lock, name: Name) -> tuple[str, ...]:
    """Give the locked versions of ``name``, lowest first."""
    found = {package.version for package in lock.named(name)}
    return tuple(sorted(found, key=lambda text: parse(text) or Version("0")))


def needed_first(lock: Lock) -> list[Name]:
    """Give the names in a lock in an order in which each stands after those it needs (loops are cut)."""
    needs: dict[Name, set[Name]] = {}
    for package in lock.packages:
        edges = [*package.dependencies]
        for extra in package.optional.values():
            edges += extra
        needs.setdefault(package.name, set()).update(edge.name for edge in edges)
    order: list[Name] = []
    done: set[Name] = set()
    for start in sorted(needs):
        todo = [(start, False)]
        while todo:
            name, ready = todo.pop()
            if ready:
                order.append(name)
            elif name not in done:
                done.add(name)
                todo.append((name, True))
                todo += [(n, False) for n in sorted(needs.get(name, ()), reverse=True)]
    return order


def _step(before: Sequence[str], after: Sequence[str]) -> str:
    old, new = parse(before[-1]) if before else None, parse(after[-1]) if after else None
    if old is None or new is None:
        return ""
    if (old.epoch, old.major) != (new.epoch, new.major):
        return "major"
    return "minor" if old.minor != new.minor else "patch"


def _age(resolver: Resolver, packages: Iterable[LockedPackage]) -> int | None:
    times = [a.uploaded for p in packages for a in p.artifacts if a.uploaded is not None]
    return (resolver.judge.now - min(times)).days if times else None


def names_to_update(project: Project, words: Sequence[str]) -> list[Name]:
    """Give the names in ``words``; each must be declared or locked.

    Raises BadInput: ``no-lock`` without a uv.lock, ``not-there`` with every word that
    names nothing here, and what is near to it.
    """
    if project.lock is None or project.lock.kind != "uv":
        raise BadInput(
            "no-lock",
            "there is no uv.lock, so there is nothing to update from",
            hint="`onward lock` writes it; what it takes is the newest that your bounds and the policy allow.",
        )
    locked = [p.name for p in project.lock.packages if not p.is_workspace_member]
    known = sorted({*locked, *(d.name for d in project.declared if d.name)})
    names = [parse_name(word) for word in words]
    missing = [name for name in names if name not in known]
    if missing:
        raise BadInput(
            "not-there",
            f"the project does not use {', '.join(missing)}",
            context=tuple(_near(name, known) for name in missing),
            hint="`onward add` adds a library; `onward outdated` lists those that are there.",
        )
    return list(dict.fromkeys(names))


def _near(name: Name, known: Sequence[Name]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    return f"`{name}` is neither declared nor locked" + (
        f"; near to it: {', '.join(near)}" if near else ""
    )
