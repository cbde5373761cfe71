"""`onward ship wheel` killed before each of its writes, and with a disk that is full: `dist` has whole files or none."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.faults.at_a_point import Drive, command
from tests.journeys.stage import Stage

BACKEND = Path(__file__).resolve().parents[1] / "journeys/backend.py"
BUILD_SYSTEM = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
MOST = 100
WORDS = ["ship", "wheel", "--no-reproduce", "--offline"]


class Ground:
    """A project that builds by the backend of the journeys, and what it is when it was shipped undisturbed."""

    def __init__(self, stage: Stage, now: str) -> None:
        self.stage = stage
        self.now = now
        self.dist = stage.root / "dist"
        stage.fine(*WORDS)
        self.whole = self.contents()
        for path in self.dist.iterdir():
            path.unlink()
        self.dist.rmdir()

    def contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.dist.iterdir()}

    def killed(self, point: int) -> bool:
        """Ship until just before this write below the project; whether it came so far."""
        drive = Drive(argv=WORDS, folders=[str(self.dist)], now=self.now, kill_at=point)
        words, env = command(drive, self.stage.env)
        ran = subprocess.run(
            words, cwd=self.stage.root, env=env, capture_output=True, text=True, check=False
        )
        assert ran.returncode in (-9, 0), ran.stderr
        return ran.returncode == -9


@pytest.fixture
def ground(project: MakeProject, env: dict[str, str], clock: FakeClock) -> Ground:
    root = project(
        extra=BUILD_SYSTEM,
        files={
            "src/demo/__init__.py": "x = 1\n",
            "backend.py": BACKEND.read_text(encoding="utf-8"),
            "backend.toml": "silent = true\n",
        },
    )
    return Ground(Stage(root, env, clock), clock.now.isoformat())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_killed_at_each_point_there_are_whole_files_or_none(ground: Ground) -> None:
    for point in range(1, MOST):
        ended = not ground.killed(point)
        left = ground.contents() if ground.dist.is_dir() else {}
        finished = {name: content for name, content in left.items() if name in ground.whole}
        assert finished == {name: ground.whole[name] for name in finished}, point
        if ended:
            break
    else:
        pytest.fail("it never came to an end")
    assert point > len(ground.whole)
    assert ground.contents() == ground.whole


def test_on_a_full_disk_nothing_is_left_and_it_says_what_to_do(
    ground: Ground, small_disk: Path
) -> None:
    (small_disk / "rest").write_bytes(bytes(3_100_000 - 100_000))
    filled = small_disk / "more"
    with filled.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    said = ground.stage.onward(*WORDS, "--out", str(small_disk / "dist"))
    assert said.code == 4, said.text
    assert "space" in said.err
    assert not (small_disk / "dist").exists() or not list((small_disk / "dist").iterdir())
    filled.unlink()
    (small_disk / "rest").unlink()
    ground.stage.fine(*WORDS, "--out", str(small_disk / "dist"))
    assert {p.name for p in (small_disk / "dist").iterdir()} == set(ground.whole)
