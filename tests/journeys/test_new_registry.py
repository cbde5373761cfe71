"""New projects with their real dependencies: installed, tested and linted by their own tools."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from onward.adapters.uv.commands import uv_program
from onward.domain.scaffold import FRAMEWORKS

pytestmark = pytest.mark.registry

_NOT_OURS = ("VIRTUAL_ENV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIR", "PYTHONPATH")


@pytest.fixture(scope="module")
def machine() -> dict[str, str]:
    """The machine's own environment with its registry settings; skips when it has no registry."""
    env = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    env |= {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    argv = [uv_program(env), "pip", "compile", "--quiet", "--no-header", "-"]
    asked = subprocess.run(argv, env=env, input=b"iniconfig\n", capture_output=True, check=False)
    if asked.returncode:
        pytest.skip(f"no package registry: {asked.stderr.decode('utf-8', 'replace')[-300:]}")
    return env


def passes(root: Path, env: dict[str, str], *argv: str | Path) -> str:
    ran = subprocess.run(argv, cwd=root, env=env, capture_output=True, check=False)
    said = (ran.stdout + ran.stderr).decode("utf-8", "replace")
    assert ran.returncode == 0, said
    return said


def tool(root: Path, name: str) -> Path:
    return root / ".venv" / ("Scripts" if os.name == "nt" else "bin") / name


@pytest.mark.parametrize("kind", ["cli", "gui", *FRAMEWORKS])
def test_it_passes_its_own_tests_and_onwards_checks_at_once(
    tmp_path: Path, machine: dict[str, str], kind: str
) -> None:
    onward = (sys.executable, "-m", "onward")
    machine = machine | {"ONWARD_CACHE_DIR": str(tmp_path / "cache")}
    choice = ("--framework" if kind in FRAMEWORKS else "--kind", kind)
    said = passes(tmp_path, machine, *onward, "new", "hello there", *choice)
    assert "onward run pytest" in said
    root = tmp_path / "hello there"
    told = passes(root, machine, tool(root, "python"), "-W", "error", "-m", "pytest")
    assert " passed" in told
    told = passes(root, machine, *onward, "check", "--all")
    assert "[tests/" not in told  # nor is there advice on the code
    assert "[ruff/" not in told
    passes(root, machine, tool(root, "ruff"), "check", ".")
    passes(root, machine, tool(root, "ruff"), "format", "--check", ".")
    passes(root, machine, uv_program(machine), "sync", "--locked")
    if kind == "cli":
        shown = passes(root, machine, tool(root, "hello-there"), "--version")
        assert shown.split() == ["hello-there", "0.1.0"]
    locked = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))
    assert kind not in FRAMEWORKS or kind in [package["name"] for package in locked["package"]]
