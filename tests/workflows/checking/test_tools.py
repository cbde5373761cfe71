"""Which tools look at a project, and what stands in for one that nobody asked for."""

from pathlib import Path

import pytest

from onward.core.tool import MISSING, NOT_CHOSEN, missing
from onward.domain.policy.checks import Checks, Types
from onward.workflows.checking.tools import wanted_tools
from onward.workflows.project import open_project

_PROJECT = '[project]\nname = "demo"\nversion = "1"\n'


def names(root: Path, checks: Checks, extra: str = "") -> list[str]:
    (root / "pyproject.toml").write_text(_PROJECT + extra, encoding="utf-8")
    return [tool.name for tool in wanted_tools(checks, open_project(root, {}))]


@pytest.mark.parametrize(
    ("extra", "checker"),
    [
        ("", "mypy"),
        ("[tool.ty]\n", "ty"),
        ('[dependency-groups]\ndev = ["pyrefly"]\n', "pyrefly"),
        ('[dependency-groups]\ndev = ["ty", "mypy"]\n', "mypy"),
        ("[tool.basedpyright]\n", "basedpyright"),
    ],
)
def test_the_type_checker_is_the_one_the_project_shows_to_use(
    tmp_path: Path, extra: str, checker: str
) -> None:
    assert names(tmp_path, Checks(), extra) == ["ruff", "ruff format", checker]


def test_a_file_of_its_settings_shows_it_too(tmp_path: Path) -> None:
    (tmp_path / "ty.toml").touch()
    assert names(tmp_path, Checks())[-1] == "ty"


def test_what_the_settings_name_wins(tmp_path: Path) -> None:
    assert names(tmp_path, Checks(types=Types.ty), "[tool.mypy]\n")[-1] == "ty"
    assert names(tmp_path, Checks(types=Types.none), "[tool.mypy]\n") == ["ruff", "ruff format"]
    assert names(tmp_path, Checks(tools=("pylint", "ruff"))) == ["pylint", "ruff"]


def test_settings_left_over_call_for_no_old_linter_but_a_requirement_does(tmp_path: Path) -> None:
    assert "pylint" not in names(tmp_path, Checks(), "[tool.pylint.main]\n")
    extra = '[dependency-groups]\ndev = ["flake8", "pylint"]\n'
    assert names(tmp_path, Checks(), extra)[-2:] == ["flake8", "pylint"]


@pytest.mark.parametrize(
    ("checks", "extra", "rule"),
    [
        (Checks(), "", NOT_CHOSEN),
        (Checks(types=Types.mypy), "", MISSING),
        (Checks(), "[tool.mypy]\n", MISSING),
        (Checks(tools=("mypy",)), "", MISSING),
    ],
)
def test_that_it_cannot_look_is_advice_only_where_nobody_asked_for_it(
    tmp_path: Path, checks: Checks, extra: str, rule: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(_PROJECT + extra, encoding="utf-8")
    tool = wanted_tools(checks, open_project(tmp_path, {}))[-1]
    found = missing(tool.probe(tmp_path / ".venv", {}))
    assert found.rule == rule
    assert "`onward sync`" in found.hint
    assert ('types = "none"' in found.hint) is (rule == NOT_CHOSEN)


@pytest.mark.parametrize(
    ("extra", "rule"),
    [
        ("[tool.typos]\n", NOT_CHOSEN),
        ('[dependency-groups]\ndev = ["typos"]\n', MISSING),
        ('[dependency-groups]\ndev = ["typos"]\n[tool.typos]\n', MISSING),
    ],
)
def test_settings_that_pre_commit_may_need_stop_nobody_where_the_tool_is_not_there(
    tmp_path: Path, extra: str, rule: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(_PROJECT + extra, encoding="utf-8")
    tool = wanted_tools(Checks(types=Types.none), open_project(tmp_path, {}))[-1]
    found = missing(tool.probe(tmp_path / ".venv", {}))
    assert (tool.name, found.rule) == ("typos", rule)
    assert ("such as pre-commit" in found.hint) is (rule == NOT_CHOSEN)
