"""The process itself: where its output goes, and what it says when nobody takes it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ONWARD = (sys.executable, "-m", "onward")


def test_a_reader_that_has_enough_is_no_fault() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run([*ONWARD, "--help"], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)

    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["explain", "guard/too-new"]])
def test_an_answer_that_cannot_be_written_is_said(words: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [*ONWARD, *words], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert ran.returncode == 4
    (line,) = ran.stderr.decode().splitlines()
    assert line.startswith("onward: ")
    assert line.endswith("No space left on device")


@pytest.mark.skipif(os.name != "posix", reason="closes a file descriptor in a shell")
def test_closed_output_is_no_fault_of_ours(tmp_path: Path) -> None:
    ran = subprocess.run(
        ["sh", "-c", '"$0" -m onward explain guard/too-new >&- 2>&-', sys.executable],
        cwd=tmp_path,
        check=False,
    )

    assert ran.returncode == 0
