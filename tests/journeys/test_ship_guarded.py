"""What `onward ship wheel` installs to try a wheel is judged too, and never somebody else's package of the same name."""

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.journeys.test_ship_wheel import BACKEND, Shipping
from tests.registry import Registry


@pytest.fixture
def ship(env: dict[str, str], clock: FakeClock, project: MakeProject) -> Shipping:
    return Shipping(env, clock, project)


def test_a_release_in_its_cool_down_is_stepped_over(
    ship: Shipping, registry: Registry, clock: FakeClock
) -> None:
    registry.add("helper", "1.0", files={"helper/__init__.py": "old = True\n"})
    fresh = clock() - dt.timedelta(hours=1)
    registry.add("helper", "2.0", files={"helper/__init__.py": "old = False\n"}, uploaded=fresh)
    ship.make(
        index=registry.url,
        dependencies=["helper"],
        files={"src/demo/__init__.py": "import helper\nassert helper.old\ndef main(): ...\n"},
    )
    assert ship("--no-reproduce") == 0, ship.out + ship.err


def test_a_wheel_that_needs_what_is_held_back_is_refused(
    ship: Shipping, registry: Registry, clock: FakeClock
) -> None:
    registry.add("helper", "1.0")
    registry.add("helper", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    ship.make(index=registry.url, dependencies=["helper==2.0"])
    assert ship("--no-reproduce") == 1
    assert "guard/too-new" in ship.err
    assert "helper 2.0" in ship.err
    assert ship.dist == set()


def test_a_build_that_needs_what_is_held_back_is_refused(
    ship: Shipping, registry: Registry, clock: FakeClock
) -> None:
    registry.add("buildhelp", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    root = ship.make(index=registry.url)
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    text = text.replace("requires = []", 'requires = ["buildhelp==2.0"]')
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    assert ship("--no-reproduce") == 1
    assert "guard/too-new" in ship.err
    assert ship.dist == set()


def test_a_slip_of_the_keyboard_is_not_installed(ship: Shipping, registry: Registry) -> None:
    registry.add("reqeusts", "2.0")
    ship.make(index=registry.url, dependencies=["reqeusts"])
    assert ship("--no-reproduce") == 1
    assert "guard/lookalike" in ship.err
    assert not [seen for seen in registry.requests if "reqeusts" in seen.path]


@pytest.fixture
def workspace(ship: Shipping, registry: Registry) -> Path:
    """Two members: ``demo`` needs ``tidewater``; the index has a ``tidewater`` of someone else, newer."""
    registry.add("tidewater", "9.0", files={"tidewater/__init__.py": "ours = False\n"})
    return ship.make(
        index=registry.url,
        dependencies=["tidewater"],
        extra='[tool.uv.workspace]\nmembers = ["packages/*"]\n'
        "[tool.uv.sources]\ntidewater = { workspace = true }\n",
        files={
            "src/demo/__init__.py": "import tidewater\nassert tidewater.ours\ndef main(): ...\n",
            "packages/tidewater/pyproject.toml": '[project]\nname = "tidewater"\nversion = "1.0"\n'
            'requires-python = ">=3.11"\n[build-system]\nrequires = []\n'
            'build-backend = "backend"\nbackend-path = ["."]\n',
            "packages/tidewater/src/tidewater/__init__.py": "ours = True\n",
            "packages/tidewater/backend.py": BACKEND.read_text(encoding="utf-8"),
            "packages/tidewater/backend.toml": "",
        },
    )


def test_a_sibling_is_built_here_and_never_taken_from_an_index(
    ship: Shipping, workspace: Path, registry: Registry
) -> None:
    assert ship("--no-reproduce") == 0, ship.out + ship.err
    assert "[ship/only-here]" in ship.out
    assert "`tidewater`, which comes from the workspace (`packages/tidewater`) here" in ship.out
    assert not [seen for seen in registry.requests if "tidewater" in seen.path]
    assert (workspace / "dist/demo-0.1.0-py3-none-any.whl").is_file()


def test_the_root_of_a_workspace_names_what_can_be_shipped(ship: Shipping, workspace: Path) -> None:
    own = (workspace / "pyproject.toml").read_text(encoding="utf-8")
    (workspace / "pyproject.toml").write_text(
        own[own.index("[[tool.uv.index]]") : own.index("[project.scripts]")]
        + '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
        encoding="utf-8",
    )
    assert ship("--no-reproduce") == 2
    assert "packages/tidewater: tidewater" in ship.err
    assert "cd packages/tidewater" in ship.err


def test_a_source_that_cannot_be_built_here_is_told(ship: Shipping, registry: Registry) -> None:
    registry.add("helper", "1.0")
    ship.make(
        index=registry.url,
        dependencies=["helper"],
        extra='[tool.uv.sources]\nhelper = { git = "https://git.test/helper" }\n',
    )
    ship("--no-reproduce", "--json")
    found = {one["rule"]: one["message"] for one in json.loads(ship.out)["findings"]}
    assert "a git source" in found["ship/only-here"]
