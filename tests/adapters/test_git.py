"""Git is asked in its own words, and nothing of it is changed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from onward.adapters.git import Repository, repository
from onward.core.errors import MissingTool

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

ODD = "src/ünï code.py"


def git(root: Path, env: dict[str, str], *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    ran = subprocess.run(
        ("git", *who, *words), cwd=root, env=env, capture_output=True, check=True, encoding="utf-8"
    )
    return ran.stdout


@pytest.fixture
def root(tmp_path: Path, env: dict[str, str]) -> Path:
    root = tmp_path / "my prøj"
    (root / "src").mkdir(parents=True)
    (root / "a.py").write_text("a = 1\n", encoding="utf-8")
    (root / ODD).write_text("b = 1\n", encoding="utf-8")
    (root / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    git(root, env, "init", "-q")
    git(root, env, "add", "-A")
    git(root, env, "commit", "-q", "-m", "first")
    return root


def opened(folder: Path, env: dict[str, str], cwd: Path | None = None) -> Repository:
    found = repository(folder, env, cwd=cwd or folder)
    assert found is not None
    return found


def test_staged_are_added_and_changed_files_but_no_removed_ones(
    root: Path, env: dict[str, str]
) -> None:
    (root / "a.py").unlink()
    (root / ODD).write_text("b = 2\n", encoding="utf-8")
    (root / "-odd name.py").write_text("c = 1\n", encoding="utf-8")
    git(root, env, "add", "-A")
    (root / "untouched.py").write_text("", encoding="utf-8")
    assert set(opened(root, env).staged()) == {ODD, "-odd name.py"}


def test_staged_before_the_first_commit(tmp_path: Path, env: dict[str, str]) -> None:
    git(tmp_path, env, "init", "-q", "new")
    (tmp_path / "new" / "a.py").write_text("", encoding="utf-8")
    git(tmp_path / "new", env, "add", "a.py")
    found = opened(tmp_path / "new", env)
    assert found.staged() == ("a.py",)
    assert found.commit_time() is None


def test_the_index_is_written_elsewhere_and_nothing_else_changes(
    root: Path, env: dict[str, str], tmp_path: Path
) -> None:
    (root / "a.py").write_text("a = 2\n", encoding="utf-8")
    git(root, env, "add", "a.py")
    (root / "a.py").write_text("a = 3\n", encoding="utf-8")
    before = git(root, env, "status", "--porcelain=v2")
    target = tmp_path / "the index"
    target.mkdir()
    opened(root, env).write_index(target)
    assert (target / "a.py").read_text(encoding="utf-8") == "a = 2\n"
    assert (target / ODD).exists()
    assert (root / "a.py").read_text(encoding="utf-8") == "a = 3\n"
    assert git(root, env, "status", "--porcelain=v2") == before


def test_what_is_tracked_and_what_is_new(root: Path, env: dict[str, str]) -> None:
    for name in ("ignored.py", "new.py"):
        (root / "src" / name).write_text("", encoding="utf-8")
    found = opened(root / "src", env)
    assert found.top == root.resolve()
    assert found.tracked(root / "src") == ("ünï code.py",)
    assert found.new_files(root / "src") == ("new.py",)
    assert set(found.tracked(found.top)) == {".gitignore", "a.py", ODD}


def test_a_hook_in_a_linked_work_tree_sees_its_own_index(
    root: Path, env: dict[str, str], tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    git(root, env, "worktree", "add", "-q", str(linked))
    (linked / "src" / "new.py").write_text("", encoding="utf-8")
    git(linked, env, "add", "-A")
    folder = git(linked, env, "rev-parse", "--git-dir").strip()
    hooked = env | {"GIT_DIR": folder, "GIT_INDEX_FILE": f"{folder}/index"}
    found = opened(linked / "src", hooked, cwd=linked)
    assert found.top == linked.resolve()
    assert found.staged() == ("src/new.py",)


def test_an_index_named_from_the_top_folder_is_found(root: Path, env: dict[str, str]) -> None:
    (root / "new.py").write_text("", encoding="utf-8")
    other = env | {"GIT_INDEX_FILE": ".git/other"}
    git(root, other, "read-tree", "HEAD")
    git(root, other, "add", "new.py")
    assert opened(root / "src", other, cwd=root).staged() == ("new.py",)
    assert opened(root, env).staged() == ()


def test_a_clone_without_files_has_the_history(
    root: Path, env: dict[str, str], tmp_path: Path
) -> None:
    git(root, env, "tag", "v1.2.3")
    copy = tmp_path / "a copy"
    opened(root, env).clone_without_files(copy)
    assert [path.name for path in copy.iterdir()] == [".git"]
    shutil.copy(root / "a.py", copy / "a.py")
    assert git(copy, env, "describe", "--tags").strip() == "v1.2.3"


def test_no_repository_and_no_git(tmp_path: Path, env: dict[str, str]) -> None:
    assert repository(tmp_path, env, cwd=tmp_path) is None
    with pytest.raises(MissingTool):
        repository(tmp_path, env | {"PATH": str(tmp_path)}, cwd=tmp_path)
