"""New web projects with their real dependencies leave as an image and as container files, without a question."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from onward.domain.scaffold import FRAMEWORKS
from tests.journeys.test_new_registry import machine, passes

pytestmark = [
    pytest.mark.registry,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="images take this Linux"),
]
__all__ = ["machine"]
ONWARD = (sys.executable, "-m", "onward")


@pytest.fixture
def there(tmp_path: Path, machine: dict[str, str]) -> dict[str, str]:
    return machine | {"ONWARD_CACHE_DIR": str(tmp_path / "cache")}


def new(folder: Path, env: dict[str, str], framework: str) -> Path:
    passes(folder, env, *ONWARD, "new", "my shop", "--framework", framework)
    return folder / "my shop"


def image(root: Path, env: dict[str, str]) -> dict[str, Any]:
    argv = (*ONWARD, "ship", "image", "--json")
    ran = subprocess.run(argv, cwd=root, env=env, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    told = json.loads(ran.stdout)
    assert isinstance(told, dict)
    return told


SERVED = {
    "fastapi": "uvicorn",
    "flask": "waitress-serve",
    "django": "waitress-serve",
    "quart": "hypercorn",
    "starlette": "uvicorn",
}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_new_web_project_answers_its_first_page(
    tmp_path: Path, there: dict[str, str], framework: str
) -> None:
    root = new(tmp_path, there, framework)
    told = image(root, there)
    assert told["command"][0] == SERVED[framework]
    assert "my_shop.app:create_app" in " ".join(told["command"])
    assert told["port"] == 8000
    if os.geteuid() == 0:  # else a clean room is not certain here
        assert told["proven"] == ["in a clean root it answers HTTP on port 8000 with status 200"]
    passes(root, there, *ONWARD, "ship", "container-files")
    written = (root / "Dockerfile").read_text("utf-8")
    assert json.dumps(told["command"]) in written
    assert "HEALTHCHECK" in written


@pytest.mark.skipif(
    shutil.which("Xvfb") is None, reason="Xvfb is not on this machine (apt install xvfb)"
)
@pytest.mark.skipif(
    importlib.util.find_spec("_tkinter") is None, reason="this Python has no tkinter"
)
def test_a_new_program_with_a_window_leaves_as_it_was_made(
    tmp_path: Path, there: dict[str, str]
) -> None:
    passes(tmp_path, there, *ONWARD, "new", "my desk", "--kind", "gui")
    root = tmp_path / "my desk"
    argv = (*ONWARD, "ship", "app", "--format", "folder", "--json")
    ran = subprocess.run(argv, cwd=root, env=there, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    assert any("its text drawn by fonts" in line for line in json.loads(ran.stdout)["proven"])
