"""Builds start from what belongs to the project, and from nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest

from onward.workflows.source_copy import WITHOUT_HISTORY, copy_sources, find_sources
from tests.conftest import MakeProject

LEFTOVERS = ("dist/old.whl", "build/lib/x.py", "src/demo/__pycache__/x.pyc", ".venv/pyvenv.cfg",
             "odd env/pyvenv.cfg", "src/demo.egg-info/PKG-INFO", ".git-odd/../.tox/x")  # fmt: skip
OWN = {"src/demo/__init__.py": "", "src/demo/build/__init__.py": "", "PKG-INFO": "x"}


def walk(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in files}


def test_without_git_everything_but_leftovers(
    project: MakeProject, env: dict[str, str], tmp_path: Path
) -> None:
    root = project(files={**OWN, **dict.fromkeys(LEFTOVERS, "")}, folder="my prøj")
    sources, known = find_sources(root, env, cwd=root)
    assert known is None
    copy = copy_sources(sources, known, tmp_path / "a copy")
    assert walk(copy) == {*OWN, "pyproject.toml"}
    assert sources.when == WITHOUT_HISTORY
    assert {int(path.stat().st_mtime) for path in copy.rglob("*.py")} == {WITHOUT_HISTORY}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_with_git_what_is_tracked_as_it_stands_with_its_history(
    project: MakeProject, env: dict[str, str], tmp_path: Path
) -> None:
    top = project(name="top", files={"README.md": ""})
    root = project(name="demo", folder="top/inner", files={**OWN, "gone.py": ""})
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    at = {"GIT_COMMITTER_DATE": "1600000000 +0000", "GIT_AUTHOR_DATE": "1600000000 +0000"}
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "x"), ("tag", "v1")):
        subprocess.run(("git", *who, *words), cwd=top, env=env | at, check=True)
    (root / "src/demo/__init__.py").write_text("x = 1\n", encoding="utf-8")
    (root / "src/demo/new.py").write_text("", encoding="utf-8")
    (root / "gone.py").unlink()
    sources, known = find_sources(root, env, cwd=root)
    copy = copy_sources(sources, known, tmp_path / "a copy")
    assert copy == tmp_path / "a copy" / "inner"
    assert walk(copy) == {*OWN, "pyproject.toml"}
    assert (copy / "src/demo/__init__.py").read_text(encoding="utf-8") == "x = 1\n"
    assert (sources.when, sources.beside) == (1_600_000_000, ("src/demo/new.py",))
    said = subprocess.run(
        ("git", "describe", "--tags"), cwd=copy, env=env, capture_output=True, check=True
    )
    assert said.stdout.strip() == b"v1"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_folder_that_git_does_not_know_yet_counts_as_it_is(
    project: MakeProject, env: dict[str, str]
) -> None:
    root = project(files=OWN)
    subprocess.run(("git", "init", "-q"), cwd=root, env=env, check=True)
    sources, known = find_sources(root, env, cwd=root)
    assert known is None
    assert set(sources.files) == {*OWN, "pyproject.toml"}
