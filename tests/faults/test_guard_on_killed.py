"""`onward guard on` and `off` killed before each of their writes: no line is lost, and the next command ends it."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.faults.at_a_point import Drive, command
from tests.journeys.stage import Stage

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

URL = "http://127.0.0.1:9/simple/"
PIP = b"[global]\nindex-url = https://corp.test/simple\ntimeout = 5"
MOST = 60


class Ground:
    """A user with a pip.conf, and a project with an index of its own."""

    def __init__(self, stage: Stage, now: dt.datetime) -> None:
        self.stage = stage
        self.now = now
        self.home = Path(stage.env["HOME"])
        self.files = [
            self.home / "config/pip/pip.conf",
            self.home / "config/uv/uv.toml",
            stage.root / "pyproject.toml",
        ]
        self.files[0].parent.mkdir(parents=True)
        self.files[0].write_bytes(PIP)
        self.before = self.contents()

    def contents(self) -> list[bytes | None]:
        return [file.read_bytes() if file.exists() else None for file in self.files]

    def killed(self, point: int, *words: str) -> bool:
        """Run onward until just before this write of its; whether it came so far."""
        drive = Drive(
            argv=["guard", *words],
            folders=[str(self.home / "config"), str(self.home / "data"), str(self.stage.root)],
            now=self.now.isoformat(),
            kill_at=point,
        )
        argv, env = command(drive, {**self.stage.env, "ONWARD_OFFLINE": "1"})
        ran = subprocess.run(
            argv, cwd=self.stage.root, env=env, capture_output=True, text=True, check=False
        )
        assert ran.returncode in (-9, 0), ran.stderr
        return ran.returncode == -9


@pytest.fixture
def ground(project: MakeProject, env: dict[str, str], clock: FakeClock) -> Ground:
    root = project(dependencies=["tidewater"], index="https://corp.test/simple")
    return Ground(Stage(root, env, clock), clock.now)


@pytest.mark.parametrize("scope", ["--user", "--project"])
@pytest.mark.parametrize("action", ["on", "off"])
def test_killed_at_each_point_everything_can_be_taken_back(
    ground: Ground, scope: str, action: str
) -> None:
    clients = "uv,pip" if scope == "--user" else "uv,poetry,pdm"
    on = ("on", URL, "--force", "--client", clients, scope)
    words = on if action == "on" else ("off", scope)
    ground.stage.fine("guard", *on)
    states = [ground.before, ground.contents()]
    ground.stage.fine("guard", "off", scope)
    points = 0
    for point in range(1, MOST):
        if action == "off":
            ground.stage.fine("guard", *on)
        if not ground.killed(point, *words):
            break
        points += 1
        for now, *known in zip(ground.contents(), *states, strict=True):
            assert now in known  # each file is whole: as it was, or as it is to be
        if point % 2:
            ground.stage.fine("guard", *on)
            assert ground.contents() == states[1]
        ground.stage.fine("guard", "off", scope)
        assert ground.contents() == states[0]
    assert 5 <= points < MOST - 1
