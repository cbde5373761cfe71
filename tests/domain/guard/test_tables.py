"""The tables onward is installed with, and the form they are written in."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.tables import popular_table, starter_table
from onward.core.errors import BadInput
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory, Range, hits, hitting, named_fix
from onward.domain.guard.tables import (
    PopularTable,
    StarterTable,
    parse_popular,
    parse_starter,
    starter_line,
)

HEAD = "# date: 2026-06-16\n# packages: 2\n"


def test_the_popular_table_as_installed() -> None:
    table = popular_table()
    assert len(table) == 15_000
    assert table.date >= dt.date(2026, 6, 16)
    assert all(table.rank(name) == rank for rank, name in [*enumerate(table.names, start=1)][::997])
    assert (table.rank(table.names[0]), table.rank(table.names[-1])) == (1, 15_000)


def test_names_are_found_whole_and_not_in_the_lines_that_say_where_it_comes_from() -> None:
    table = parse_popular("# source: requests\n# date: 2026-06-16\nnumpy\nzope-interface\n")
    assert Name("numpy") in table
    assert table.rank(Name("zope-interface")) == 2
    for absent in ("num", "umpy", "zope", "requests", "source", "date", ""):
        assert absent not in table
        assert table.rank(Name(absent)) is None


@pytest.mark.parametrize(
    "text",
    [
        "numpy\n",
        HEAD + "numpy\nnumpy\n",
        HEAD + "NumPy\n",
        HEAD + "num.py\n",
        "# date: soon\nnumpy\n",
    ],
)
def test_a_broken_popular_table_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="table"):
        parse_popular(text)


def test_the_starter_table_as_installed_answers_for_the_well_known_case() -> None:
    table = starter_table()
    found = table.about(Name("jinja2"))
    assert hitting(found, "2.10")
    assert any(named_fix(advisory, "2.10") == "2.10.1" for advisory in found)
    assert not hitting(found, "3.1.6")
    assert table.about(Name("jinja")) == ()
    assert table.about(Name("no-such-project")) == ()
    assert table.packages == 300


def test_every_line_of_the_starter_table_is_about_a_popular_project() -> None:
    table, popular = starter_table(), popular_table()
    known = [name for name in popular.names[:1000] if table.about(name)]
    assert len(known) > 50
    assert all((popular.rank(name) or 0) <= 300 for name in known)


bounds = st.sampled_from(["", "1.0", "1.2.3", "2.0rc1", "3"])
advisories = st.builds(
    Advisory,
    id=st.sampled_from(["TEST-2026-1", "MAL-2026-1"]),
    name=st.sampled_from([Name("demo"), Name("demo-2"), Name("other")]),
    aliases=st.lists(st.sampled_from(["CVE-1", "GHSA-a-b"]), unique=True).map(tuple),
    ranges=st.lists(
        st.builds(Range, introduced=bounds, fixed=bounds) | st.builds(Range, last_affected=bounds),
        max_size=3,
        unique=True,
    ).map(tuple),
    versions=st.frozensets(st.sampled_from(["1", "1.2.3", "9", "odd"])),
    severity=st.sampled_from(["", "high"]),
    published=st.none() | st.just(dt.date(2026, 1, 2)),
)


@given(
    st.lists(advisories, max_size=6), st.sampled_from(["0.9", "1.0", "1.2.3", "9.0", "odd", "?"])
)
def test_what_is_written_is_read_back_with_the_same_meaning(
    given_ones: list[Advisory], version: str
) -> None:
    ordered = sorted(given_ones, key=lambda advisory: advisory.name)
    table = parse_starter(HEAD + "\n".join(map(starter_line, ordered)) + "\n")
    for name in ("demo", "demo-2", "other"):
        before = [advisory for advisory in ordered if advisory.name == name]
        after = table.about(Name(name))
        assert [one.id for one in after] == [one.id for one in before]
        for old, new in zip(before, after, strict=True):
            assert hits(new, version) == hits(old, version)
            assert (new.aliases, new.severity, new.published) == (
                old.aliases, old.severity, old.published,
            )  # fmt: skip
            assert new.malicious == old.id.startswith("MAL-")


@pytest.mark.parametrize(
    "line", ["demo\tX", "demo\tX\t\t~1\t\t", "b\tX\t\t*\t\t\na\tX\t\t*\t\t", "demo\tX\t\t*\t\tsoon"]
)
def test_a_broken_starter_table_is_refused(line: str) -> None:
    with pytest.raises(BadInput, match="table"):
        parse_starter(HEAD + line + "\n")


def test_the_digest_changes_with_the_table() -> None:
    line = "demo\tX\t\t*\t\t\n"
    first, second = StarterTable(HEAD + line), StarterTable(HEAD + line + line)
    assert first.digest != second.digest
    assert first.digest == StarterTable(HEAD + line).digest


def test_an_empty_table_knows_nothing() -> None:
    assert len(PopularTable.of([])) == 0
    assert Name("x") not in PopularTable.of([])
    assert StarterTable(HEAD).about(Name("x")) == ()
