"""`onward guard on` and `off` as typed, and the real uv, pip, poetry and pdm with what they write."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.index.odd_upstream import odd_upstream
from tests.index.serving import Serving, free_port
from tests.journeys.stage import Stage
from tests.registry import Registry


@pytest.fixture
def stage(tmp_path: Path, env: dict[str, str], clock: FakeClock) -> Stage:
    """A folder that is no project."""
    root = tmp_path / "somewhere"
    root.mkdir()
    return Stage(root, {**env, "PATH": os.environ["PATH"]}, clock)


@pytest.fixture
def inside(project: MakeProject, env: dict[str, str], clock: FakeClock) -> Stage:
    """A project."""
    return Stage(project(dependencies=["tidewater"]), env, clock)


def home(stage: Stage) -> Path:
    return Path(stage.env["HOME"])


def everything(folder: Path) -> dict[str, bytes | None]:
    """Every settings file of the user whose home is ``folder``, and their folders."""
    kept = [folder / "config", *(folder / "config").rglob("*")]
    kept = [path for path in kept if path.exists()]
    return {str(path): path.read_bytes() if path.is_file() else None for path in kept}


def test_nothing_is_written_while_nobody_answers(stage: Stage) -> None:
    before = everything(home(stage))
    port = free_port()
    said = stage.refused("guard", "on", f"http://127.0.0.1:{port}", code=4)
    assert "[no-onward-there]" in said.err
    assert "--force" in said.err
    assert everything(home(stage)) == before
    said = stage.fine("guard", "on", f"http://127.0.0.1:{port}", "--force", "--client", "uv")
    assert "! No onward answers there now" in said.out
    assert (home(stage) / "config/uv/uv.toml").exists()


def test_something_else_that_answers_is_no_onward(stage: Stage, registry: Registry) -> None:
    address = registry.url.removesuffix("simple/")
    assert "[no-onward-there]" in stage.refused("guard", "on", address, code=4).err


@pytest.mark.parametrize(
    "answer", [b'{"status":"ok"}', b'{"status":"ok","product":"other"}', b"[]", b"ok"]
)
def test_a_server_of_another_kind_that_is_well_is_no_onward(stage: Stage, answer: bytes) -> None:
    with odd_upstream() as other:
        other.give("/health", answer)
        said = stage.refused("guard", "on", other.url, code=4)
        assert f"what answers at {other.root}/health is no onward" in said.err


@pytest.mark.parametrize("word", ["", "uv,", "conda"])
def test_an_installer_that_is_none_is_refused(stage: Stage, word: str) -> None:
    said = stage.refused("guard", "on", "--force", "--client", word, code=2)
    assert "[unknown-client]" in said.err


def test_on_and_off_for_a_user_leaves_every_byte_as_it_was(stage: Stage, server: Serving) -> None:
    config = home(stage) / "config"
    (config / "pip").mkdir(parents=True)
    (config / "pip/pip.conf").write_bytes(
        b"[global]\r\ntimeout = 5\r\nindex-url = https://corp.test/simple"
    )
    before = everything(home(stage))
    said = stage.fine("guard", "on", server.url, "--client", "uv,pip,pdm")
    assert said.out.count("Done: ") == 3
    assert f"UV_DEFAULT_INDEX={server.url}" in said.out
    on = everything(home(stage))
    assert tomllib.loads((config / "uv/uv.toml").read_text("utf-8")) == {
        "index": [{"name": "onward-guard", "url": server.url, "default": True}]
    }
    again = stage.fine("guard", "on", server.url, "--client", "uv,pip,pdm")
    assert "Done" not in again.out
    assert again.out.count("As it is: ") == 3
    assert everything(home(stage)) == on
    said = stage.fine("guard", "off")
    assert said.out.count("Done: ") == 3
    assert everything(home(stage)) == before
    assert "Nothing to do" in stage.fine("guard", "off").out
    assert not list((home(stage) / "data/onward/clients").glob("*.json"))


def test_a_dry_run_writes_nothing(stage: Stage, server: Serving) -> None:
    before = everything(home(stage))
    said = stage.fine("guard", "on", server.url, "--dry-run", "--json")
    answer = json.loads(said.out)
    assert (answer["done"], answer["answers"]) == (False, True)
    assert len(answer["files"]) >= 2
    assert answer["variables"]["PIP_INDEX_URL"] == server.url
    assert everything(home(stage)) == before


def test_what_somebody_wrote_since_stays(stage: Stage, server: Serving) -> None:
    stage.fine("guard", "on", server.url, "--client", "uv,pip")
    uv, pip = home(stage) / "config/uv/uv.toml", home(stage) / "config/pip/pip.conf"
    uv.write_text("offline = false\n" + uv.read_text("utf-8"), encoding="utf-8", newline="\n")
    pip.write_text(pip.read_text("utf-8") + "[install]\nno-deps = yes\n", encoding="utf-8")
    stage.fine("guard", "off")
    assert uv.read_bytes() == b"offline = false\n"
    assert pip.read_bytes() == b"[install]\nno-deps = yes\n"


def test_another_address_takes_the_place_of_the_first(stage: Stage, server: Serving) -> None:
    uv = home(stage) / "config/uv/uv.toml"
    uv.parent.mkdir(parents=True)
    uv.write_bytes(b"# mine")
    stage.fine("guard", "on", "http://127.0.0.1:9/", "--force", "--client", "uv")
    stage.fine("guard", "on", server.url, "--client", "uv")
    assert [table["url"] for table in tomllib.loads(uv.read_text("utf-8"))["index"]] == [server.url]
    stage.fine("guard", "off")
    assert uv.read_bytes() == b"# mine"


def test_pip_and_pdm_that_write_their_file_anew_lose_nothing(stage: Stage, server: Serving) -> None:
    pytest.importorskip("pip", reason="pip is not in this environment")
    file = home(stage) / "config/pip/pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text("[global]\nindex-url = https://corp.test/simple\n", encoding="utf-8")
    stage.fine("guard", "on", server.url, "--client", "pip")
    ran = pip(stage, "config", "--user", "set", "global.timeout", "7")
    assert ran.returncode == 0, ran.stderr
    assert "#" not in file.read_text("utf-8")
    stage.fine("guard", "off")
    text = file.read_text("utf-8")
    assert "index-url = https://corp.test/simple" in text
    assert "timeout = 7" in text
    assert server.url not in text


@pytest.mark.parametrize("when", [1, 2, 3, 4, 5, 6])
def test_a_disk_that_fails_leaves_everything_as_it_was(
    stage: Stage, server: Serving, monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    pip_conf = home(stage) / "config/pip/pip.conf"
    pip_conf.parent.mkdir(parents=True)
    pip_conf.write_bytes(b"[global]\nindex-url = https://corp.test/simple\n")
    before = everything(home(stage))
    count = 0
    real = os.replace

    def failing(source: str, target: str) -> None:
        nonlocal count
        count += 1
        if count == when:
            raise OSError(28, "No space left on device", target)
        real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    said = stage.onward("guard", "on", server.url, "--client", "uv,pip")
    assert said.code in (0, 4), said.text
    if said.code == 0:
        assert count < when
        stage.fine("guard", "off")
    after = {
        path: content for path, content in everything(home(stage)).items() if content is not None
    }
    assert after == {path: content for path, content in before.items() if content is not None}


def test_a_kill_between_two_files_can_be_taken_back(
    stage: Stage, server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_conf = home(stage) / "config/pip/pip.conf"
    pip_conf.parent.mkdir(parents=True)
    pip_conf.write_bytes(b"[global]\nindex-url = https://corp.test/simple\n")
    before = everything(home(stage))
    stage.fine("guard", "on", server.url, "--client", "uv,pip")
    # killed before the second file was written: both records are there, one file is as before
    pip_conf.write_bytes(b"[global]\nindex-url = https://corp.test/simple\n")
    stage.fine("guard", "off")
    assert everything(home(stage)) == before


def test_in_a_project_undo_and_off_both_take_it_back(inside: Stage, server: Serving) -> None:
    file = inside.root / "pyproject.toml"
    before = file.read_bytes()
    said = inside.fine("guard", "on", server.url, "--project")
    assert "for everyone" not in said.err
    assert tomllib.loads(file.read_text("utf-8"))["tool"]["uv"]["index"][0]["url"] == server.url
    inside.fine("undo")
    assert file.read_bytes() == before
    inside.fine("guard", "on", server.url, "--project")
    inside.fine("guard", "off", "--project")
    assert file.read_bytes() == before


def test_three_installers_in_one_file(inside: Stage, server: Serving) -> None:
    file = inside.root / "pyproject.toml"
    before = file.read_bytes()
    inside.fine("guard", "on", server.url, "--project", "--client", "uv,poetry", "--client", "pdm")
    tool = tomllib.loads(file.read_text("utf-8"))["tool"]
    assert tool["poetry"]["source"] == [
        {"name": "onward-guard", "url": server.url, "priority": "primary"}
    ]
    assert tool["pdm"]["source"] == [{"name": "pypi", "url": server.url, "verify_ssl": True}]
    inside.fine("guard", "off", "--project", "--client", "uv")
    assert "uv" not in tomllib.loads(file.read_text("utf-8"))["tool"]
    inside.fine("guard", "off", "--project")
    assert file.read_bytes() == before


def test_the_same_project_elsewhere_needs_no_record(inside: Stage, server: Serving) -> None:
    file = inside.root / "pyproject.toml"
    before = file.read_bytes()
    inside.fine("guard", "on", server.url, "--project", "--client", "uv,poetry,pdm")
    shutil.rmtree(home(inside) / "data")
    inside.fine("guard", "off", "--project")
    assert file.read_bytes() == before


def test_a_login_is_neither_written_nor_repeated(stage: Stage, inside: Stage) -> None:
    word = os.urandom(6).hex()
    address = f"https://somebody:{word}@guard.test/simple/"
    for here, more in ((stage, ()), (inside, ("--project",)), (stage, ("--ci", "github"))):
        said = here.refused("guard", "on", address, *more, code=2)
        assert "[login-in-address]" in said.err
        assert word not in said.text


def test_variables_for_ci(stage: Stage) -> None:
    said = stage.fine("guard", "on", "https://guard.test", "--ci", "github")
    assert said.out.splitlines() == [
        "env:",
        '  UV_DEFAULT_INDEX: "https://guard.test/simple/"',
        '  PIP_INDEX_URL: "https://guard.test/simple/"',
        '  PDM_PYPI_URL: "https://guard.test/simple/"',
    ]
    assert stage.fine("guard", "on", "--ci", "gitlab").out.startswith("variables:\n")
    assert (
        "PIP_INDEX_URL=http://127.0.0.1:3141/simple/\n"
        in stage.fine("guard", "on", "--ci", "env").out
    )


def test_a_variable_that_wins_is_told(stage: Stage, server: Serving) -> None:
    said = stage.fine("guard", "on", server.url, UV_DEFAULT_INDEX="https://corp.test/simple")
    assert "UV_DEFAULT_INDEX is set and wins over the file for uv" in said.out


def test_poetry_has_no_setting_of_a_user(stage: Stage, server: Serving) -> None:
    said = stage.refused("guard", "on", server.url, "--client", "poetry", code=2)
    assert "[no-user-setting]" in said.err
    said = stage.refused("guard", "on", server.url, "--client", "conda", code=2)
    assert "[unknown-client]" in said.err
    said = stage.refused("guard", "on", server.url, "--project", code=2)
    assert "[no-project]" in said.err


def pip(stage: Stage, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pip", *words, "--disable-pip-version-check"],
        cwd=stage.root,
        env={**stage.env, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_real_uv_and_pip_go_through_it(stage: Stage, server: Serving) -> None:
    stage.fine("guard", "on", server.url, "--client", "uv,pip")
    target = str(stage.root / "installed")
    said = stage.uv("pip", "install", "--target", target, "--python", sys.executable, "tidewater")
    assert said.code == 0, said.text
    assert {path.name for path in Path(target).glob("*.dist-info")} == {
        "tidewater-1.0.dist-info",
        "mossgrove-1.0.dist-info",
    }
    pytest.importorskip("pip", reason="pip is not in this environment")
    ran = pip(stage, "install", "--no-cache-dir", "--target", f"{target}2", "tidewater")
    assert ran.returncode == 0, ran.stderr
    assert f"Looking in indexes: {server.url}" in ran.stdout


def test_pip_of_an_environment_goes_through_it(inside: Stage, server: Serving) -> None:
    made = inside.uv("venv", "--seed", ".venv", UV_DEFAULT_INDEX=server.url)
    if made.code != 0:  # no pip on that index: an environment without it will do
        inside.uv("venv", ".venv", "--clear")
    inside.fine("guard", "on", server.url, "--project", "--client", "pip")
    ran = pip(
        inside, "--python", str(inside.root / ".venv"), "install", "--no-cache-dir", "tidewater"
    )
    assert ran.returncode == 0, ran.stderr
    assert f"Looking in indexes: {server.url}" in ran.stdout
    inside.fine("undo")
    assert not (inside.root / ".venv/pip.conf").exists()


def test_onward_itself_works_when_uv_names_a_guard(inside: Stage, server: Serving) -> None:
    inside.fine("guard", "on", server.url, "--client", "uv")
    inside.fine("lock")
    lock = (inside.root / "uv.lock").read_text("utf-8")
    assert f'registry = "{server.url}"' in lock
    inside.fine("sync")
    inside.fine("add", "mossgrove")
    inside.fine("guard", "off")
    said = inside.uv("sync", "--frozen")
    assert said.code == 0, (
        said.text
    )  # the lock goes on naming the guard: that is why doctor looks into it


def test_sync_says_nothing_of_a_guard_that_only_another_installer_has(
    inside: Stage, server: Serving, registry: Registry
) -> None:
    assert inside.uv("lock", UV_DEFAULT_INDEX=registry.url).code == 0
    inside.fine("guard", "on", server.url, "--client", "pip")
    said = inside.onward("sync", "--frozen", "--dry-run", UV_DEFAULT_INDEX=registry.url)
    assert (said.code, "guard/escape" in said.text) == (0, False), said.text


def test_a_frozen_sync_follows_the_lock_and_not_the_settings(
    inside: Stage, server: Serving, registry: Registry
) -> None:
    """The known limit: what doctor and `onward sync` look into locks for."""
    assert inside.uv("lock", UV_DEFAULT_INDEX=registry.url).code == 0
    inside.fine("guard", "on", server.url, "--client", "uv,pip")
    inside.fine("guard", "on", server.url, "--project", "--client", "uv")
    registry.forget()
    assert inside.uv("sync", "--frozen").code == 0
    assert any(path.endswith(".whl") for path in registry.paths())
    said = inside.onward("guard", "doctor")
    assert said.code == 1
    assert "guard/escape-lock" in said.out
    told = inside.refused("sync", "--frozen").text
    assert "guard/escape-lock" in told
    assert f"`uv.lock` names `{registry.url.partition('/simple')[0]}`" in told
    assert "guard/escape-lock" not in inside.fine("sync", "--dry-run").text  # which locks anew
    inside.fine("lock")
    inside.fine("sync", "--frozen")
    assert "everything goes through" in inside.fine("guard", "doctor").out


def test_off_tells_of_a_file_that_it_cannot_edit_and_does_the_rest(stage: Stage) -> None:
    stage.fine("guard", "on", "--force", "--client", "uv,pip")
    config = Path(stage.env["HOME"]) / "config"
    (config / "uv/uv.toml").write_bytes(b"\xff\xfe no text")
    said = stage.onward("guard", "off")
    assert (said.code, (config / "pip/pip.conf").exists()) == (2, False), said.text
    assert "! Not done: the file is not UTF-8" in said.err
    assert str(config / "uv/uv.toml") in said.err
