"""The project's own tool wins, else the one that onward brings; nothing is started to find out."""

import sys
from pathlib import Path

import pytest

from onward.core.programs import (
    ONWARD,
    PROJECT,
    Wanted,
    find_library,
    find_program,
    find_with_imports,
    python_of,
)

RUFF = Wanted(tool="ruff", distribution="ruff", brought=True)
LINTER = Wanted(tool="linter", distribution="the-linter-bin", program="linter")


@pytest.mark.parametrize(
    ("program", "site"),
    [("bin/linter", "lib/python3.13/site-packages"), ("Scripts/linter.exe", "Lib/site-packages")],
)
def test_the_projects_own_is_found_with_its_version(
    tmp_path: Path, program: str, site: str
) -> None:
    (tmp_path / program).parent.mkdir(parents=True)
    (tmp_path / program).touch()
    (tmp_path / site / "the_linter_bin-2.10.0.dist-info").mkdir(parents=True)
    found = find_program(LINTER, tmp_path)
    assert (found.found, found.version, found.origin) == (True, "2.10.0", PROJECT)
    assert found.program == str(tmp_path / program)


def test_what_onward_brings_stands_in_for_it(tmp_path: Path) -> None:
    found = find_program(RUFF, tmp_path)
    assert (found.found, found.origin) == (True, ONWARD)
    assert found.version.startswith("0.")


def test_what_nobody_has_says_how_to_get_it(tmp_path: Path) -> None:
    found = find_program(LINTER, tmp_path)
    assert not found.found
    assert "`onward add --dev the-linter-bin`" in found.how_to_get


def test_the_python_of_an_environment(tmp_path: Path) -> None:
    assert python_of(tmp_path) is None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    assert python_of(tmp_path) == tmp_path / "bin" / "python"


def test_a_library_is_found_with_the_python_that_has_it(tmp_path: Path) -> None:
    wanted = Wanted(tool="reader", distribution="the-reader-lib")
    assert not find_library(wanted, tmp_path).found
    assert "`onward add --dev the-reader-lib`" in find_library(wanted, tmp_path).how_to_get
    (tmp_path / "lib/python3.13/site-packages/the_reader_lib-2.4.1.dist-info").mkdir(parents=True)
    assert not find_library(wanted, tmp_path).found, "there is no Python to run it"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    found = find_library(wanted, tmp_path)
    assert (found.version, found.origin) == ("2.4.1", PROJECT)
    assert found.program == str(tmp_path / "bin" / "python")


def test_a_library_that_onward_brings_runs_in_onwards_python(tmp_path: Path) -> None:
    wanted = Wanted(tool="reader", distribution="msgspec", brought=True)
    found = find_library(wanted, tmp_path)
    assert (found.origin, found.program) == (ONWARD, sys.executable)


def test_what_is_installed_later_shows_in_the_places_that_were_looked_at(tmp_path: Path) -> None:
    assert str(tmp_path / "bin" / "linter") in find_program(LINTER, tmp_path).looked_at
    site = tmp_path / "lib/python3.13/site-packages"
    site.mkdir(parents=True)
    wanted = Wanted(tool="reader", distribution="the-reader-lib")
    looked_at = find_library(wanted, tmp_path).looked_at
    assert {str(site), str(tmp_path / "bin" / "python")} <= set(looked_at)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "linter").touch()
    probe = find_with_imports(LINTER, tmp_path)
    assert not probe.found
    assert str(tmp_path / "bin" / "python") in probe.looked_at


@pytest.mark.parametrize(
    ("beside", "way"),
    [
        ("requirements-dev.txt", "`python -m venv .venv` makes it"),
        ("setup.py", "`python -m venv .venv` makes it"),
        ("Pipfile", "`pipenv install --dev` makes it"),
        ("pyproject.toml", "`onward sync` makes it"),
    ],
)
def test_an_environment_is_made_by_what_keeps_the_project(
    tmp_path: Path, beside: str, way: str
) -> None:
    (tmp_path / beside).touch()
    wanted = Wanted(tool="types", distribution="ruff", brought=True)
    assert find_with_imports(wanted, tmp_path / ".venv").how_to_get.startswith(way)
