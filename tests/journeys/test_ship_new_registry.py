"""New web projects with their real dependencies leave as an image and as container files, without a question."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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


def is_proven(told: dict[str, Any]) -> bool:
    if os.geteuid():
        return bool(told["port"] == 8000)  # a clean room is not certain here
    return bool(told["proven"] == ["in a clean root it answers HTTP on port 8000 with status 404"])


@pytest.mark.parametrize("framework", ["fastapi", "quart"])
def test_the_factory_of_the_template_is_served(
    tmp_path: Path, there: dict[str, str], framework: str
) -> None:
    root = new(tmp_path, there, framework)
    told = image(root, there)
    assert "my_shop.app:create_app" in " ".join(told["command"])
    assert is_proven(told)
    passes(root, there, *ONWARD, "ship", "container-files")
    assert "my_shop.app:create_app" in (root / "Dockerfile").read_text("utf-8")


def test_a_template_without_a_server_asks_for_one(tmp_path: Path, there: dict[str, str]) -> None:
    root = new(tmp_path, there, "flask")
    for verb in ("image", "container-files"):
        argv = (*ONWARD, "ship", verb)
        ran = subprocess.run(argv, cwd=root, env=there, capture_output=True, check=False)
        assert ran.returncode == 2
        assert b"`onward add gunicorn`" in ran.stderr
    passes(root, there, *ONWARD, "add", "gunicorn")
    told = image(root, there)
    assert told["command"][:2] == ["gunicorn", "my_shop.app:create_app()"]
    assert is_proven(told)
