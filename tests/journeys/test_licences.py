"""The licences of what a project has already, as `onward check` tells of them: nobody is asked."""

import json
import shutil
from pathlib import Path

import pytest

from tests.journeys.conftest import MakeStage
from tests.journeys.stage import Stage
from tests.registry import Registry

LISTED = '\n[tool.onward.guard]\nlicences = ["MIT", "!AGPL-*"]\n'
UNKNOWN = "guard/licence-unknown"


@pytest.fixture
def stage(make_stage: MakeStage, registry: Registry) -> Stage:
    """A project that had its libraries before anyone wrote a list of licences."""
    stage = make_stage()
    registry.add("tidewater", "1.0", requires=["mossgrove"], licence="MIT")
    registry.add("mossgrove", "1.0", licence="AGPL-3.0-only")
    registry.add("lanternfish", "1.0", licence="as is")
    stage.fine("add", "tidewater", "lanternfish")
    _append(stage, LISTED)
    return stage


def _append(stage: Stage, text: str) -> None:
    path = stage.root / "pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def _forget(stage: Stage) -> None:
    """Make it a machine that has never asked for these licences."""
    shutil.rmtree(Path(stage.env["ONWARD_CACHE_DIR"]) / "licences")


def _told(stage: Stage) -> list[str]:
    said = stage.onward("check")
    return [line for line in said.text.splitlines() if "guard/licence" in line]


def _refused(stage: Stage) -> str:
    """Check, insist that something fails, and give what is said."""
    said = stage.onward("check")
    assert said.code == 1, said.text
    return said.text


def test_what_is_installed_is_judged_by_what_it_states(stage: Stage, registry: Registry) -> None:
    _forget(stage)
    registry.close()

    said = _refused(stage)

    assert "the licence of mossgrove==1.0 is AGPL-3.0-only" in said
    assert "the licence of lanternfish==1.0 is no known one: `as is`" in said
    assert "tidewater" not in "".join(_told(stage))
    stage.fine("allow", "mossgrove", "--rule", "guard/licence", "--why", "not shipped")
    stage.fine("check")


def test_what_was_told_when_it_entered_is_remembered(stage: Stage) -> None:
    shutil.rmtree(stage.root / ".venv")

    assert "the licence of mossgrove==1.0 is AGPL-3.0-only" in _refused(stage)


def test_what_is_not_installed_is_told_once_with_the_way_to_know(stage: Stage) -> None:
    _forget(stage)
    shutil.rmtree(stage.root / ".venv")

    said = stage.fine("check")

    assert said.text.count(UNKNOWN) == said.text.count(f"--rule {UNKNOWN}") + 1
    assert "the licences of 3 locked packages are not known" in said.text
    assert "lanternfish==1.0, mossgrove==1.0, tidewater==1.0" in said.text
    assert "`onward sync` installs what is locked" in said.text
    stage.fine("sync")
    assert "the licence of mossgrove==1.0 is AGPL-3.0-only" in _refused(stage)


def test_another_version_than_the_locked_one_says_nothing(stage: Stage) -> None:
    _forget(stage)
    (info,) = stage.root.glob(".venv/[lL]ib/**/mossgrove-1.0.dist-info")
    text = (info / "METADATA").read_text(encoding="utf-8")
    (info / "METADATA").write_text(text.replace("Version: 1.0", "Version: 0.9"), encoding="utf-8")

    said = stage.fine("check")

    assert "the licence of 1 locked package is not known" in said.text
    assert "does not have mossgrove==1.0 as locked" in said.text


def test_what_only_other_machines_install_is_told_apart(
    make_stage: MakeStage, registry: Registry
) -> None:
    stage = make_stage(extra=LISTED)
    registry.add("tidewater", "1.0", requires=["mossgrove; sys_platform == 'nowhere'"])
    registry.add("mossgrove", "1.0")
    stage.fine("add", "tidewater")
    _forget(stage)

    said = stage.fine("check")

    assert "not known, since only other machines install mossgrove==1.0" in said.text


def test_one_that_someone_looked_up_is_not_counted(
    make_stage: MakeStage, registry: Registry
) -> None:
    stage = make_stage(extra=f'[tool.onward]\nprofile = "strict"{LISTED}')
    registry.add("tidewater", "1.0")
    stage.fine("add", "tidewater")
    _forget(stage)
    shutil.rmtree(stage.root / ".venv")
    assert UNKNOWN in _refused(stage)

    stage.fine("allow", "tidewater==1.0", "--rule", UNKNOWN, "--why", "it is MIT, I looked")

    found = json.loads(stage.onward("check", "--json").out)["findings"]
    assert [one["level"] for one in found if one["rule"] == UNKNOWN] == ["advise"]


def test_names_of_ones_own_are_not_judged(stage: Stage) -> None:
    _append(stage, 'private = ["mossgrove"]\n')

    assert not [line for line in _told(stage) if "mossgrove" in line]


def test_without_a_list_nothing_is_looked_at(stage: Stage) -> None:
    path = stage.root / "pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(LISTED, ""), encoding="utf-8")

    assert _told(stage) == []
