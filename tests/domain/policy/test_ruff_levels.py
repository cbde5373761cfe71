"""The level of a ruff rule comes from its category, from the profile, and from what the project chose."""

import datetime as dt
import json
import subprocess
from pathlib import Path

import pytest

from onward.adapters.ruff.tools import find
from onward.adapters.tables import ruff_categories
from onward.core.finding import Finding, Place
from onward.core.policy import Level
from onward.domain.policy.decide import decide
from onward.domain.policy.ruff_levels import LEVELS, Settings, ruff_rows
from onward.domain.policy.rule import Profile
from onward.domain.policy.rules_refactor import RUFF

TODAY = dt.date(2026, 6, 1)
CORRECT, SECURE, SUSPICIOUS, FAST, STYLE, PEDANTIC = (
    "F821", "S307", "F401", "PERF101", "I001", "ANN001",
)  # fmt: skip


def level(chosen: Settings, code: str, profile: Profile = Profile.standard) -> Level:
    finding = Finding(rule=f"ruff/{code}", subject=Place(path="a.py"), message="x")
    return decide([finding], ruff_rows(chosen, ruff_categories(), profile), TODAY).level


@pytest.mark.parametrize(
    ("profile", "levels"),
    [
        ("relaxed", "ratchet ratchet advise advise off off"),
        ("standard", "enforce enforce ratchet ratchet advise advise"),
        ("strict", "enforce enforce enforce enforce ratchet ratchet"),
    ],
)
def test_a_word_for_the_team_gives_every_category_its_level(profile: str, levels: str) -> None:
    codes = (CORRECT, SECURE, SUSPICIOUS, FAST, STYLE, PEDANTIC)
    found = [level(Settings(), code, Profile(profile)) for code in codes]
    assert [one.value for one in found] == levels.split()


@pytest.mark.parametrize("profile", Profile)
def test_what_cannot_be_read_fails_in_every_profile(profile: Profile) -> None:
    for code in ("E902", "E999", "invalid-syntax"):
        assert level(Settings(), code, profile) is Level.enforce


def test_a_rule_that_the_project_selected_fails_on_new_findings() -> None:
    chosen = Settings(selected=True)
    assert [level(chosen, code) for code in (STYLE, PEDANTIC, "NEW123")] == [Level.ratchet] * 3
    assert level(chosen, CORRECT) is Level.enforce
    assert level(chosen, "format") is Level.advise


def test_what_is_added_counts_and_nothing_that_only_starts_like_it() -> None:
    chosen = Settings(extended=("F", "PL", "B0", "E501"))
    for code in ("PLR0913", "PLW1508", "B020", "E501"):
        assert level(chosen, code).strength >= Level.ratchet.strength, code
    for code in ("FURB188", "E711", "I001"):
        assert level(chosen, code) is Level.advise, code
    assert level(Settings(extended=("ALL",)), "D100") is Level.ratchet


def test_a_format_table_makes_the_format_the_projects() -> None:
    assert level(Settings(formats=True), "format") is Level.enforce
    assert level(Settings(), "format") is Level.advise
    assert level(Settings(), "format", Profile.strict) is Level.enforce


def test_the_table_says_what_the_ruff_that_we_bring_says(tmp_path: Path) -> None:
    program = find(tmp_path, {}).program
    told = subprocess.run(
        [program, "rule", "--all", "--output-format", "json"], capture_output=True, check=True
    )
    wanted: dict[str, set[str]] = {}
    for rule in json.loads(told.stdout):
        if rule["code"] and rule.get("category"):
            wanted.setdefault(rule["category"], set()).add(f"ruff/{rule['code']}")
    assert ruff_categories() == wanted
    assert set(LEVELS) == set(wanted)


def test_the_refactorings_of_ruff_are_rules_that_it_has() -> None:
    known = {rule for rules in ruff_categories().values() for rule in rules}
    assert not {code for code in RUFF if f"ruff/{code}" not in known}
