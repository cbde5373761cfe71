"""Work folders go at the end; those of killed processes go later, and nothing else ever does."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from onward.core.scratch_folder import scratch_folder, sweep

LATER = time.time() + 2 * 86_400


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen((sys.executable, "-c", "pass"))
    child.wait()
    return child.pid


def test_it_is_there_for_the_body_and_gone_after_it() -> None:
    with scratch_folder() as folder:
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o077 == 0 or os.name != "posix"
        (folder / "x").write_text("y", encoding="utf-8")
    assert not folder.exists()


def test_what_a_killed_process_left_is_swept_when_it_is_old(tmp_path: Path, gone: int) -> None:
    left = tmp_path / f"onward-{gone}-abc"
    (left / "deep").mkdir(parents=True)
    (left / "deep" / "file").write_text("x", encoding="utf-8")
    assert sweep(tmp_path, time.time()) == 0
    assert sweep(tmp_path, LATER) == 1
    assert not left.exists()


@pytest.mark.skipif(os.name != "posix", reason="a process is asked for as POSIX has it")
def test_what_is_in_use_stays(tmp_path: Path) -> None:
    (tmp_path / f"onward-{os.getpid()}-abc").mkdir()
    assert sweep(tmp_path, LATER) == 0


def test_other_names_files_and_links_stay(tmp_path: Path, gone: int) -> None:
    outside = tmp_path / "outside"
    (outside / "precious").mkdir(parents=True)
    where = tmp_path / "tmp"
    where.mkdir()
    (where / f"onward-{gone}-link").symlink_to(outside, target_is_directory=True)
    (where / f"onward-{gone}-file").write_text("x", encoding="utf-8")
    (where / "onward-notes").mkdir()
    (where / f"xonward-{gone}-abc").mkdir()
    before = sorted(os.listdir(where))  # noqa: PTH208
    assert sweep(where, LATER) == 0
    assert sorted(os.listdir(where)) == before  # noqa: PTH208
    assert (outside / "precious").is_dir()


def test_a_link_inside_is_removed_and_not_followed(tmp_path: Path, gone: int) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x", encoding="utf-8")
    left = tmp_path / "tmp" / f"onward-{gone}-abc"
    left.mkdir(parents=True)
    (left / "link").symlink_to(outside, target_is_directory=True)
    assert sweep(left.parent, LATER) == 1
    assert (outside / "precious").read_text(encoding="utf-8") == "x"
