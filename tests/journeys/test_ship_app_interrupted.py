"""Ctrl-C, to the whole group as a terminal sends it, in each step of ``onward ship app`` with the real PyInstaller."""

import datetime as dt
import os
import signal
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

if sys.platform != "linux":
    pytest.skip("programs are built on Linux as yet", allow_module_level=True)
if not sysconfig.get_config_var("Py_ENABLE_SHARED"):
    pytest.skip("PyInstaller needs a Python with a shared library", allow_module_level=True)

TABLE = """
[project.scripts]
demo = "demo:main"
[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"
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
        for name in ("git", "sh", "ldd", "objdump", "objcopy"):
            found = next((p for p in (Path("/usr/bin", name), Path("/bin", name)) if p.exists()), None)  # fmt: skip
            if found:
                (few / name).symlink_to(found)
        paths = os.pathsep.join(sys.path)
        self.env = {**env, "PATH": str(few), "TMPDIR": str(scratch), "PYTHONPATH": paths}
        assert run_verb(["lock"], self.env, cwd=root, clock=FakeClock(dt.datetime.now(dt.UTC))) == 0

    def interrupted(self, step: str, after: float, *words: str) -> tuple[int, str]:
        """Ship, and send SIGINT to the group some seconds after that step was told; gives exit code and what was said."""
        said: list[str] = []
        with subprocess.Popen(
            [sys.executable, "-m", "onward", "ship", "app", *words],
            cwd=self.root, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        ) as running:  # fmt: skip
            assert running.stdout is not None
            for line in running.stdout:
                said.append(line)
                if line.strip().startswith(step):
                    threading.Timer(after, os.killpg, (running.pid, signal.SIGINT)).start()
            code = running.wait()
            with pytest.raises(ProcessLookupError):  # nobody of the group is left
                os.killpg(running.pid, 0)
        return code, "".join(said)

    @property
    def left(self) -> set[str]:
        """What is left in the temporary folder, and in the project beside what was there."""
        before = {"pyproject.toml", "src", "large", "uv.lock", ".onward", ".venv"}
        names = {path.name for path in self.root.iterdir()} - before
        return names | {path.name for path in self.scratch.iterdir()}


@pytest.fixture
def shop(registry_env: dict[str, str], project: MakeProject, tmp_path: Path) -> Shop:
    root = project(extra=TABLE, files={"src/demo/__init__.py": CODE, "large/x": ""})
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
    ("step", "after", "words"),
    [
        ("Making a fresh environment", 0.3, ("--format", "folder")),
        ("Building the program", 3.0, ("--format", "folder")),
        ("Starting it in a root", 2.0, ("--format", "folder")),
        ("Making tar.gz", 1.0, ("--format", "tar.gz", "--no-prove")),
        ("Making deb", 0.3, ("--format", "deb", "--no-prove")),
    ],
    ids=["environment", "build", "proof", "archive", "package"],
)
def test_it_ends_at_once_says_so_and_leaves_nothing(
    step: str, after: float, words: tuple[str, ...], shop: Shop
) -> None:
    code, said = shop.interrupted(step, after, *words)
    assert step in said
    assert code == 130, said
    assert "onward: interrupted; everything is as it was" in said
    assert "Traceback" not in said
    assert shop.left == set()
