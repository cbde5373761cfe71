"""Poetry: constraints against packaging, and what Poetry 2.5.1 wrote."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from onward.core.artifact import Origin
from onward.core.errors import BadInput
from onward.core.project import Reading, Role
from onward.domain.layouts.poetry import read_poetry, read_poetry_lock
from onward.domain.layouts.poetry_constraint import alternatives, hull, python_marker
from tests.domain.layouts.test_uvlock import RECORDED

FOLDER = RECORDED / "poetry-2.5.1"

releases = st.lists(st.integers(0, 12), min_size=1, max_size=3)


def dotted(parts: list[int]) -> str:
    return ".".join(map(str, parts))


@given(releases, releases)
def test_caret_keeps_the_leftmost_part_that_is_not_zero(low: list[int], other: list[int]) -> None:
    padded, asked = [*low, 0, 0][:3], [*other, 0, 0][:3]
    lead = next((i for i, part in enumerate(low) if part), len(low) - 1)
    inside = asked >= padded and asked[: lead + 1] == padded[: lead + 1]
    assert (Version(dotted(other)) in SpecifierSet(hull("^" + dotted(low))[0])) is inside


@given(releases, releases)
def test_tilde_keeps_the_minor(low: list[int], other: list[int]) -> None:
    padded, asked = [*low, 0, 0][:3], [*other, 0, 0][:3]
    fixed = min(len(low), 2)
    inside = asked >= padded and asked[:fixed] == padded[:fixed]
    assert (Version(dotted(other)) in SpecifierSet(hull("~" + dotted(low))[0])) is inside


clauses = st.builds(
    lambda op, parts: op + dotted(parts),
    st.sampled_from(["^", "~", ">=", "<", "!=", "==", "", "<="]),
    releases,
)


@given(st.lists(clauses, min_size=1, max_size=3), releases)
def test_a_union_is_never_narrower_than_its_sides(sides: list[str], other: list[int]) -> None:
    version = Version(dotted(other))
    text = " || ".join(sides)
    widest, exact = hull(text)
    inside = any(version in SpecifierSet(side) for side in alternatives(text))
    if inside:
        assert version in SpecifierSet(widest)
    if exact:
        assert inside is (version in SpecifierSet(widest))


@given(st.lists(clauses, min_size=1, max_size=2), st.integers(6, 15), st.integers(0, 20))
def test_a_python_constraint_becomes_a_marker_that_says_the_same(
    sides: list[str], minor: int, micro: int
) -> None:
    text = " || ".join(sides)
    full = f"3.{minor}.{micro}"
    marker = python_marker(text)
    says = not marker or Marker(marker).evaluate({"python_full_version": full})
    assert says is any(Version(full) in SpecifierSet(side) for side in alternatives(text))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("*", ""),
        ("1.2", "==1.2"),
        ("=1.2", "==1.2"),
        ("1.*", "==1.*"),
        (">=1.0 <2", ">=1.0,<2"),
        (">= 1.0, < 2", ">=1.0,<2"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("~=1.4.2", "~=1.4.2"),
        ("v1.5", "==1.5"),
        ("^2.7 || ^3.6", ">=2.7,<4"),
    ],
)
def test_constraints_of_the_documentation(written: str, read: str) -> None:
    assert hull(written)[0] == read


@pytest.mark.parametrize("written", ["^", "abc", "1.2 and", ">=x", "^1.2.*.*", "=>1"])
def test_what_is_no_constraint_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        hull(written)


def reading_of(text: str) -> Reading:
    return read_poetry(tomllib.loads(text), text, "pyproject.toml")


def test_a_real_pyproject_is_read_with_groups_extras_forks_and_lines() -> None:
    reading = reading_of((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))
    found = [
        (d.requirement.partition(" @")[0], d.role, d.group, d.place.line) for d in reading.declared
    ]
    assert found == [
        ("httpx[socks]>=0.27,<0.28", Role.main, "", 15),
        ('idna==3.7; python_full_version < "3.12"', Role.main, "", 16),
        ('idna==3.10; python_full_version >= "3.12"', Role.main, "", 16),
        ("click>=8.1,<8.2", Role.main, "", 20),
        ("attrs>=23,<26", Role.extra, "more", 21),
        ("tomli", Role.main, "", 22),
        ("six", Role.main, "", 23),
        ("pytest>=8,<9", Role.group, "dev", 29),
        ("pyflakes", Role.group, "dev", 30),
    ]
    assert reading.requires_python == ">=3.11,<4"
    assert [(i.name, i.url) for i in reading.indexes] == [("simple", "https://pypi.org/simple/")]


def test_what_cannot_be_said_exactly_is_said_and_what_cannot_be_read_is_kept() -> None:
    reading = reading_of(
        '[tool.poetry.dependencies]\nwide = "^1 || ^3"\nodd = "soon"\n'
        'repo = { git = "https://h/r.git", tag = "v1", develop = true }\n'
        '[tool.poetry.dev-dependencies]\nold = { version = "1.0", platform = "linux" }\n'
    )
    assert [(d.name, d.requirement) for d in reading.declared] == [
        ("wide", "wide>=1,<4"),
        ("repo", "repo @ git+https://h/r.git@v1"),
        ("old", 'old==1.0; sys_platform == "linux"'),
    ]
    assert "widest range" in reading.declared[0].note
    assert [(u.place.line, u.reason) for u in reading.unreadable] == [
        (3, "`soon` is not a version constraint")
    ]


def test_wrong_types_are_told_at_once() -> None:
    with pytest.raises(BadInput) as raised:
        reading_of(
            "[tool.poetry]\nname = 1\n[tool.poetry.dependencies]\na = 3\n[tool.poetry.group]\nx = 4\n"
        )
    assert len(raised.value.context) == 3


def test_a_real_lock_has_edges_forks_and_origins() -> None:
    lock = read_poetry_lock((FOLDER / "poetry.lock").read_text(encoding="utf-8"))
    assert (lock.kind, lock.requires_python) == ("poetry", ">=3.11,<4")
    (httpx,) = lock.named("httpx")
    assert [d.name for d in httpx.dependencies] == [
        "anyio",
        "certifi",
        "httpcore",
        "idna",
        "sniffio",
    ]
    assert [d.name for d in httpx.optional["socks"]] == ["socksio"]
    assert [p.version for p in lock.named("idna")] == ["3.7", "3.10"]
    origins = {str(p.name): p.origin for p in lock.packages}
    assert (origins["six"], origins["tomli"], origins["click"]) == (
        Origin.path,
        Origin.url,
        Origin.registry,
    )
    assert all(a.sha256 and a.filename for a in lock.artifacts)


def test_the_old_place_of_hashes_is_read_too() -> None:
    lock = read_poetry_lock(
        '[[package]]\nname = "a"\nversion = "1"\n[package.source]\ntype = "git"\nurl = "https://h/a"\n'
        'resolved_reference = "abc"\n[metadata]\nlock-version = "1.1"\npython-versions = "*"\n'
        '[metadata.files]\na = [{ file = "a-1.tar.gz", hash = "sha256:00" }]\n'
    )
    (artifact,) = lock.artifacts
    assert (artifact.filename, artifact.sha256, artifact.source) == (
        "a-1.tar.gz",
        "00",
        "https://h/a#abc",
    )


def test_a_broken_lock_says_where() -> None:
    with pytest.raises(BadInput) as raised:
        read_poetry_lock('[[package]]\nname = "a b"\nversion = 2\nfiles = 3\n')
    assert len(raised.value.context) == 3
