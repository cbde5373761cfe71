"""Which environment a project's code runs in, by what poetry, pdm, pipenv and a shell leave behind."""

import os
import venv
from pathlib import Path

import pytest

from onward.workflows.environment_in_use import environment_in_use, poetrys_name
from onward.workflows.project import open_project
from tests.conftest import MakeProject

POETRY = (
    '[tool.poetry]\nname = "demo"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.11"\n'
)


def made(folder: Path) -> Path:
    venv.create(folder, with_pip=False)
    return folder


def in_use(root: Path, env: dict[str, str]) -> Path:
    return environment_in_use(open_project(root, env), env)


def test_without_any_it_is_where_one_belongs(project: MakeProject, env: dict[str, str]) -> None:
    root = project()
    assert in_use(root, env) == root / ".venv"


def test_its_own_comes_before_the_active_one(
    project: MakeProject, env: dict[str, str], tmp_path: Path
) -> None:
    root = project()
    env["VIRTUAL_ENV"] = str(made(tmp_path / "active"))
    assert in_use(root, env) == tmp_path / "active"
    made(root / ".venv")
    assert in_use(root, env) == root / ".venv"


def test_a_file_may_name_it(project: MakeProject, env: dict[str, str], tmp_path: Path) -> None:
    named = made(tmp_path / "named")
    root = project(files={".venv": f"{named}\n"})
    assert in_use(root, env) == named
    python = named / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    of_pdm = project(files={".pdm-python": str(python)}, folder="pdm")
    assert in_use(of_pdm, env) == named


@pytest.mark.skipif(os.name == "nt", reason="the path was recorded elsewhere")
def test_poetrys_names_are_as_poetry_gives_them() -> None:
    # recorded: poetry 2.4, `poetry env info -p`
    assert poetrys_name("my-proj", "/tmp/pp/My Proj") == "my-proj-tylXprTV"


def test_poetrys_own_is_found_where_poetry_keeps_it(
    project: MakeProject, env: dict[str, str], tmp_path: Path
) -> None:
    root = project(pyproject=POETRY)
    stem = poetrys_name("demo", os.path.normcase(os.path.realpath(root)))
    folder = tmp_path / "kept"
    env["POETRY_VIRTUALENVS_PATH"] = str(folder)
    assert in_use(root, env) == root / ".venv"
    old, new = (made(folder / f"{stem}-py{minor}") for minor in ("3.9", "3.12"))
    assert in_use(root, env) == new
    (folder / "envs.toml").write_text(f'[{stem}]\nminor = "3.9"\npatch = "3.9.1"\n')
    assert in_use(root, env) == old
    del env["POETRY_VIRTUALENVS_PATH"]
    (root / "poetry.toml").write_text('[virtualenvs]\npath = "{cache-dir}/kept"\n')
    env["POETRY_CACHE_DIR"] = str(tmp_path)
    assert in_use(root, env) == old
