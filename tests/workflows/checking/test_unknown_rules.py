"""Rows of the policy on rules of ruff that there are not, through `onward check`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

ROW = '[[tool.onward.policy]]\nmatch = "{}"\nlevel = "advise"\nwhy = "old code"\n'


def told(root: Path, env: dict[str, str], clock: FakeClock) -> list[dict[str, Any]]:
    out = io.StringIO()
    words = ["check", "--json"]
    run_verb(words, env, cwd=root, clock=clock, out=out, err=io.StringIO())
    found = json.loads(out.getvalue())["findings"]
    return [one for one in found if one["rule"] == "policy/unknown-rule"]


@pytest.mark.parametrize(
    ("match", "near"),
    [("ruff/F9999", "ruff/F"), ("ruff/f401", "ruff/F401"), ("ruff/TCH00*", "ruff/TC0")],
)
def test_a_row_on_no_rule_is_told_with_its_place_and_a_near_one(
    match: str, near: str, project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project(extra=ROW.format(match), files={"a.py": '"""Fine."""\n'})
    (one,) = told(root, env, clock)
    assert one["level"] == "enforce"
    assert one["subject"]["path"] == "pyproject.toml"
    assert f"tool.onward.policy[0].match: `{match}`" in one["message"]
    assert f"did you mean `{near}" in one["message"]


@pytest.mark.parametrize(
    "match", ["ruff/F401", "ruff/F*", "ruff/format", "ruff/invalid-syntax", "ruff/*", "ruff/E902"]
)
def test_a_row_on_a_rule_that_there_is_is_fine(
    match: str, project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project(extra=ROW.format(match), files={"a.py": '"""Fine."""\n'})
    assert told(root, env, clock) == []
