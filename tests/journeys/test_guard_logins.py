"""`onward guard why` and `on` at a server that lets only some read: what they send, to whom, and what they say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.index.serving import Serving, serving
from tests.index.tokens import a_token
from tests.journeys.stage import Said, Stage
from tests.registry import Registry


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    registry.add("tidewater", "1.0")
    with serving(
        tmp_path / "data", (registry.url,), env=env, clock=clock, read_auth=True
    ) as running:
        yield running


@pytest.fixture
def stage(project: MakeProject, env: dict[str, str], clock: FakeClock) -> Stage:
    return Stage(project(dependencies=["tidewater"]), env, clock)


def put_into_netrc(stage: Stage, token: str) -> None:
    file = Path(stage.env["HOME"]) / ".netrc"
    file.write_text(f"machine 127.0.0.1 login __token__ password {token}\n", encoding="utf-8")
    file.chmod(0o600)


def why(stage: Stage, server: Serving, **env: str) -> Said:
    return stage.onward("guard", "why", "tidewater", "--at", server.url, **env)


def test_why_without_a_login_says_where_one_belongs(stage: Stage, server: Serving) -> None:
    said = why(stage, server)
    assert said.code == 2
    assert "[not-let-in]" in said.err
    assert "a token is needed" in said.err
    assert "machine 127.0.0.1 login __token__ password TOKEN" in said.err
    assert "ONWARD_GUARD_TOKEN" in said.err


def test_why_takes_the_token_from_netrc_a_variable_or_uvs_variables(
    stage: Stage, server: Serving
) -> None:
    token = a_token(server)
    uvs = {
        "UV_INDEX_ONWARD_GUARD_USERNAME": "__token__",
        "UV_INDEX_ONWARD_GUARD_PASSWORD": token,
    }
    for env in ({"ONWARD_GUARD_TOKEN": token}, {"ONWARD_GUARD_TOKEN": f" {token}\n"}, uvs):
        said = why(stage, server, **env)
        assert said.code == 0, said.text
        assert token not in said.text
    put_into_netrc(stage, token)
    said = why(stage, server)
    assert (said.code, token in said.text) == (0, False)


def test_a_wrong_token_is_refused_and_never_shown(stage: Stage, server: Serving) -> None:
    token = a_token(server)
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    said = why(stage, server, ONWARD_GUARD_TOKEN=wrong)
    assert said.code == 2
    assert "[not-let-in]" in said.err
    assert wrong not in said.text


def test_an_address_of_a_project_gets_no_token_of_the_environment(
    stage: Stage, server: Serving
) -> None:
    token = a_token(server)
    stage.fine("guard", "on", server.url, "--project", "--client", "uv")
    kept = {"ONWARD_GUARD_TOKEN": token, "UV_INDEX_ONWARD_GUARD_PASSWORD": token}
    said = stage.onward("guard", "why", "tidewater", **kept)
    assert "[not-let-in]" in said.err
    assert f"--at {server.url}" in said.err
    stage.fine("guard", "on", server.url, "--client", "uv")
    assert stage.onward("guard", "why", "tidewater", cwd="..", **kept).code == 0
    stage.fine("guard", "why", "tidewater", **kept)  # the project names the user's own guard
    stage.fine("guard", "off", "--client", "uv")
    assert "[not-let-in]" in stage.onward("guard", "why", "tidewater", **kept).err
    put_into_netrc(stage, token)
    stage.fine("guard", "why", "tidewater")


def test_on_says_when_installers_would_not_be_let_in(stage: Stage, server: Serving) -> None:
    token = a_token(server)
    said = stage.fine("guard", "on", server.url, "--dry-run", ONWARD_GUARD_TOKEN=token)
    assert "Note: with no login installers are not let in there" in said.out
    assert "a token is needed" in said.out
    put_into_netrc(stage, token)
    said = stage.fine("guard", "on", server.url, "--dry-run")
    assert "not let in" not in said.out
    put_into_netrc(stage, token[:-1] + "!")
    said = stage.fine("guard", "on", server.url, "--dry-run")
    assert "with what the netrc file or UV_INDEX_ONWARD_GUARD_PASSWORD has" in said.out
    assert token[:-1] not in said.text
