"""A ``check --fix`` that was killed: the next check says so, and ``onward undo`` gives the state back."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from onward.core import journal
from tests.conftest import FakeClock, MakeProject
from tests.journeys.test_check import Onward

SELECTED = '[tool.ruff.lint]\nselect = ["E", "F"]\n[tool.ruff.format]\n'
UNUSED = "import os\n"


@pytest.fixture
def onward(env: dict[str, str], clock: FakeClock) -> Onward:
    return Onward(env, clock)


@pytest.fixture
def killed(project: MakeProject) -> Path:
    """A project in which a fix of two files was killed after the first of them."""
    root = project(files={"a.py": UNUSED, "b.py": UNUSED}, extra=SELECTED)
    paths = [str(root / "a.py"), str(root / "b.py")]
    journal.begin(root, "mend 2 files", paths, "", "2026-06-01T12:00:00+00:00")
    (root / "a.py").write_bytes(b"half")
    return root


def test_check_tells_of_it(killed: Path, onward: Onward) -> None:
    assert onward(killed) == 1
    assert "an earlier onward was interrupted (mend 2 files)" in onward.out
    assert "a.py, b.py" in onward.out
    assert "onward undo" in onward.out
    assert onward(killed, "b.py", "--json") == 1
    rules = {one["rule"] for one in json.loads(onward.out)["findings"]}
    assert "project/interrupted" in rules


@pytest.mark.parametrize("words", [("undo",), ("check", "undo")])
def test_undo_gives_the_files_back_once(
    killed: Path, onward: Onward, words: tuple[str, ...]
) -> None:
    verb, *rest = words
    assert onward(killed, *rest, "--dry-run", verb=verb) == 0
    assert "Would take back: mend 2 files (a.py, b.py)" in onward.out
    assert (killed / "a.py").read_bytes() == b"half"

    assert onward(killed, *rest, verb=verb) == 0
    assert "Took back: mend 2 files (a.py, b.py)" in onward.out
    assert (killed / "a.py").read_text() == UNUSED
    assert onward(killed, *rest, verb=verb) == 1
    assert "no change of onward's to take back" in onward.err
    onward(killed)
    assert "interrupted" not in onward.out


def test_a_fix_puts_it_back_first_and_says_so(killed: Path, onward: Onward) -> None:
    assert onward(killed, "--fix") == 0
    assert "An earlier onward was interrupted (mend 2 files)" in onward.err
    assert (killed / "a.py").read_bytes() == b""


def test_a_record_that_came_with_the_folder_is_told(killed: Path, onward: Onward) -> None:
    (killed / ".onward" / "journal").write_bytes(b"{")
    assert onward(killed) == 1
    assert "cannot be used" in onward.out
    assert onward(killed, verb="undo") == 2


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a word of POSIX")
def test_a_real_one_that_was_killed(project: MakeProject, onward: Onward) -> None:
    code = "def f(x):\n    y = x\n    return y\n"
    root = project(
        files={"pkg.py": code, "tests/test_pkg.py": "import pkg\n"},
        extra='[tool.ruff.lint]\nselect = ["RET504"]\n',
    )
    wait = (
        f"{sys.executable} -c 'import pathlib, time; pathlib.Path(\"run\").touch(); time.sleep(60)'"
    )
    words = ["-m", "onward", "check", "--fix", "--unsafe", "--all", "--test-command", wait]
    env = onward.env | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, *words],
        cwd=root,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        until = time.monotonic() + 60
        while not (root / "run").exists() and time.monotonic() < until:
            time.sleep(0.05)
        onward(root)
        assert "interrupted" not in onward.out  # it is at work
        child.send_signal(signal.SIGKILL)
    assert (root / "run").exists()

    assert onward(root) == 1
    assert "an earlier onward was interrupted (mend 1 file)" in onward.out
    assert onward(root, verb="undo") == 0
    assert (root / "pkg.py").read_text() == code
