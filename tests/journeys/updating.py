"""What the journeys through update and outdated share: a project whose tests look at what is installed."""

import io
import json
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import uv

from onward.cli.door import run_verb
from tests.conftest import FakeClock


class Said(NamedTuple):
    code: int
    out: str
    err: str


Onward = Callable[..., Said]

# A test runner in a few lines: each file check_NAME.py is a test, told about as pytest does.
RUNNER = """\
import pathlib, runpy, sys
failed = False
for path in sorted(pathlib.Path(__file__).parent.glob("check_*.py")):
    try:
        runpy.run_path(str(path))
    except Exception as error:
        failed = True
        print(f"FAILED {path.name} - {error!r}")
sys.exit(failed)
"""
TASK = '[tool.onward.tasks]\ntest = "python run_checks.py"\n'


def checks(**code: str) -> dict[str, str]:
    """The files of a project whose checks are ``name=code``."""
    return {"run_checks.py": RUNNER} | {f"check_{name}.py": text for name, text in code.items()}


def major_is(name: str, major: str) -> str:
    """A check that holds while ``name`` is at that major version."""
    return (
        f"import {name}\nassert {name}.__version__.split('.')[0] == '{major}', {name}.__version__\n"
    )


class Place:
    """A project in a folder, and onward at work in it."""

    def __init__(self, root: Path, env: dict[str, str], clock: FakeClock) -> None:
        self.root = root
        self.env = env
        self.clock = clock

    def onward(self, *words: str) -> Said:
        """Run onward in the project's folder."""
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(list(words), self.env, cwd=self.root, clock=self.clock, out=out, err=err)
        return Said(code, out.getvalue(), err.getvalue())

    def json(self, *words: str, code: int = 0) -> Any:
        """Run onward with ``--json`` and give what it says."""
        said = self.onward(*words, "--json")
        assert said.code == code, said
        return json.loads(said.out)

    def uv(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run plain uv in the project's folder."""
        return subprocess.run(
            [uv.find_uv_bin(), *words],
            cwd=self.root,
            env=self.env,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    @property
    def files(self) -> Mapping[str, bytes]:
        """Every file that belongs to the project itself."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
            and not {".venv", ".onward", "__pycache__"} & set(path.relative_to(self.root).parts)
        }

    @property
    def locked(self) -> dict[str, str]:
        """The locked version of each package, without the project's own."""
        lock = tomllib.loads((self.root / "uv.lock").read_text(encoding="utf-8"))
        return {p["name"]: p["version"] for p in lock["package"] if "registry" in p["source"]}

    @property
    def installed(self) -> dict[str, str]:
        """The version of each installed package, without the project's own."""
        infos = self.root.glob(".venv/[lL]ib/**/*.dist-info")
        found = dict(info.stem.rsplit("-", 1) for info in infos)
        return {name: version for name, version in found.items() if not name.startswith("demo")}

    def consistent(self) -> bool:
        """Whether uv itself finds lock, pyproject.toml and environment in step."""
        assert self.uv("lock", "--check").returncode == 0
        return self.installed == {n.replace("-", "_"): v for n, v in self.locked.items()}
