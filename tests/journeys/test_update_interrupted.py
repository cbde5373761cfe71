"""An update that is stopped in the middle, in any way, leaves everything as it was."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from onward.core import journal
from tests.conftest import FakeClock, MakeProject
from tests.journeys.updating import TASK, Place, checks
from tests.registry import Registry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are a thing of POSIX")

_PATIENCE = 60.0


def hanging(marker: Path) -> str:
    """A check that passes with numbat 1.0; with 2.0 it says so in ``marker`` and never ends."""
    return f"""
import numbat, pathlib, time
if numbat.__version__ == "2.0":
    pathlib.Path({str(marker)!r}).write_text("here")
    time.sleep(600)
"""


@pytest.fixture
def place(
    registry: Registry, project: MakeProject, env: dict[str, str], clock: FakeClock, tmp_path: Path
) -> Place:
    registry.add("numbat", "1.0")
    root = project(
        dependencies=["numbat==1.0"],
        index=registry.url,
        extra='[tool.onward]\nguard.cooldown = "0 days"\n' + TASK,
        files=checks(hangs=hanging(tmp_path / "marker")),
    )
    made = Place(root, env, clock)
    assert made.onward("sync").code == 0
    registry.add("numbat", "2.0")
    clock.advance(hours=1)
    return made


def start(place: Place, marker: Path) -> "subprocess.Popen[str]":
    """Start an update in a process of its own, and come back when its tests hang in the new version."""
    code = (
        "import datetime as dt, os, sys; from onward.cli.door import run_verb; "
        f"now = dt.datetime.fromisoformat({place.clock().isoformat()!r}); "
        "sys.exit(run_verb(['update'], os.environ, clock=lambda: now))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=place.root,
        env=place.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + _PATIENCE
    while not marker.exists():
        if child.poll() is not None or time.monotonic() > deadline:
            child.kill()
            pytest.fail(f"the update did not get to its tests: {child.communicate()}")
        time.sleep(0.05)
    return child


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_politely_it_puts_everything_back_itself(
    place: Place, tmp_path: Path, number: signal.Signals
) -> None:
    before = place.files
    child = start(place, tmp_path / "marker")
    assert place.files != before

    child.send_signal(number)
    _, err = child.communicate(timeout=_PATIENCE)

    assert child.returncode == 130, err
    assert "Putting everything back" in err
    assert place.files == before
    assert journal.pending(place.root) is None
    assert place.installed == {"numbat": "1.0"}


def test_killed_it_is_put_back_by_the_next_onward(place: Place, tmp_path: Path) -> None:
    before = place.files
    child = start(place, tmp_path / "marker")

    child.kill()
    child.communicate()
    assert place.files != before
    assert place.installed == {"numbat": "2.0"}
    said = place.onward("sync")

    assert said.code == 0, said
    assert "An earlier onward was interrupted (Update)" in said.err
    assert place.files == before
    assert journal.pending(place.root) is None
    assert place.installed == {"numbat": "1.0"}
    assert place.consistent()
