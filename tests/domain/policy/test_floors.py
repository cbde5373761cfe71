"""An organisation's settings and rows: floors for the project, unless it says otherwise."""

import datetime as dt
import tomllib
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from onward.core.finding import Finding, Release
from onward.core.policy import Level, Source
from onward.domain.policy.merge import common, read_policy
from onward.domain.policy.model import Policy
from onward.domain.policy.read import Document
from onward.domain.policy.rule import Profile

TODAY = dt.date(2026, 11, 22)


def both(project: str, organisation: str) -> Policy:
    return read_policy(
        Document(values=tomllib.loads(project), file="pyproject.toml", path="tool.onward"),
        Document(values=tomllib.loads(organisation), file="onward-policy.toml"),
    )


def test_a_cooldown_can_only_be_lengthened() -> None:
    floor = 'guard.cooldown = "7 days"'
    assert both('guard.cooldown = "1 day"', floor).cooldown == dt.timedelta(days=7)
    assert both('guard.cooldown = "9 days"', floor).cooldown == dt.timedelta(days=9)
    assert "does not count" in both('guard.cooldown = "1 day"', floor).origins["guard.cooldown"]


def test_a_cooldown_that_may_be_loosened_is_a_default() -> None:
    text = '[guard]\ncooldown = "7 days"\nmay_loosen = true'
    assert both('guard.cooldown = "0"', text).cooldown == dt.timedelta()
    assert both("", text).cooldown == dt.timedelta(days=7)


def test_the_stricter_profile_stays() -> None:
    assert both('profile = "relaxed"', 'profile = "strict"').profile is Profile.strict
    assert both('profile = "strict"', 'profile = "relaxed"').profile is Profile.strict
    assert both("", 'profile = "relaxed"').profile is Profile.relaxed


def test_private_names_are_united() -> None:
    policy = both('guard.private = ["mine-*"]', 'guard.private = ["acme-*"]')
    assert set(policy.private) == {"mine-*", "acme-*"}


def test_a_list_of_what_is_allowed_can_only_be_narrowed() -> None:
    floor = 'guard.allow_only = ["acme-*", "requests"]'
    assert both('guard.allow_only = ["acme-web", "flask"]', floor).allow_only == ("acme-web",)
    assert both('guard.allow_only = ["*"]', floor).allow_only == ("acme-*", "requests")
    assert both('guard.allow_only = ["flask"]', floor).allow_only == ()
    assert both("", floor).allow_only == ("acme-*", "requests")


def test_a_project_cannot_switch_off_the_organisations_list() -> None:
    row = '[[policy]]\nmatch = "guard/not-allowed"\nlevel = "off"\nwhy = "no"'
    policy = both(row, 'guard.allow_only = ["requests"]')
    finding = Finding(rule="guard/not-allowed", subject=Release(name="flask"), message="")
    assert policy.book(TODAY).verdict(finding).level is Level.enforce


def test_indexes_can_only_be_narrowed_and_never_to_nothing() -> None:
    floor = 'guard.indexes = ["https://a/simple", "https://b/simple"]'
    assert both('guard.indexes = ["https://b/simple/", "https://c/"]', floor).indexes == (
        "https://b/simple",
    )
    assert both('guard.indexes = ["https://c/"]', floor).indexes == (
        "https://a/simple",
        "https://b/simple",
    )


def test_an_organisation_may_be_weaker_than_onward_with_a_reason() -> None:
    policy = both("", '[[policy]]\nmatch = "guard/too-new"\nlevel = "advise"\nwhy = "slow mirror"')
    finding = Finding(rule="guard/too-new", subject=Release(name="flask"), message="")
    verdict = policy.book(TODAY).verdict(finding)
    assert (verdict.level, verdict.row.source) == (Level.advise, Source.organisation)


# Names and patterns as onward keeps them: one hyphen at a time (PEP 503).
_globs = st.lists(st.from_regex(r"-?([ab*?]-?){1,3}", fullmatch=True), max_size=4)
_names = st.from_regex(r"[ab](-?[ab]){0,3}", fullmatch=True)


@given(_globs, _globs, _names)
def test_what_two_lists_have_in_common_lets_in_nothing_that_either_keeps_out(
    one: list[str], two: list[str], name: str
) -> None:
    if any(fnmatchcase(name, glob) for glob in common(one, two)):
        assert any(fnmatchcase(name, glob) for glob in one)
        assert any(fnmatchcase(name, glob) for glob in two)


_levels = st.sampled_from([level.value for level in Level])
_matches = st.sampled_from(["*", "guard/*", "guard/too-new", "guard/yanked", "guard/[ty]*"])
_onlys = st.sampled_from(["", 'only = "requests"', 'only = "r*"', 'only = "requests==2.31.0"'])


@st.composite
def _rows(draw: st.DrawFn, *, organisation: bool) -> str:
    text = ""
    for _ in range(draw(st.integers(0, 4))):
        text += f'[[policy]]\nmatch = "{draw(_matches)}"\nlevel = "{draw(_levels)}"\n'
        text += f'{draw(_onlys)}\nwhy = "x"\n'
        if organisation and draw(st.booleans()):
            text += "may_loosen = true\n"
    return text


@given(_rows(organisation=False), _rows(organisation=True))
def test_no_project_file_ever_undercuts_a_floor(project: str, organisation: str) -> None:
    book = both(project, organisation).book(TODAY)
    for rule in ("guard/too-new", "guard/yanked", "guard/archived"):
        for subject in (Release(name="requests", version="2.31.0"), Release(name="flask")):
            floor = both("", organisation).book(TODAY).floor(rule, subject)
            if floor is not None and not floor.may_loosen:
                level = book.row(rule, subject).level
                assert level.strength >= floor.level.strength


def test_both_lists_of_licences_count() -> None:
    floor = 'guard.licences = ["MIT", "BSD-*"]'

    assert both('guard.licences = ["MIT"]', floor).licences == (("MIT", "BSD-*"), ("MIT",))
    assert both("", floor).licences == (("MIT", "BSD-*"),)
    assert both('guard.licences = ["!GPL-*"]', "").licences == (("!GPL-*",),)
    assert both("", "").licences == ()
    free = floor + "\nguard.may_loosen = true"
    assert both('guard.licences = ["*"]', free).licences == (("*",),)
    assert both("", free).licences == (("MIT", "BSD-*"),)
