"""What stands out in a project's history, as a person who adds libraries meets it."""

import datetime as dt

import pytest

from tests.conftest import FakeClock
from tests.journeys.conftest import MakeStage
from tests.journeys.stage import Stage
from tests.registry import Registry

RULE = "guard/new-project-own-index"
ENFORCED = f'[[tool.onward.policy]]\nmatch = "{RULE}"\nlevel = "enforce"'
DAY = dt.timedelta(days=1)


@pytest.fixture
def strict(make_stage: MakeStage) -> Stage:
    """A project that takes no new project, from the registry of the tests either."""
    return make_stage(extra=ENFORCED)


def test_a_new_project_is_refused_and_can_be_allowed(
    strict: Stage, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0", uploaded=clock() - 5 * DAY)

    said = strict.refused("add", "tidewater")

    assert RULE in said.err
    assert "is new and not well known: its first release came 2026-05-27" in said.err
    strict.fine("allow", "tidewater", "--rule", RULE, "--why", "we know who makes it")
    strict.fine("add", "tidewater")
    assert strict.locked == {"tidewater": "1.0"}


def test_a_new_indirect_one_is_stepped_around(
    strict: Stage, registry: Registry, clock: FakeClock
) -> None:
    registry.add("lanternfish", "1.0")
    registry.add("lanternfish", "1.1", requires=["tidewater"], uploaded=clock() - 5 * DAY)
    registry.add("tidewater", "0.1", uploaded=clock() - 5 * DAY)

    strict.fine("add", "lanternfish")

    assert strict.locked == {"lanternfish": "1.0"}


def test_what_the_lock_holds_is_not_new_and_can_be_updated(
    strict: Stage, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0", uploaded=clock() - 5 * DAY)
    strict.fine("allow", "tidewater", "--rule", RULE, "--until", "3 days", "--why", "for a trial")
    strict.fine("add", "tidewater>=1")
    clock.advance(days=5)
    registry.add("tidewater", "1.1", uploaded=clock() - 4 * DAY)

    strict.fine("sync")
    strict.fine("update", "tidewater")

    assert strict.locked == {"tidewater": "1.1"}


def test_on_an_index_of_ones_own_it_is_advice_by_default(
    stage: Stage, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0", uploaded=clock() - 5 * DAY)

    said = stage.fine("add", "tidewater")

    assert RULE in said.text
    assert 'guard.private = ["tidewater"]' in said.text


def test_a_claimed_name_is_no_news(
    make_stage: MakeStage, registry: Registry, clock: FakeClock
) -> None:
    stage = make_stage(extra='[tool.onward.guard]\nprivate = ["tide*"]')
    registry.add("tidewater", "99.0", uploaded=clock() - 5 * DAY)

    assert "guard/" not in stage.fine("add", "tidewater").text


def test_a_release_far_above_all_others_is_stepped_over(
    stage: Stage, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "99.0", uploaded=clock() - 5 * DAY)

    said = stage.refused("add", "tidewater==99.0")
    assert "guard/version-jump" in said.err
    assert "leaves far behind what came before (1.0)" in said.err
    stage.fine("add", "tidewater")
    assert stage.locked == {"tidewater": "1.0"}


def test_releases_of_a_stolen_account_wait_while_the_locked_one_installs(
    stage: Stage, registry: Registry, clock: FakeClock
) -> None:
    registry.add("litellm", "1.82.6")
    stage.fine("add", "litellm")
    clock.now = dt.datetime(2026, 3, 24, 12, tzinfo=dt.UTC)
    for version, minute in (("1.82.7", 39), ("1.82.8", 52)):
        uploaded = dt.datetime(2026, 3, 24, 10, minute, tzinfo=dt.UTC)
        registry.add("litellm", version, uploaded=uploaded)

    assert "guard/too-new" in stage.refused("add", "litellm==1.82.8").err
    stage.fine("update")
    stage.fine("sync")

    assert stage.locked == stage.installed == {"litellm": "1.82.6"}


@pytest.mark.parametrize(
    "rule", ["new-project", "version-jump", "release-burst", "provenance-lost"]
)
def test_each_rule_is_explained(stage: Stage, rule: str) -> None:
    said = stage.fine("explain", f"guard/{rule}")

    assert f"guard/{rule}" in said.out
    assert "profile" in said.out


LICENCES = '[tool.onward.guard]\nlicences = ["MIT", "!AGPL-*"]'


def test_a_licence_that_is_not_on_the_list_stays_out(
    make_stage: MakeStage, registry: Registry
) -> None:
    stage = make_stage(extra=LICENCES)
    registry.add("tidewater", "1.0", requires=["mossgrove"], licence="MIT")
    registry.add("mossgrove", "1.0", licence="AGPL-3.0-only")
    registry.add("lanternfish", "1.0", licence="MIT")

    said = stage.refused("add", "tidewater")
    assert "the licence of mossgrove==1.0 is AGPL-3.0-only" in said.err
    assert "guard/licence" not in stage.fine("add", "lanternfish").text
    stage.fine("allow", "mossgrove", "--rule", "guard/licence", "--why", "not shipped")
    stage.fine("add", "tidewater")


def test_a_licence_that_nobody_knows_is_told(make_stage: MakeStage, registry: Registry) -> None:
    stage = make_stage(extra=LICENCES)
    registry.add("tidewater", "1.0", licence="as is")

    said = stage.fine("add", "tidewater")

    assert "guard/licence-unknown" in said.text
