"""The catalogue: every rule explained, and a first level for each in every profile."""

import pytest

from onward.core.policy import Level
from onward.domain.policy.catalogue import RULES, nearest_rule, reaches_a_rule, rule_for
from onward.domain.policy.decide import CATCH_ALL
from onward.domain.policy.defaults import builtin_rows
from onward.domain.policy.rule import Profile


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_rule_says_what_it_is_why_it_exists_and_what_to_do(rule: object) -> None:
    entry = RULES[rule.id]  # type: ignore[attr-defined]
    assert entry.summary.endswith(".")
    assert "\n" not in entry.summary
    assert 2 <= entry.why.count(". ") + 1 <= 5 or len(entry.why) > 80
    assert entry.remedy.endswith((".", "`"))


@pytest.mark.parametrize("rule", RULES)
def test_a_stricter_profile_is_never_weaker(rule: str) -> None:
    entry = RULES[rule]
    strengths = [entry.level(profile).strength for profile in Profile]
    assert strengths == sorted(strengths)


@pytest.mark.parametrize(
    "rule", ["guard/malicious", "guard/private-name", "guard/lookalike", "guard/quarantined"]
)
def test_the_relaxed_profile_still_enforces_what_is_meant_to_harm(rule: str) -> None:
    assert RULES[rule].relaxed is Level.enforce


@pytest.mark.parametrize(
    ("rule", "standard", "strict"),
    [
        ("guard/malicious", "enforce", "enforce"),
        ("guard/vulnerable", "enforce", "enforce"),
        ("guard/vulnerable-locked", "advise", "advise"),
        ("guard/too-new", "enforce", "enforce"),
        ("guard/lookalike", "enforce", "enforce"),
        ("guard/private-name", "enforce", "enforce"),
        ("guard/not-allowed", "off", "off"),
        ("guard/yanked", "enforce", "enforce"),
        ("guard/quarantined", "enforce", "enforce"),
        ("guard/archived", "advise", "advise"),
        ("guard/source-only", "advise", "advise"),
        ("guard/foreign-source", "advise", "enforce"),
        ("guard/no-upload-time", "enforce", "enforce"),
        ("guard/no-upload-time-local", "advise", "advise"),
        ("guard/no-upload-time-locked", "advise", "enforce"),
        ("guard/feed-old", "advise", "enforce"),
    ],
)
def test_the_guard_starts_as_it_was_designed(rule: str, standard: str, strict: str) -> None:
    assert (RULES[rule].standard, RULES[rule].strict) == (Level(standard), Level(strict))


def test_exact_rows_stand_before_families_and_the_catch_all_is_last() -> None:
    matches = [row.match for row in builtin_rows(Profile.standard)]
    assert matches[-1] == CATCH_ALL.match == "*"
    assert matches.index("ruff/format") < matches.index("ruff/*")
    assert set(RULES) == set(matches[:-1])


def test_a_member_of_a_family_is_known_by_it() -> None:
    assert rule_for("ruff/F401") is RULES["ruff/*"]
    assert rule_for("ruff/format") is RULES["ruff/format"]
    assert rule_for("guard/nothing") is None
    assert rule_for("ruff/") is None


@pytest.mark.parametrize(
    "glob", ["*", "guard/*", "ruff/F*", "r*", "guard/vuln*", "ship/x", "*/E902"]
)
def test_patterns_that_reach_a_rule(glob: str) -> None:
    assert reaches_a_rule(glob)


@pytest.mark.parametrize("glob", ["gaurd/*", "guard/zzz*", "guard/too_new", "bandit/*"])
def test_patterns_that_reach_none(glob: str) -> None:
    assert not reaches_a_rule(glob)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gaurd/too-new", "guard/too-new"),
        ("guard/malicous", "guard/malicious"),
        ("too_new", "guard/too-new"),
        ("lookalikes", "guard/lookalike"),
    ],
)
def test_a_slip_finds_the_rule_that_was_meant(typed: str, meant: str) -> None:
    assert nearest_rule(typed) == meant


def test_nonsense_finds_no_rule() -> None:
    assert nearest_rule("xyzzy") is None
