"""The guard over a project as it stands, asking no index."""

import datetime as dt
from pathlib import Path

import pytest

from onward.core.finding import Certainty, Finding
from onward.core.policy import Level
from onward.domain.policy.decide import decide
from onward.workflows.judge_project import project_findings
from onward.workflows.situation import open_situation
from tests.conftest import FakeClock, MakeProject

RECORDED = Path(__file__).parents[1] / "recorded" / "layouts"
UNDATED = "guard/no-upload-time-locked"


def judged(folder: Path, env: dict[str, str], now: dt.datetime) -> tuple[tuple[Finding, ...], bool]:
    """Give the findings on a project and whether the standard profile would stop at them."""
    situation = open_situation(folder, env, now)
    found = project_findings(situation)
    return found, decide(found, situation.policy.rows, now.date()).blocked


@pytest.mark.parametrize(
    ("folder", "lock"),
    [
        ("poetry-2.5.1", "poetry.lock"),
        ("pdm-2.29.3", "pdm.lock"),
        ("pipenv-2026.10.3", "Pipfile.lock"),
    ],
)
def test_a_lock_that_has_no_place_for_times_is_said_once_and_does_not_fail_the_check(
    folder: str, lock: str, env: dict[str, str], clock: FakeClock
) -> None:
    found, blocked = judged(RECORDED / folder, env, clock())
    undated = [f for f in found if f.rule.startswith("guard/no-upload-time")]
    assert [f.rule for f in undated] == [UNDATED]
    assert undated[0].certainty is Certainty.unknown
    assert f"`{lock}` does not say when" in undated[0].message
    assert not blocked


LOCK = """version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "demo"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "tidewater" }]

[[package]]
name = "tidewater"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [
    { url = "https://files.example/tidewater-1.0-py3-none-any.whl", hash = "sha256:%s", size = 1%s },
]
"""


def test_a_lock_that_tells_the_times_is_judged_by_them(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project(dependencies=["tidewater"])
    for time, rules in (
        ("", {UNDATED}),
        (', upload-time = "2026-05-31T12:00:00Z"', {"guard/too-new"}),
        (', upload-time = "2020-01-01T00:00:00Z"', set()),
    ):
        (root / "uv.lock").write_text(LOCK % ("0" * 64, time), encoding="utf-8")
        found, _ = judged(root, env, clock())
        assert {f.rule for f in found} - {"guard/feed-old"} == rules


def test_the_strict_profile_does_not_take_it(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project(dependencies=["tidewater"], extra='[tool.onward]\nprofile = "strict"\n')
    (root / "uv.lock").write_text(LOCK % ("0" * 64, ""), encoding="utf-8")
    situation = open_situation(root, env, clock())
    decision = decide(project_findings(situation), situation.policy.rows, clock.today)
    assert UNDATED in {v.finding.rule for v in decision.at(Level.enforce)}


@pytest.mark.parametrize(
    ("name", "text", "way"),
    [
        ("requirements.txt", "tidewater\n", "`uv pip compile`"),
        ("pyproject.toml", '[tool.poetry]\nname = "a"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.11"\ntidewater = "*"\n', "`poetry lock`"),
        ("setup.cfg", "[metadata]\nname = a\n[options]\ninstall_requires = tidewater\n", "[project] table"),
    ],
)  # fmt: skip
def test_each_layout_is_told_its_own_way_to_a_lock(
    tmp_path: Path, env: dict[str, str], clock: FakeClock, name: str, text: str, way: str
) -> None:
    root = tmp_path / "own"
    root.mkdir()
    (root / name).write_text(text, encoding="utf-8")
    (found,) = [f for f in judged(root, env, clock())[0] if f.rule == "guard/unlocked"]
    assert way in found.hint
