"""``onward check`` with the real ty, Pyrefly, flake8 and pylint, installed in a project's environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from onward.adapters.uv.commands import uv_program
from tests.conftest import MakeProject

pytestmark = [pytest.mark.registry, pytest.mark.slow]

TOOLS = ("ty", "pyrefly", "flake8", "pylint")
BAD = '"""Wrong."""\n\nNAME: int = "ü"; OTHER: str = NOWHERE\n'


def test_each_of_them_looks_and_finds_its_own(
    project: MakeProject, tmp_path: Path, reachable_registry: None
) -> None:
    named = ", ".join(f'"{tool}"' for tool in TOOLS)
    root = project(
        files={"src/demo/__init__.py": BAD}, extra=f"[tool.onward.check]\ntools = [{named}]\n"
    )
    env = {**os.environ, "ONWARD_CACHE_DIR": str(tmp_path / "cache")}
    for words in (("venv", "--quiet", ".venv", "--python", sys.executable),
                  ("pip", "install", "--quiet", "--python", ".venv", *TOOLS)):  # fmt: skip
        subprocess.run([uv_program(env), *words], cwd=root, env=env, check=True)
    argv = [sys.executable, "-m", "onward", "check", "--json"]
    ran = subprocess.run(argv, cwd=root, env=env, capture_output=True, check=False)
    value = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert [(one["tool"], one["complete"]) for one in value["tools"]] == [
        (tool, True) for tool in TOOLS
    ]
    rules = {one["rule"] for one in value["findings"]}
    assert {
        "ty/unresolved-reference",
        "ty/invalid-assignment",
        "pyrefly/bad-assignment",
        "pyrefly/unknown-name",
        "flake8/E702",
        "pylint/undefined-variable",
    } <= rules
    assert not any(rule.startswith("tool/") for rule in rules)
