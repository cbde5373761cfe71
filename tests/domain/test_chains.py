"""Ways through a lock: shortest first, extras only where asked for, never without end."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from onward.core.finding import Place
from onward.core.lock import Lock, LockedDependency, LockedPackage
from onward.core.names import Name
from onward.core.project import Declared
from onward.domain.chains import Chains, Root, chains_to


def edge(text: str) -> LockedDependency:
    name, _, extra = text.partition("+")
    return LockedDependency(name=Name(name), extras=(extra,) if extra else ())


def locked(**needs: str) -> Lock:
    packages = []
    for name, text in needs.items():
        plain = tuple(edge(one) for one in text.split() if "?" not in one)
        optional = tuple(edge(one.partition("?")[2]) for one in text.split() if "?" in one)
        packages.append(
            LockedPackage(
                name=Name(name),
                version="1",
                dependencies=plain,
                optional={"x": optional} if optional else {},
            )
        )
    return Lock(kind="uv", packages=tuple(packages))


def root(name: str, *extras: str) -> Root:
    declared = Declared(requirement=name, name=Name(name), place=Place(path="p", line=1))
    return Root(declared=declared, extras=extras)


def ways(found: Chains) -> list[str]:
    return [" ".join(link.name for link in chain.links) for chain in found.chains]


def test_all_ways_shortest_first() -> None:
    lock = locked(a="b c", b="d", c="b d", d="", e="")
    assert ways(chains_to(lock, [root("a"), root("e"), root("d")], Name("d"))) == [
        "d",
        "a b d",
        "a c d",
        "a c b d",
    ]


def test_an_extra_counts_only_where_it_is_asked_for() -> None:
    lock = locked(a="b+x", b="x?c", c="")
    (chain,) = chains_to(lock, [root("a"), root("b")], Name("c")).chains
    assert [(link.name, link.extra) for link in chain.links] == [("a", ""), ("b", "x"), ("c", "")]
    assert len(chains_to(lock, [root("b", "x")], Name("c")).chains) == 1


def test_loops_end() -> None:
    lock = locked(a="b", b="a c", c="a")
    assert ways(chains_to(lock, [root("a")], Name("c"))) == ["a b c"]


def test_too_many_ways_are_cut_and_it_is_said() -> None:
    layers = {f"n{i}{side}": f"n{i + 1}a n{i + 1}b" for i in range(12) for side in "ab"}
    lock = locked(top="n0a n0b", n12a="end", n12b="end", end="", **layers)
    found = chains_to(lock, [root("top")], Name("end"), most=10)
    assert len(found.chains) == 10
    assert found.cut
    short = chains_to(lock, [root("top")], Name("end"), steps=5)
    assert short.cut
    assert not short.chains


names = st.sampled_from("abcdef")
graphs = st.dictionaries(names, st.lists(names, max_size=4).map(" ".join), max_size=6)


@given(graphs, names, st.lists(names, min_size=1, max_size=3, unique=True))
def test_every_way_is_one_and_a_way_is_found_when_there_is_one(
    needs: dict[str, str], target: str, starts: list[str]
) -> None:
    found = chains_to(locked(**needs), [root(s) for s in starts], Name(target), most=10_000)
    for chain in found.chains:
        steps = [str(link.name) for link in chain.links]
        assert steps[0] in starts
        assert steps[-1] == target
        assert len(set(steps)) == len(steps)
        assert all(b in needs[a].split() for a, b in itertools.pairwise(steps))
    reached = {s for s in starts if s in needs}
    rest = list(reached)
    while rest:
        for following in needs[rest.pop()].split():
            if following in needs and following not in reached:
                reached.add(following)
                rest.append(following)
    assert bool(found.chains) is (target in reached)
