"""Where the code of a project lies, so that a tool that must be told never meets one module twice."""

from pathlib import Path

import pytest

from onward.core.code_folders import CodeFolders, code_folders


def project(root: Path, *paths: str, pyproject: str = "") -> CodeFolders:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    (root / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    return code_folders(root)


def test_src_is_the_code_and_what_its_modules_are_named_from(tmp_path: Path) -> None:
    found = project(tmp_path, "src/demo/__init__.py", "tests/__init__.py", "helper.py")
    assert found == CodeFolders(paths=("src",), bases=("src",))


def test_without_src_it_is_the_packages_and_loose_modules(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        "demo/__init__.py",
        "space/inner/a.py",
        "main.py",
        "setup.py",
        "demo.py",
        "tests/test_a.py",
        "docs/conf.py",
        "build/lib/demo/__init__.py",
        "my-tool/a.py",
        ".venv/lib/x.py",
        "own_env/pyvenv.cfg",
        "own_env/x.py",
        "empty/readme.md",
    )
    assert found == CodeFolders(paths=("demo", "space", "main.py"))


def test_the_members_of_a_workspace_have_their_own(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        "main.py",
        "libs/one/pyproject.toml",
        "libs/one/src/one/__init__.py",
        "libs/two/pyproject.toml",
        "libs/two/two/__init__.py",
        "libs/two/main.py",
        "libs/none/readme.md",
        "libs/app/pyproject.toml",
        "libs/app/main.py",
        pyproject='[tool.uv.workspace]\nmembers = ["libs/*"]\n',
    )
    assert found.paths == ("main.py", "libs/app/main.py", "libs/one/src", "libs/two/two")
    assert found.bases == ("libs/one/src", "libs/two")


@pytest.mark.parametrize("text", ["[tool.uv", "tool = 1\n", "[tool.uv.workspace]\nmembers = 1\n"])
def test_settings_that_cannot_be_read_name_no_members(tmp_path: Path, text: str) -> None:
    assert project(tmp_path, "a.py", pyproject=text).paths == ("a.py",)


def test_with_nothing_of_that_it_is_everything(tmp_path: Path) -> None:
    assert project(tmp_path, "my-scripts/a.py") == CodeFolders(paths=(".",))
