"""Whether the files are still those that were read is told without reading them again, and never wrongly."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from onward.adapters.answers import Head, written
from onward.adapters.tree import Tree, is_unchanged, read_tree
from onward.workflows.checking.scope import Scope, State

LONG_AGO = 10**18  # nanoseconds


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.py", "sub/b.py"):
        (folder / name).write_text("x = 1\n", encoding="utf-8")
        os.utime(folder / name, ns=(LONG_AGO, LONG_AGO))
    return folder


def later(root: Path) -> Tree:
    """Give the tree as if it had been read so late that all times in it can be believed."""
    return read_tree(root, None, time.time_ns() + 60_000_000_000)


def test_what_was_only_touched_is_unchanged(root: Path) -> None:
    tree = later(root)
    assert is_unchanged(root, tree)
    os.utime(root / "a.py")
    assert is_unchanged(root, tree)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "a.py").write_text("x = 2\n"),
        lambda root: (root / "a.py").unlink(),
        lambda root: (root / "c.py").write_text(""),
        lambda root: (root / "a.py").rename(root / "c.py"),
        lambda root: (root / "a.py").replace(root / "sub" / "b.py"),
        lambda root: (root / "out").symlink_to(root.parent, target_is_directory=True),
    ],
    ids=["content", "gone", "new", "renamed", "replaced", "a link out"],
)
def test_every_change_is_seen(root: Path, change: Callable[[Path], object]) -> None:
    tree = later(root)
    state = State(Scope(root=root, environment=root / ".venv"), {}, time.time_ns())
    assert state.unchanged()
    change(root)
    assert not is_unchanged(root, tree)
    assert not state.unchanged()


def test_a_file_whose_times_were_fresh_is_read_again(root: Path) -> None:
    fresh = read_tree(root, None, time.time_ns())
    told = {
        path: msgspec.structs.replace(seen, digest=b"another content" + b"!")
        for path, seen in fresh.seen.items()
    }
    assert not is_unchanged(root, msgspec.structs.replace(fresh, seen=told))
    aged = msgspec.structs.replace(fresh, seen=told, began=time.time_ns() + 60_000_000_000)
    assert is_unchanged(root, aged), "old ones are believed by size, times and inode"


def test_one_look_serves_all_answers_that_wait(root: Path, tmp_path: Path) -> None:
    state = State(Scope(root=root, environment=root / ".venv"), {}, time.time_ns())
    places = [tmp_path / "kept" / name for name in ("one", "two")]
    for place in places:
        state.keep(written(Head(seen_by="tool"), ()), place)
    assert state.settle()
    assert all(place.exists() for place in places)
    state.keep(written(Head(seen_by="tool"), ()), tmp_path / "kept" / "three")
    (root / "a.py").write_text("x = 22\n")
    assert not state.settle()
    assert not (tmp_path / "kept" / "three").exists()
    assert not state.settle(), "once something has changed, nothing is as it was"
