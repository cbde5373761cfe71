"""``onward ship app`` that is killed, or has no space: under its final name a thing is whole, or it is not there."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from onward.core.disk import sha256_of_file
from onward.core.errors import OutsideFailed
from onward.core.perform import perform
from onward.workflows.app.put import SUMS, plan_for
from tests.conftest import FakeClock
from tests.faults.at_a_point import Drive, command

if sys.platform != "linux":
    pytest.skip("programs are built on Linux as yet", allow_module_level=True)

PYPROJECT = """[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"
[tool.onward.app]
entry = "main.py"
data = ["big data"]
"""
SHIP = ["ship", "app", "--format", "zipapp", "--no-prove"]
PROGRAM = "dist/demo-1.0.pyz"


class Shop:
    """A project with a lock, and onward in a process of its own that can be stopped at a point."""

    def __init__(self, root: Path, env: dict[str, str], clock: FakeClock) -> None:
        self.root, self.env, self.clock = root, env, clock
        (root / "big data").mkdir(parents=True)
        (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
        (root / "main.py").write_text("print('good day')\n", encoding="utf-8")
        noise = random.Random(1).randbytes(500_000)
        (root / "big data" / "nöise 1").write_bytes(noise)
        assert run_verb(["lock"], env, cwd=root, clock=clock) == 0

    def ship(
        self, *, kill_at: int = 0, disk: int = 0, **env: str
    ) -> subprocess.CompletedProcess[str]:
        counted = self.root.parent / "counted"
        drive = Drive(
            argv=SHIP, folders=[str(self.root / "dist"), str(self.root / ".onward")],
            now=self.clock().isoformat(), count=str(counted), kill_at=kill_at, disk=disk,
        )  # fmt: skip
        words, given = command(drive, {**self.env, **env})
        return subprocess.run(
            words, cwd=self.root, env=given, capture_output=True, text=True, check=False
        )

    @property
    def points(self) -> int:
        return int((self.root.parent / "counted").read_text(encoding="utf-8"))

    def is_whole_or_absent(self) -> bool:
        made = self.root / PROGRAM
        if not made.exists():
            return True
        said = subprocess.run(
            [sys.executable, made], env=self.env, capture_output=True, check=False
        )
        with zipfile.ZipFile(made) as packed:
            return packed.testzip() is None and said.stdout.strip() == b"good day"


@pytest.fixture
def shop(tmp_path: Path, env: dict[str, str], clock: FakeClock) -> Shop:
    """Give a project in a folder with a space and an umlaut in its name."""
    return Shop(tmp_path / "my prögram", env, clock)


def test_what_was_replaced_by_force_is_kept_told_and_had_back(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    def onward(*words: str) -> str:
        assert run_verb([*words], shop.env, cwd=shop.root, clock=shop.clock) == 0
        return capsys.readouterr().out

    assert "kept" not in onward(*SHIP)
    made = shop.root / PROGRAM
    first, mode = sha256_of_file(made), made.stat().st_mode
    assert mode & 0o100
    (shop.root / "main.py").write_text("print('good night')\n", encoding="utf-8")
    assert "(0.5 MB) is kept in .onward/kept" in onward(*SHIP, "--force")
    assert sha256_of_file(made) != first
    assert PROGRAM in onward("undo")
    assert (sha256_of_file(made), made.stat().st_mode) == (first, mode)
    assert not (shop.root / ".onward/kept").exists()
    assert {path.name for path in made.parent.iterdir()} == {made.name, SUMS}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_any_point_it_leaves_nothing_half_done(shop: Shop) -> None:
    assert shop.ship().returncode == 0
    points, whole = shop.points, sha256_of_file(shop.root / PROGRAM)
    assert points > 5
    for point in range(1, points + 1):
        for path in (shop.root / "dist").glob("*"):
            path.unlink()
        assert shop.ship(kill_at=point).returncode == -signal.SIGKILL
        assert shop.is_whole_or_absent(), point
    assert shop.ship().returncode == 0
    assert sha256_of_file(shop.root / PROGRAM) == whole
    left = {path.name for path in (shop.root / "dist").iterdir()}
    assert left == {Path(PROGRAM).name, SUMS}


def test_where_no_space_is_left_it_says_so_and_leaves_nothing(shop: Shop, small_disk: Path) -> None:
    with contextlib.suppress(OSError):
        (small_disk / "rest").write_bytes(bytes(2_700_000))
    done = shop.ship(TMPDIR=str(small_disk))
    assert done.returncode == 4, done.stderr
    assert "space" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (shop.root / "dist").exists()
    short = shop.ship(disk=100_000)
    assert short.returncode == 4, short.stderr
    assert not list((shop.root / "dist").glob("*")) if (shop.root / "dist").exists() else True


def test_a_folder_and_a_file_that_do_not_fit_are_told_and_not_there(
    tmp_path: Path, small_disk: Path
) -> None:
    source, out = tmp_path / "source", small_disk / "dist"
    source.mkdir()
    for number in range(50):
        (source / str(number)).write_bytes(bytes(100_000))
    large = tmp_path / "large"
    large.write_bytes(bytes(5_000_000))
    for plan in (plan_for({}, {"demo": source}, out), plan_for({"large": large}, {}, out)):
        with pytest.raises(OutsideFailed) as caught:
            perform(plan, tmp_path, started="")
        assert caught.value.reference == "disk-full"
        assert not out.exists()


def test_a_program_may_be_larger_than_the_memory(tmp_path: Path) -> None:
    bundle, size = tmp_path / "bundle" / "_internal", 700_000_000
    bundle.mkdir(parents=True)
    with (bundle / "large").open("wb") as file:
        file.truncate(size)
    work = (
        "import resource, sys; from pathlib import Path; from onward.core.perform import perform\n"
        "from onward.domain.apps.model import App, Kind\nfrom onward.workflows.app.pack import make_deb, make_tar_gz\n"
        "from onward.workflows.app.bundle import libraries_of\n"
        "from onward.workflows.app.put import plan_for\n"
        "top = Path(sys.argv[1])\nresource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))\n"
        "app = App(slug='demo', name='Demo', version='1', kind=Kind.terminal, entry='d:m')\n"
        "libraries_of(top / 'bundle', top)\n"
        "make_tar_gz(app, top / 'bundle', {}, 0, top / 'a.tar.gz')\n"
        "make_deb(app, top / 'bundle', {}, 0, top / 'a.deb', machine='amd64', depends=[])\n"
        "files = {'a.tar.gz': top / 'a.tar.gz', 'raw': top / 'bundle/_internal/large'}\n"
        "perform(plan_for(files, {'demo': top / 'bundle'}, top / 'dist'), top, started='')\n"
        "assert not plan_for(files, {'demo': top / 'bundle'}, top / 'dist').steps\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", work, tmp_path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "dist" / "raw").stat().st_size == size
    assert (tmp_path / "dist" / "demo" / "_internal" / "large").stat().st_size == size
    shutil.rmtree(tmp_path / "dist")
