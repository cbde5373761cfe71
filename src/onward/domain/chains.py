"""Every way from a project's own lines through the lock to one package, shortest first."""

from collections import deque
from collections.abc import Iterable, Mapping

import msgspec

from onward.core.lock import Lock, LockedDependency, LockedPackage
from onward.core.names import Name
from onward.core.project import Declared

_Node = tuple[str, str, str, str]  # name, version, source, extra ('' for the package itself)


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One package on the way, with the extra through which it asks for the next, and where that counts.

    ``marker`` is the condition (PEP 508) under which the link before asks for this one.
    """

    name: Name
    version: str
    extra: str = ""
    marker: str = ""


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """From one of the project's own lines to the package, both ends included."""

    declared: Declared
    links: tuple[Link, ...]


class Chains(msgspec.Struct, frozen=True, kw_only=True):
    """The chains found; ``cut`` says that there are more than were asked for."""

    chains: tuple[Chain, ...] = ()
    cut: bool = False


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """One of the project's own lines, with the extras it asks for and the version it allows (or '')."""

    declared: Declared
    extras: tuple[str, ...] = ()
    version: str = ""


def chains_to(
    lock: Lock, roots: Iterable[Root], target: Name, *, most: int = 50, steps: int = 20_000
) -> Chains:
    """Give up to ``most`` chains from ``roots`` to every locked version of ``target``.

    An extra's dependencies count only where something asks for that extra. No package
    stands twice in one chain. ``steps`` bounds the work: a lock can hold more ways than
    anyone could read.
    """
    graph = _Graph(lock)
    useful = graph.reaching(target)
    queue: deque[tuple[Declared, tuple[tuple[_Node, str], ...]]] = deque()
    for root in roots:
        edge = LockedDependency(name=root.declared.name, version=root.version, extras=root.extras)
        queue += [(root.declared, ((node, ""),)) for node in graph.nodes(edge) if node in useful]
    found: dict[tuple[object, ...], Chain] = {}
    while queue and steps > 0:
        steps -= 1
        declared, way = queue.popleft()
        node = way[-1][0]
        if node[0] == target:
            if not node[3]:
                chain = _chain(declared, way)
                key = (declared.place.path, declared.place.line, declared.group, chain.links)
                if len(found) >= most and key not in found:
                    return Chains(chains=tuple(found.values()), cut=True)
                found[key] = chain
            continue
        seen = {n[:3] for n, _ in way}
        for edge in graph.edges(node):
            for following in graph.nodes(edge):
                if following in useful and following[:3] not in seen:
                    queue.append((declared, (*way, (following, edge.marker))))
    return Chains(chains=tuple(found.values()), cut=bool(queue))


def _chain(declared: Declared, way: tuple[tuple[_Node, str], ...]) -> Chain:
    return Chain(
        declared=declared,
        links=tuple(
            Link(name=Name(n[0]), version=n[1], extra=n[3], marker=marker) for n, marker in way
        ),
    )


class _Graph:
    def __init__(self, lock: Lock) -> None:
        self.by_name: dict[str, list[LockedPackage]] = {}
        self.by_key: Mapping[tuple[str, str, str], LockedPackage] = {
            p.key: p for p in lock.packages
        }
        for package in lock.packages:
            self.by_name.setdefault(package.name, []).append(package)

    def nodes(self, edge: LockedDependency) -> list[_Node]:
        """Every node an edge leads to: the packages it may mean, each plain and with its extras."""
        packages = self.by_name.get(edge.name, [])
        packages = [p for p in packages if edge.version in ("", p.version)] or packages
        packages = [p for p in packages if edge.source in ("", p.source)] or packages
        return [(*p.key, extra) for p in packages for extra in ("", *edge.extras)]

    def edges(self, node: _Node) -> tuple[LockedDependency, ...]:
        package = self.by_key[node[:3]]
        return package.optional.get(node[3], ()) if node[3] else package.dependencies

    def reaching(self, target: Name) -> set[_Node]:
        """Every node from which ``target`` can be reached, so that no way is walked in vain."""
        before: dict[_Node, set[_Node]] = {}
        for package in self.by_key.values():
            for extra in ("", *package.optional):
                node = (*package.key, extra)
                for edge in self.edges(node):
                    for following in self.nodes(edge):
                        before.setdefault(following, set()).add(node)
        rest: list[_Node] = [(*p.key, "") for p in self.by_name.get(target, [])]
        seen = set(rest)
        while rest:
            for node in before.get(rest.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    rest.append(node)
        return seen
