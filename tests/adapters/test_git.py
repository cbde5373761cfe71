"""Git is asked in its own words, and nothing of it is changed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from onward.adapters.git import Repository, repository
from onward.core.errors import BadInput, MissingTool

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
    # a hook that goes to a folder below first, as that of a repository with several projects
    assert opened(root / "src", other, cwd=root / "src").staged() == ("new.py",)
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


def lines(root: Path, env: dict[str, str], base: str = "") -> dict[str, list[int]]:
    found = opened(root, env).changes(root, base)
    return {path: list(found.lines(path)) for path in found.files}


def test_changes_are_lines_of_files_as_they_are_now(root: Path, env: dict[str, str]) -> None:
    odd = 'src/a "b"\té.py' if os.name != "nt" else "src/a é.py"
    (root / odd).write_text("1\n2\n3\n4\n", encoding="utf-8")
    (root / "gone.py").write_text("1\n", encoding="utf-8")
    (root / "same.py").write_text("1\n", encoding="utf-8")
    git(root, env, "add", "-A")
    git(root, env, "commit", "-q", "-m", "second")
    assert lines(root, env) == {}
    (root / odd).write_text("0\n1\n++ x\n4\n5", encoding="utf-8")  # a line like a header of a diff
    (root / "gone.py").unlink()
    (root / "a.py").write_text("", encoding="utf-8")
    (root / "new.py").write_text("1\n2", encoding="utf-8")
    (root / "ignored.py").write_text("1\n", encoding="utf-8")
    assert lines(root, env) == {odd: [1, 3, 5], "a.py": [], "new.py": [1, 2]}
    git(root, env, "add", "-A")
    assert lines(root, env)["new.py"] == [2]  # git takes it for `gone.py` under another name
    below = opened(root / "src", env).changes(root / "src")
    assert list(below.files) == [odd.removeprefix("src/")]


def test_changes_count_from_where_the_branch_left(root: Path, env: dict[str, str]) -> None:
    copy = root.parent / "copy"
    git(root, env, "clone", "-q", str(root), str(copy))
    git(copy, env, "switch", "-q", "-c", "topic")
    (copy / "a.py").write_text("a = 1\nb = 2\n", encoding="utf-8")
    git(copy, env, "commit", "-q", "-a", "-m", "topic")
    assert lines(copy, env) == {"a.py": [2]}
    assert lines(copy, env, "HEAD") == {}
    assert lines(copy, env, "HEAD~1") == {"a.py": [2]}
    (copy / "c.py").write_text("c\n", encoding="utf-8")
    git(copy, env, "remote", "remove", "origin")
    assert list(lines(copy, env)) == ["c.py"]


def test_before_the_first_commit_everything_is_new(tmp_path: Path, env: dict[str, str]) -> None:
    git(tmp_path, env, "init", "-q", "new")
    for name in ("a.py", "b.py"):
        (tmp_path / "new" / name).write_text("a", encoding="utf-8")
    git(tmp_path / "new", env, "add", "a.py")
    assert lines(tmp_path / "new", env) == {"a.py": [1], "b.py": [1]}


def test_a_base_that_is_not_there_or_not_shared_is_said(root: Path, env: dict[str, str]) -> None:
    for base in ("src/", "nothing", "--all"):
        with pytest.raises(BadInput, match="is no commit, branch or tag"):
            lines(root, env, base)
    copy = root.parent / "copy"
    git(root, env, "clone", "-q", str(root), str(copy))
    git(copy, env, "switch", "-q", "--orphan", "other")
    git(copy, env, "commit", "-q", "--allow-empty", "-m", "other")
    with pytest.raises(BadInput, match="nothing in the history here is shared"):
        lines(copy, env)


def test_older_texts_come_in_the_order_asked_for_and_what_is_none_is_empty(
    root: Path, env: dict[str, str]
) -> None:
    (root / "src" / "large.py").write_text("x = 1\n" * 1000, encoding="utf-8")
    git(root, env, "add", "-A")
    git(root, env, "commit", "-q", "-m", "second")
    found = opened(root, env)
    commit = found.last_commit_of("a.py", root)
    assert commit == git(root, env, "rev-parse", "HEAD~1").strip()
    assert found.last_commit_of("nowhere.py", root) == ""
    (root / "a.py").write_text("changed\n", encoding="utf-8")
    asked = ["a.py", "src", "nowhere.py", "two\nlines", ODD, "src/large.py", "src/no such.py"]
    assert list(found.texts("HEAD", root, asked, 1000)) == [
        b"a = 1\n", b"", b"", b"", b"b = 1\n", b"", b""
    ]  # fmt: skip
    below = opened(root / "src", env)
    assert list(below.texts(commit, root / "src", ["large.py", Path(ODD).name], 9)) == [
        b"",
        b"b = 1\n",
    ]
