"""New projects with their real dependencies: installed, tested and linted by their own tools."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from onward.adapters.uv import uv_program
from onward.core.names import parse_name
from onward.domain.scaffold import FRAMEWORKS, answer
from onward.workflows.new import create, plan_new

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


@pytest.mark.parametrize("framework", ["", *FRAMEWORKS])
def test_it_passes_its_own_tests_and_lint(
    tmp_path: Path, machine: dict[str, str], framework: str
) -> None:
    answers = answer(
        name=parse_name("hello-there"),
        kind="web" if framework else "cli",
        framework=framework,
        year=2026,
    )
    root = tmp_path / "new project"
    plan = plan_new(answers, root, onward="0.1.0", env=machine, git=False)
    create(plan, root, started="2026-06-01T00:00:00+00:00")
    passes(root, machine, uv_program(machine), "sync", "--quiet")
    said = passes(root, machine, tool(root, "python"), "-W", "error", "-m", "pytest")
    assert " passed" in said
    passes(root, machine, tool(root, "ruff"), "check", ".")
    passes(root, machine, tool(root, "ruff"), "format", "--check", ".")
    if not framework:
        assert passes(root, machine, tool(root, "hello-there"), "--version").split() == [
            "hello-there",
            "0.1.0",
        ]
    locked = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))
    assert not framework or framework in [package["name"] for package in locked["package"]]
