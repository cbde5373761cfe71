"""``onward python``: list, pin and check, through the door and with real files."""

import datetime as dt
import io
import json
import os
import sys
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from onward.core.errors import MissingTool
from onward.core.finding import Certainty
from onward.core.proc.call import Call, Ran
from onward.workflows.project import open_project
from onward.workflows.python_in_use import list_pythons, python_findings
from tests.adapters.test_interpreters import LISTED
from tests.workflows.test_project import file

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
APP = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"  # ours\n'
LIBRARY = APP + '[build-system]\nrequires = ["hatchling"]\n'


@pytest.fixture
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    file(home, ".pyenv/versions/3.12.1/bin/python3", "")
    return {"HOME": str(home), "USERPROFILE": str(home), "ONWARD_CACHE_DIR": str(home / "cache")}


def ask(root: Path, env: dict[str, str], *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run_verb(list(words), env, cwd=root, clock=lambda: NOW, out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def test_a_pin_is_written_everywhere_and_undone(tmp_path: Path, env: dict[str, str]) -> None:
    workflow = 'steps:\n  - with:\n      python-version: "3.11.7"\n'
    file(tmp_path, "pyproject.toml", APP)
    file(tmp_path, ".python-version", "# ours\n3.11.7\n")
    file(tmp_path, ".github/workflows/ci.yml", workflow)
    file(tmp_path, ".gitlab-ci.yml", "image: python:3.11.7-slim\n")
    file(tmp_path, "Dockerfile", "# made by onward ship\nFROM python:3.11.7-slim\n")
    file(tmp_path, "other.Dockerfile", "FROM python:3.11.7-slim\n")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    code, out, _ = ask(tmp_path, env, "python", "pin", "3.12.1", "--dry-run")
    assert code == 0
    assert "Nothing was changed" in out
    assert {p: p.read_bytes() for p in before} == before

    code, out, _ = ask(tmp_path, env, "python", "pin", "3.12.1")
    assert code == 0
    assert (tmp_path / ".python-version").read_text(encoding="utf-8") == "# ours\n3.12.1\n"
    assert (tmp_path / ".github/workflows/ci.yml").read_text(encoding="utf-8") == workflow.replace(
        "3.11.7", "3.12.1"
    )
    assert "3.12.1-slim" in (tmp_path / ".gitlab-ci.yml").read_text(encoding="utf-8")
    assert "3.12.1-slim" in (tmp_path / "Dockerfile").read_text(encoding="utf-8")
    assert "3.11.7" in (tmp_path / "other.Dockerfile").read_text(encoding="utf-8")
    assert "other.Dockerfile:1 names 3.11.7 too" in out

    assert ask(tmp_path, env, "python", "pin", "3.12.1")[1].endswith("that is the pin already.\n")
    assert ask(tmp_path, env, "undo")[0] == 0
    assert {p: p.read_bytes() for p in before} == before


def test_json_names_the_files(tmp_path: Path, env: dict[str, str]) -> None:
    file(tmp_path, "pyproject.toml", APP)
    code, out, _ = ask(tmp_path, env, "python", "pin", "3.13", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["done"] is True
    assert [Path(p).name for p in answer["files"]] == [".python-version"]
    assert any("No version manager" in note for note in answer["notes"])


def test_an_application_may_change_its_range_and_a_library_may_not(
    tmp_path: Path, env: dict[str, str]
) -> None:
    file(tmp_path, "pyproject.toml", APP)
    file(tmp_path, "uv.lock", 'version = 1\nrequires-python = ">=3.11"\n')
    code, _, err = ask(tmp_path, env, "python", "pin", "3.10.4")
    assert code == 1
    assert "--change-requires" in err
    assert not (tmp_path / ".python-version").exists()

    code, out, _ = ask(tmp_path, env, "python", "pin", "3.10.4", "--change-requires")
    assert code == 0
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8") == APP.replace(
        ">=3.11", ">=3.10"
    )
    assert "past its end of life (2026-10-31)" in out
    assert "onward lock" in out

    file(tmp_path, "pyproject.toml", LIBRARY)
    code, _, err = ask(tmp_path, env, "python", "pin", "3.10.4", "--change-requires")
    assert code == 1
    assert "promises" in err
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8") == LIBRARY


def test_a_word_that_is_no_version_is_bad_input(tmp_path: Path, env: dict[str, str]) -> None:
    file(tmp_path, "pyproject.toml", APP)
    assert ask(tmp_path, env, "python", "pin", "newest")[0] == 2
    assert ask(tmp_path, env, "python")[0] == 2


def environment(root: Path, version: str) -> None:
    file(root, ".venv/pyvenv.cfg", f"home = /p/{version}/bin\nversion_info = {version}\n")


TODAY = NOW.date()


def rules(root: Path, today: dt.date = TODAY, **env: str) -> list[tuple[str, str]]:
    found = python_findings(open_project(root, {}), env, today)
    return [(one.rule, str(one.subject)) for one in found]


def test_another_python_than_the_pin_is_a_mismatch(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", APP)
    environment(tmp_path, "3.12.4")
    assert rules(tmp_path) == []
    file(tmp_path, ".python-version", "3.12\n")
    assert rules(tmp_path) == []
    file(tmp_path, ".python-version", "3.12.1\n")
    (finding,) = python_findings(open_project(tmp_path, {}), {}, NOW.date())
    assert (finding.rule, str(finding.subject)) == ("python/mismatch", ".python-version:1")
    assert finding.facts == {"pin": "3.12.1", "found": "3.12.4"}
    file(tmp_path, ".venv/pyvenv.cfg", "home = /x\n")
    (finding,) = python_findings(open_project(tmp_path, {}), {}, NOW.date())
    assert finding.certainty is Certainty.unknown


def test_the_active_environment_counts_when_the_project_has_none(tmp_path: Path) -> None:
    root = tmp_path / "p"
    file(root, "pyproject.toml", APP)
    file(root, ".python-version", "3.12\n")
    environment(tmp_path, "3.13.0")
    assert rules(root) == []
    assert rules(root, VIRTUAL_ENV=str(tmp_path / ".venv")) == [
        ("python/mismatch", ".python-version:1")
    ]


def test_a_pin_outside_the_range_and_the_end_of_life(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", APP)
    file(tmp_path, ".python-version", "3.10\n")
    assert rules(tmp_path) == [
        ("python/mismatch", ".python-version:1"),
        ("python/end-of-life", ".python-version:1"),
    ]
    file(tmp_path, ".python-version", "3.11\n")
    assert rules(tmp_path) == []
    assert rules(tmp_path, dt.date(2027, 5, 15)) == [("python/end-of-life", ".python-version:1")]
    (tmp_path / ".python-version").unlink()
    environment(tmp_path, "3.10.2")
    assert rules(tmp_path) == [("python/end-of-life", "app")]


def test_check_says_it_and_the_policy_decides(tmp_path: Path, env: dict[str, str]) -> None:
    file(tmp_path, "pyproject.toml", APP)
    file(tmp_path, ".python-version", "3.12.1\n")
    environment(tmp_path, "3.13.0")
    code, out, _ = ask(tmp_path, env, "python", "check")
    assert code == 0
    assert "`.venv` has Python 3.13.0" in out
    file(tmp_path, "pyproject.toml", APP + '[tool.onward]\nprofile = "strict"\n')
    code, out, _ = ask(tmp_path, env, "python", "check", "--json")
    assert code == 1
    assert json.loads(out)["blocked"] is True
    environment(tmp_path, "3.12.1")
    assert ask(tmp_path, env, "python", "check")[0] == 0


def test_the_list_marks_the_one_in_use_and_says_who_manages_it(
    tmp_path: Path, env: dict[str, str]
) -> None:
    file(tmp_path, "pyproject.toml", APP)
    environment(tmp_path, "3.13.0")
    calls: list[Call] = []

    def answer(call: Call) -> Ran:
        calls.append(call)
        return Ran(call=call, code=0, out=LISTED, err=b"", seconds=0.1)

    project = open_project(tmp_path, {})
    listed = list_pythons("/bin/uv", env, NOW.date(), project, runner=answer)
    assert [(one.version, one.in_use, one.variant) for one in listed.found] == [
        ("3.13.0", True, ""),
        ("3.12.1", False, "freethreaded"),
    ]
    assert str(listed.found[0].ends) == "2029-10-31"
    assert ".pyenv" in calls[0].env["UV_PYTHON_SEARCH_PATH"]


@pytest.mark.skipif(
    sys.platform == "win32", reason="the folder made here is that of pyenv, not of pyenv-win"
)
def test_without_uv_the_managers_folders_still_answer(tmp_path: Path, env: dict[str, str]) -> None:
    def fail(call: Call) -> Ran:
        raise MissingTool("tool-missing", f"no {call.argv[0]}")

    listed = list_pythons("/bin/uv", env, NOW.date(), None, runner=fail)
    assert not listed.complete
    assert [(one.version, one.manager) for one in listed.found] == [("3.12.1", "pyenv")]


def test_the_real_uv_lists_the_python_of_this_test(tmp_path: Path) -> None:
    code, out, _ = ask(tmp_path, {**os.environ}, "python", "list", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["complete"]
    assert answer["pythons"]


def test_the_first_pin_names_the_places_that_name_another_python(
    tmp_path: Path, env: dict[str, str]
) -> None:
    file(tmp_path, "pyproject.toml", APP)
    matrix = 'python-version: ["3.11", "3.12"]\n'
    workflow = f'a:\n  - python-version: "3.11"  # old\n  - python-version: "3.12"\n{matrix}'
    file(tmp_path, ".github/workflows/ci.yml", workflow)
    file(tmp_path, "Dockerfile", "FROM docker.test/python:3.13-slim\n")
    code, out, _ = ask(tmp_path, env, "python", "pin", "3.12.1")
    assert code == 0
    assert ".github/workflows/ci.yml:2 names Python 3.11; put 3.12.1 there" in out
    assert "Dockerfile:1 names Python 3.13" in out
    assert out.count(" names Python ") == 2
    assert (tmp_path / ".github/workflows/ci.yml").read_text(encoding="utf-8") == workflow


def test_a_python_that_does_not_exist_is_not_pinned(tmp_path: Path, env: dict[str, str]) -> None:
    file(tmp_path, "pyproject.toml", APP)
    code, _, err = ask(tmp_path, env, "python", "pin", "3.99")
    assert code == 2
    assert "there is no Python 3.99" in err
    assert not (tmp_path / ".python-version").exists()
    file(Path(env["HOME"]), ".pyenv/versions/3.99.0/bin/python3", "")
    assert ask(tmp_path, env, "python", "pin", "3.99")[0] == 0
