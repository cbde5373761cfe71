"""Programs that say too much, or start others and never end: both are held in check."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from onward.core.errors import OutsideFailed
from onward.core.proc.call import Call
from onward.core.proc.run import run


def python(code: str, cwd: Path, **more: float) -> Call:
    return Call(
        argv=(sys.executable, "-c", code),
        cwd=str(cwd),
        env=dict(os.environ),
        keep=1000,
        whole_group=True,
        timeout=more.get("timeout", 60.0),
    )


def test_only_the_end_of_much_output_is_kept(tmp_path: Path) -> None:
    code = "import sys\nfor f in (sys.stdout, sys.stderr): f.write('x' * 3_000_000 + 'end')"

    ran = run(python(code, tmp_path))

    assert ran.code == 0
    assert (len(ran.out), len(ran.err)) == (1000, 1000)
    assert ran.out.endswith(b"xend")
    assert ran.err.endswith(b"xend")


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are a thing of POSIX")
def test_what_it_started_is_stopped_with_it(tmp_path: Path) -> None:
    """A grandchild that would write a file later never does, and does not keep us waiting."""
    late = tmp_path / "late"
    grandchild = f"import time; time.sleep(2); open({str(late)!r}, 'w')"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"

    with pytest.raises(OutsideFailed) as caught:
        run(python(code, tmp_path, timeout=0.7))

    assert caught.value.reference == "tool-timeout"
    time.sleep(2.5)
    assert not late.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are a thing of POSIX")
def test_what_was_watched_ends_when_we_are_killed(tmp_path: Path) -> None:
    """The tests of a fix with proof, and what they have started, do not live on after `kill -9`."""
    pids = tmp_path / "pids"
    grandchild = "import time; time.sleep(600)"
    child = (
        "import os, pathlib, subprocess, sys\n"
        f"one = subprocess.Popen([sys.executable, '-c', {grandchild!r}])\n"
        f"new = pathlib.Path({str(tmp_path / 'new')!r})\n"
        "new.write_text(f'{os.getpid()} {one.pid}')\n"
        f"new.rename({str(pids)!r})\n"
        "one.wait()\n"
    )
    ours = (
        "import os, sys\n"
        "from onward.core.proc.call import Call\n"
        "from onward.core.proc.run import run\n"
        f"run(Call(argv=(sys.executable, '-c', {child!r}), cwd='.', env=dict(os.environ), whole_group=True, watched=True))\n"
    )
    with subprocess.Popen([sys.executable, "-c", ours], cwd=tmp_path) as onward:
        waited_for(pids.exists)
        onward.kill()
    child_and_grandchild = [int(word) for word in pids.read_text().split()]

    waited_for(lambda: not any(map(alive, child_and_grandchild)))


def waited_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and that nobody was told of does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are a thing of POSIX")
def test_being_watched_changes_nothing_for_what_ends_by_itself(tmp_path: Path) -> None:
    call = msgspec.structs.replace(python("print(7)", tmp_path), watched=True)
    ran = run(call)
    assert (ran.code, ran.out) == (0, b"7\n")
