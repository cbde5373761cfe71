"""What the real uv and pip do with the server's pages: they step back, they refuse, and a person can read why."""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.adapters.uv.commands import uv_program
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry

POLICY = '[guard]\nallow_only = ["tidewater", "mossgrove"]\n'


class Client:
    """One installer with a folder of its own to install into."""

    def __init__(self, name: str, folder: Path, env: dict[str, str], server: Serving) -> None:
        self.name = name
        self._folder = folder
        self._env = env
        self._server = server

    def install(self, *words: str) -> tuple[bool, str]:
        """Install with everything into a folder; give whether it worked, and all that was said."""
        target = ["--target", str(self._folder / "installed"), *words]
        argv = {
            "uv": [uv_program(self._env), "pip", "install", "--default-index", self._server.url],
            "pip": [sys.executable, "-m", "pip", "install", "--index-url", self._server.url],
        }[self.name]
        if self.name == "uv":
            argv += ["--no-config", "--python", sys.executable]
        else:
            argv += ["--no-input", "--disable-pip-version-check", "--no-cache-dir"]
        ran = subprocess.run(
            argv + target,
            cwd=self._folder,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode == 0, ran.stdout + ran.stderr

    @property
    def installed(self) -> set[str]:
        """Name and version of what is in the folder."""
        found = (self._folder / "installed").glob("*.dist-info")
        return {path.name.removesuffix(".dist-info") for path in found}


@pytest.fixture(params=["uv", "pip"])
def client(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    registry: Registry,
    env: dict[str, str],
    clock: FakeClock,
) -> Iterator[Client]:
    if request.param == "pip":
        pytest.importorskip("pip", reason="pip is not in this environment")
    registry.add("tidewater", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0")
    registry.add("mossgrove", "2.0", uploaded=clock() - dt.timedelta(hours=2))
    registry.add("reqeusts", "1.0")
    registry.add("fernwood", "1.0")
    made = serving(tmp_path / "data", (registry.url,), env=env, clock=clock, policy=POLICY)
    clean = {**env, "PIP_CONFIG_FILE": os.devnull, "NO_COLOR": "1", "COLUMNS": "500"}
    with made as server:
        yield Client(request.param, tmp_path, clean, server)


def test_it_steps_back_from_a_release_in_its_cool_down(client: Client) -> None:
    worked, said = client.install("tidewater")
    assert worked, said
    assert client.installed == {"tidewater-1.0", "mossgrove-1.0"}


def test_a_pinned_release_that_is_held_back_is_stopped_with_the_reason(client: Client) -> None:
    worked, said = client.install("mossgrove==2.0")
    assert not worked
    assert "guard/too-new" in said or "guard-too-new" in said
    assert "403" in said
    assert client.installed == set()


@pytest.mark.parametrize("word", ["reqeusts", "reqeusts==1.0", "reqeusts>=0.5"])
def test_a_slip_of_the_keyboard_names_the_right_project(client: Client, word: str) -> None:
    worked, said = client.install(word)
    assert not worked
    assert "guard-lookalike/requests/" in said
    assert client.installed == set()


def test_what_is_not_on_the_list_says_so(client: Client) -> None:
    worked, said = client.install("fernwood")
    assert not worked
    assert "guard-not-allowed" in said
    assert client.installed == set()
