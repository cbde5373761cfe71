"""A change that is killed at each of its points in turn: afterwards the files are byte for byte the old ones."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from onward.core import journal
from onward.core.perform import recover

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are a thing of POSIX")

REPOSITORY = Path(__file__).resolve().parents[2]

# Counts what changes a file below the project, or starts a process, and dies before the chosen one.
CODE = """
import json, os, signal, sys
from pathlib import Path

from onward.core.perform import perform
from onward.core.plan import Plan, RunTool, Tell, WriteFile
from onward.core.proc.call import Call

root, kill_at = Path(sys.argv[1]), int(sys.argv[2])
make = "import pathlib; p = pathlib.Path('.venv'); p.mkdir(); (p / 'pyvenv.cfg').touch(); (p / 'bin').mkdir()"
plan = Plan(
    title="Four things",
    steps=(
        WriteFile(sentence="a", path=str(root / "a.txt"), content=b"new a"),
        Tell(sentence="on the way"),
        WriteFile(sentence="b", path=str(root / "deep" / "b.txt"), content=b"new b"),
        WriteFile(sentence="c", path=str(root / "c.txt"), content=None),
        RunTool(
            sentence="run",
            call=Call(argv=(sys.executable, "-c", make), cwd=str(root), env={}),
            environment=str(root / ".venv"),
        ),
    ),
)
seen = 0

def hook(event, arguments):
    global seen
    words = [os.fsdecode(a) for a in arguments if isinstance(a, (str, bytes, os.PathLike))]
    ours = any(word.startswith(str(root)) for word in words)
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    changes = event in ("os.rename", "os.remove", "os.mkdir", "os.chmod")
    if event == "subprocess.Popen" or (ours and (writes or changes)):
        seen += 1
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
perform(plan, root, started="2026-06-01T12:00:00+00:00")
print(json.dumps(seen))
"""


def project(folder: Path) -> Path:
    root = folder / "project"
    (root / "deep").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"old a\r\n")
    (root / "c.txt").write_bytes(b"\x00old c")
    return root


def state(root: Path) -> Mapping[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".onward" not in path.parts
    }


def start(root: Path, kill_at: int) -> "subprocess.CompletedProcess[str]":
    env = {"PYTHONPATH": str(REPOSITORY / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", CODE, str(root), str(kill_at)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_killed_at_each_point(tmp_path: Path) -> None:
    whole = project(tmp_path / "whole")
    ended = start(whole, 0)
    assert ended.returncode == 0, ended.stderr
    points = json.loads(ended.stdout)
    new = state(whole)
    assert new["a.txt"] == b"new a"
    assert points > 10

    left_as_new = 0
    for kill_at in range(1, points + 1):
        root = project(tmp_path / str(kill_at))
        old = state(root)

        assert start(root, kill_at).returncode == -9
        record = recover(root)

        after = state(root)
        if record is None and after == new:
            left_as_new += 1  # it was finished but for its last words
        else:
            assert after == old, kill_at
            assert not (root / ".venv").exists()
        assert journal.pending(root) is None
        assert not list(root.rglob("*.tmp"))
    assert left_as_new <= 1
