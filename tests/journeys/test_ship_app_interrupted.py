"""Ctrl-C, to the whole group as a terminal sends it, in each step of ``onward ship app`` with the real PyInstaller."""

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

if sys.platform != "linux":
    pytest.skip("programs are built on Linux as yet", allow_module_level=True)
if not sysconfig.get_config_var("Py_ENABLE_SHARED"):
    pytest.skip("PyInstaller needs a Python with a shared library", allow_module_level=True)

NAME = "sleeper-of-demo"
TABLE = """
[project.scripts]
sleeper-of-demo = "demo:main"
[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"
[tool.uv.build-backend]
module-name = "demo"
[tool.onward.app]
data = ["large"]
"""
# the proof of it lasts for minutes
CODE = "import time\ndef main():\n    time.sleep(600)\n"


class Shop:
    """A locked project, and onward as a group of its own with a temporary folder of its own."""

    def __init__(self, root: Path, env: dict[str, str], scratch: Path) -> None:
        self.root, self.scratch = root, scratch
        few = Path(env["HOME"]) / "few"  # without apt the root is of this machine's own libraries
        few.mkdir(parents=True)
        for name in ("git", "sh", "ldd", "objdump", "objcopy", "dpkg-query"):
            found = next((p for p in (Path("/usr/bin", name), Path("/bin", name)) if p.exists()), None)  # fmt: skip
            if found:
                (few / name).symlink_to(found)
        paths = os.pathsep.join(sys.path)
        self.env = {**env, "PATH": str(few), "TMPDIR": str(scratch), "PYTHONPATH": paths}
        assert run_verb(["lock"], self.env, cwd=root, clock=FakeClock(dt.datetime.now(dt.UTC))) == 0

    def interrupted(self, sign: str, *words: str) -> tuple[int, str]:
        """Ship, and send SIGINT to the group once ``sign`` is there, a pattern below the temporary folder.

        An empty one is the program itself, at work in its room. Gives exit code and what was said.
        """
        with subprocess.Popen(
            [sys.executable, "-m", "onward", "ship", "app", *words],
            cwd=self.root, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        ) as running:  # fmt: skip
            while running.poll() is None and not self.is_there(sign):
                time.sleep(0.02)
            assert running.poll() is None, running.communicate()
            os.killpg(running.pid, signal.SIGINT)
            said, _ = running.communicate()
            with pytest.raises(ProcessLookupError):  # nobody of the group is left
                os.killpg(running.pid, 0)
        return running.returncode, said

    def is_there(self, sign: str) -> bool:
        """Whether it has come so far."""
        if sign:
            return bool(list(self.scratch.glob(f"onward-*/{sign}")))
        for comm in Path("/proc").glob("[0-9]*/comm"):
            with contextlib.suppress(OSError):
                if comm.read_text(encoding="utf-8").strip() == NAME:
                    return True
        return False

    @property
    def left(self) -> set[str]:
        """What is left in the temporary folder, but for uv's own lock files, and in the project beside what was there."""
        before = {"pyproject.toml", "src", "large", "uv.lock", ".onward", ".venv"}
        names = {path.name for path in self.root.iterdir()} - before
        return names | {path.name for path in self.scratch.iterdir() if path.suffix != ".lock"}


@pytest.fixture
def shop(registry_env: dict[str, str], project: MakeProject, tmp_path: Path) -> Shop:
    root = project(name=NAME, extra=TABLE, files={"src/demo/__init__.py": CODE, "large/x": ""})
    with (root / "large/x").open("wb") as file:
        for _ in range(60):  # takes a while to be packed
            file.write(os.urandom(1_000_000))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Shop(root, registry_env, scratch)


@pytest.mark.registry
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("step", "sign", "words"),
    [
        ("Making a fresh environment", "environment/lib", ("--format", "folder")),
        ("Adding pyinstaller", "build-1/work/*/*", ("--format", "folder")),
        ("Starting it in a root", "", ("--format", "folder")),
        ("Making tar.gz", "*.tar.gz", ("--format", "tar.gz", "--no-prove")),
        ("Making deb", "*.data", ("--format", "deb", "--no-prove")),
    ],
    ids=["environment", "build", "proof", "archive", "package"],
)
def test_it_ends_at_once_says_so_and_leaves_nothing(
    step: str, sign: str, words: tuple[str, ...], shop: Shop
) -> None:
    code, said = shop.interrupted(sign, *words)
    assert step in said
    assert code == 130, said
    assert "onward: interrupted; everything is as it was" in said
    assert "Traceback" not in said
    assert shop.left == set()
