"""Bounds are raised in the author's own shape, and whatever comes out lets the version in."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from onward.domain.bounds import has_pin, lets_in, loosened, raise_bounds


@pytest.mark.parametrize(
    ("requirement", "version", "raised"),
    [
        ("idna==3.7", "3.20", "idna==3.20"),
        ("idna==3.7.0", "3.20", "idna==3.20.0"),
        ("idna==3.7", "3.20.1", "idna==3.20.1"),
        ("six>=1.16,<1.17", "1.17.0", "six>=1.17,<1.18"),
        ("six >= 1.16 , < 1.17", "1.17.0", "six >= 1.17 , < 1.18"),
        ("six<1.17,>=1.16", "1.17.0", "six<1.18,>=1.17"),
        ("a<2", "2.3", "a<3"),
        ("a<2.0", "2.3", "a<3.0"),
        ("a<2.0.0", "2.3.1", "a<3.0.0"),
        ("a<2.0.dev0", "2.3", "a<3.0.dev0"),
        ("a<1.17.0", "1.17.4", "a<1.18.0"),
        ("a<=1.5", "1.7.2", "a<=1.7.2"),
        ("a~=1.4", "1.9.2", "a~=1.9"),
        ("a~=1.4.2", "1.9.2", "a~=1.9.2"),
        ("a~=1.4.2", "2", "a~=2.0.0"),
        ("a==1.*", "2.3", "a==2.*"),
        ("a==1.4.*", "2.3.1", "a==2.3.*"),
        ("a!=1.5,<2", "2.1", "a!=1.5,<3"),
        ("a>1.0", "2.1", "a>1.0"),
        ("a>=1", "1.9", "a>=1"),
        ("a>=1", "3.1.4", "a>=3"),
        ("a>=1.2.post1", "1.2.post3", "a>=1.2.post3"),
        ("a<2", "1!0.5", "a<1!1"),
        ("a===1.0", "2.0", "a===2.0"),
        ("a>=1.0", "2.0rc1", "a>=2.0rc1"),
        ("a[x, y] ( >=1,<2 ) ; python_version < '4'", "2.5", "a[x, y] ( >=2,<3 ) ; python_version < '4'"),
        ("torch==2.1", "2.2+cpu", "torch==2.2"),
        ("a", "2.5", "a"),
        ("a ; os_name == 'nt'", "2.5", "a ; os_name == 'nt'"),
        ("a @ https://example.org/a-1.0.zip", "2.5", "a @ https://example.org/a-1.0.zip"),
        ("not a requirement ==1", "2.5", "not a requirement ==1"),
        ("a<2,!=2.5", "2.5", "a<2,!=2.5"),
    ],
)  # fmt: skip
def test_an_application_s_bounds(requirement: str, version: str, raised: str) -> None:
    assert raise_bounds(requirement, version, keep_lower=False) == raised


@pytest.mark.parametrize(
    ("requirement", "version", "raised"),
    [
        ("six>=1.16,<1.17", "1.17.0", "six>=1.16,<1.18"),
        ("six>=1.16", "1.17.0", "six>=1.16"),
        ("six~=1.4", "1.17.0", "six~=1.4"),
        ("six~=1.4", "2.17.0", "six~=2.17"),
        ("six<3", "1.17.0", "six<3"),
        ("six>=1.16,!=1.16.2,<1.17", "1.17.0", "six>=1.16,!=1.16.2,<1.18"),
    ],
)
def test_a_library_keeps_its_floor(requirement: str, version: str, raised: str) -> None:
    assert raise_bounds(requirement, version, keep_lower=True) == raised


@pytest.mark.parametrize(
    ("requirement", "free"),
    [
        ("idna==3.7", "idna>=3.7"),
        ("idna==3.*", "idna>=3"),
        ("idna~=3.7.1", "idna>=3.7.1"),
        ("six>=1.16,<1.17", "six>=1.16"),
        ("six<1.17,>=1.16", "six>=1.16"),
        ("six<1.17, >=1.16, !=1.16.3", "six>=1.16, !=1.16.3"),
        ("six (<1.17)", "six"),
        ("six[x]<=2; python_version<'4'", "six[x]; python_version<'4'"),
        ("six===weird", "six"),
        ("six", "six"),
        ("six @ file:///six", "six @ file:///six"),
    ],
)
def test_loosened(requirement: str, free: str) -> None:
    assert loosened(requirement) == free


def test_what_lets_a_version_in() -> None:
    assert lets_in("a<2", "1.9")
    assert not lets_in("a<2", "2.1")
    assert lets_in("a>=1", "2.0rc1")
    assert lets_in("a", "odd version")
    assert [has_pin(text) for text in ("a==1", "a~=1.0", "a>=1,<2", "a")] == [
        True,
        True,
        False,
        False,
    ]


numbers = st.integers(0, 40)
releases = st.lists(numbers, min_size=1, max_size=4).map(lambda n: ".".join(map(str, n)))
endings = st.sampled_from(["", "", "", "", "a1", "rc2", ".post1", ".dev3", "rc1.dev2"])
versions = st.builds(
    lambda epoch, release, ending: epoch + release + ending,
    st.sampled_from(["", "", "", "", "1!"]),
    releases,
    endings,
)
clauses = st.one_of(
    st.builds(lambda o, s, v: o + s + v, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.sampled_from(["", " "]), versions),
    releases.map(lambda v: f"=={v}.*"),
    releases.filter(lambda v: "." in v).map(lambda v: f"~={v}"),
)  # fmt: skip
requirements = st.builds(
    lambda head, found, comma, tail: head + comma.join(found) + tail,
    st.sampled_from(["a", "A.b_c", "a[x]", "a [x, y] "]),
    st.lists(clauses, max_size=3),
    st.sampled_from([",", ", ", " ,"]),
    st.sampled_from(["", "; python_version < '4'", ' ; os_name == "nt"']),
)


def excluded(requirement: str, version: str) -> bool:
    clauses = Requirement(requirement).specifier
    return any(
        s.operator == "!=" and not s.contains(Version(version), prereleases=True) for s in clauses
    )


@given(requirements, versions, st.booleans())
@example("a~=0.0", "1!1a1", False)
def test_the_version_fits_what_comes_out(requirement: str, version: str, keep: bool) -> None:
    assume(not excluded(requirement, version))

    raised = raise_bounds(requirement, version, keep_lower=keep)

    assert Requirement(raised).specifier.contains(Version(version), prereleases=True)


@given(requirements, versions, st.booleans())
def test_all_but_versions_stays(requirement: str, version: str, keep: bool) -> None:
    before, after = (
        Requirement(requirement),
        Requirement(raise_bounds(requirement, version, keep_lower=keep)),
    )

    assert (after.name, after.extras, str(after.marker)) == (
        before.name,
        before.extras,
        str(before.marker),
    )
    operators = [s.operator for s in before.specifier]
    assert len(after.specifier) <= len(operators)
    assert {s.operator for s in after.specifier} <= {*operators, ">="}


@given(requirements, versions)
def test_nothing_changes_when_nothing_must(requirement: str, version: str) -> None:
    assume(Requirement(requirement).specifier.contains(Version(version), prereleases=True))

    assert raise_bounds(requirement, version, keep_lower=True) == requirement


@given(requirements, versions, st.booleans())
def test_raising_twice_is_raising_once(requirement: str, version: str, keep: bool) -> None:
    once = raise_bounds(requirement, version, keep_lower=keep)

    assert raise_bounds(once, version, keep_lower=keep) == once


@given(requirements, versions)
def test_loosening_takes_nothing_away(requirement: str, version: str) -> None:
    """Whatever release fitted before fits after, and there is no upper bound left."""
    free = loosened(requirement)

    assert {s.operator for s in Requirement(free).specifier} <= {">=", ">", "!="}
    if lets_in(requirement, version) and not Version(version).is_prerelease:
        assert lets_in(free, version)
