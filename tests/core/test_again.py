"""A kept answer of a check: nothing is kept that something may have changed under."""

import time
from pathlib import Path

import pytest

from onward.core.again import Made, answer, keep

LATER = 60_000_000_000  # nanoseconds: all files are old enough by then


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    for name in ("a.py", "b.py"):
        (tmp_path / "project" / name).write_text("x = 1\n", encoding="utf-8")
    return tmp_path / "project"


def kept(root: Path, names: frozenset[str] | None) -> tuple[int, str] | None:
    where = str(root.parent / "kept")
    made = Made(str(root), str(root.parent / "venv"), (), names)
    keep(where, "salt", made, time.time_ns() + LATER, (1, "said\n"))
    return answer(where, "salt")


def test_it_comes_back_for_the_same_salt_only(root: Path) -> None:
    assert kept(root, frozenset({"a.py", "b.py"})) == (1, "said\n")
    assert answer(str(root.parent / "kept"), "other salt") is None


def test_a_file_taken_away_while_the_check_ran_is_noticed(root: Path) -> None:
    (root / "b.py").unlink()
    assert kept(root, frozenset({"a.py", "b.py"})) is None


def test_a_link_to_a_folder_outside_is_no_ground_to_stand_on(root: Path) -> None:
    (root.parent / "outside").mkdir()
    (root / "link").symlink_to(root.parent / "outside", target_is_directory=True)
    assert kept(root, None) is None
