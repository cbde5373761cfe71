"""The real poetry and pdm, with what `onward guard on` writes for them."""

import subprocess
from pathlib import Path

import pytest

from bench.peers import peer
from tests.conftest import FakeClock, MakeProject
from tests.index.serving import Serving, serving
from tests.journeys.stage import Said, Stage
from tests.registry import Registry

# installing them asks the package registry; what they then do stays on loopback
pytestmark = [pytest.mark.registry, pytest.mark.usefixtures("reachable_registry")]


@pytest.fixture
def stage(project: MakeProject, env: dict[str, str], clock: FakeClock) -> Stage:
    root = project(dependencies=["tidewater"], requires_python=">=3.11,<4")
    more = {"POETRY_VIRTUALENVS_IN_PROJECT": "true", "PDM_CHECK_UPDATE": "false", "CI": "1"}
    return Stage(root, {**env, **more}, clock)


def installer(name: str) -> str:
    program, why = peer(name)
    if why:
        pytest.skip(why)
    return program


def typed(stage: Stage, program: str, *words: str, **env: str) -> Said:
    ran = subprocess.run(
        [program, *words],
        cwd=stage.root,
        env={**stage.env, "NO_COLOR": "1", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Said(ran.returncode, ran.stdout, ran.stderr)


def with_table(stage: Stage, table: str) -> None:
    file = stage.root / "pyproject.toml"
    file.write_text(file.read_text("utf-8") + table, encoding="utf-8", newline="\n")


def test_poetry_goes_through_the_guard(stage: Stage, server: Serving) -> None:
    poetry = installer("poetry")
    with_table(stage, "[tool.poetry]\npackage-mode = false\n")
    before = (stage.root / "pyproject.toml").read_bytes()
    stage.fine("guard", "on", server.url, "--project", "--client", "poetry")
    for words in (("lock",), ("install",)):
        said = typed(stage, poetry, *words)
        assert said.code == 0, said.text
    lock = (stage.root / "poetry.lock").read_text("utf-8")
    assert lock.count(f'url = "{server.url.rstrip("/")}"') == 2
    assert list(stage.root.glob(".venv/lib*/**/tidewater-1.0.dist-info"))
    said = stage.onward("guard", "doctor", server.url)
    assert "poetry.lock`" not in said.out
    stage.fine("guard", "off", "--project")
    assert (stage.root / "pyproject.toml").read_bytes() == before
    # from the other side: that lock goes on naming the guard, so it is foreign to any other address
    assert "`poetry.lock` names" in stage.onward("guard", "doctor", "http://127.0.0.1:9/").out


def test_no_variable_of_poetrys_does_the_same(stage: Stage, server: Serving) -> None:
    poetry = installer("poetry")
    with_table(stage, "[tool.poetry]\npackage-mode = false\n")
    dead = "http://127.0.0.1:9"
    more = {
        "POETRY_REPOSITORIES_PYPI_URL": server.url,
        "POETRY_REPOSITORIES_ONWARD_URL": server.url,
    }
    said = typed(stage, poetry, "lock", HTTPS_PROXY=dead, NO_PROXY="127.0.0.1", **more)
    assert said.code != 0
    assert not (stage.root / "poetry.lock").exists()


@pytest.mark.parametrize("how", ["user", "project", "variable"])
def test_pdm_goes_through_the_guard(stage: Stage, server: Serving, how: str) -> None:
    pdm = installer("pdm")
    with_table(stage, "[tool.pdm]\ndistribution = false\n")
    before = (stage.root / "pyproject.toml").read_bytes()
    more = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    if how == "variable":
        more["PDM_PYPI_URL"] = server.url
    else:
        stage.fine("guard", "on", server.url, f"--{how}", "--client", "pdm")
    for words in (("lock",), ("install",)):
        said = typed(stage, pdm, *words, **more)
        assert said.code == 0, said.text
    assert list(stage.root.glob(".venv/lib*/**/tidewater-1.0.dist-info"))
    if how == "user":  # pdm writes its file anew without comments
        assert typed(stage, pdm, "config", "install.parallel", "false").code == 0
        file = Path(stage.env["HOME"]) / "config/pdm/config.toml"
        assert "#" not in file.read_text("utf-8")
        stage.fine("guard", "off")
        assert file.read_text("utf-8").split() == ["[install]", "parallel", "=", '"false"'] or (
            "pypi" not in file.read_text("utf-8")
        )
    if how == "project":
        stage.fine("guard", "off", "--project")
        assert (stage.root / "pyproject.toml").read_bytes() == before


def test_what_is_held_back_is_not_installed_by_either(
    stage: Stage, registry: Registry, tmp_path: Path, env: dict[str, str], clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "2.0", uploaded=clock())
    with_table(stage, "[tool.poetry]\npackage-mode = false\n[tool.pdm]\ndistribution = false\n")
    with serving(tmp_path / "held", (registry.url,), env=env, clock=clock) as server:
        stage.fine("guard", "on", server.url, "--project", "--client", "poetry,pdm")
        for name in ("poetry", "pdm"):
            said = typed(stage, installer(name), "lock")
            assert said.code == 0, said.text
            lock = (stage.root / f"{name}.lock").read_text("utf-8")
            assert 'version = "1.0"' in lock
            assert 'version = "2.0"' not in lock
