"""Logins that podman and Docker keep: written there, or asked of a helper; a secret is in no error and no argument."""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from onward.adapters.registry_logins import login_for
from onward.core.errors import BadInput, MissingTool
from onward.domain.images.login import Login

linux = pytest.mark.skipif(sys.platform != "linux", reason="the session's folder is Linux's")


def at(folder: Path, config: Any) -> dict[str, str]:
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / "config.json").write_text(text, encoding="utf-8")
    return {
        "DOCKER_CONFIG": str(folder),
        "PATH": f"{folder}:{os.environ['PATH']}",
        "XDG_RUNTIME_DIR": str(folder / "none"),
    }


def packed(user: str, secret: str) -> str:
    return base64.b64encode(f"{user}:{secret}".encode()).decode()


def helper(folder: Path, name: str, script: str) -> None:
    path = folder / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_without_a_configuration_there_is_no_login(tmp_path: Path) -> None:
    assert login_for("r.example", {"HOME": str(tmp_path)}) is None
    assert login_for("r.example", {}) is None


@pytest.mark.parametrize("key", ["r.example:5000", "https://r.example:5000"])
def test_a_login_that_is_written_there(tmp_path: Path, key: str) -> None:
    env = at(tmp_path, {"auths": {key: {"auth": packed("me", "a:b")}}})
    assert login_for("r.example:5000", env) == Login(user="me", secret="a:b")
    assert login_for("other.example", env) is None


def test_the_hub_is_known_by_its_old_name(tmp_path: Path) -> None:
    env = at(tmp_path, {"auths": {"https://index.docker.io/v1/": {"auth": packed("me", "x")}}})
    assert login_for("docker.io", env) == Login(user="me", secret="x")


def test_an_identity_token(tmp_path: Path) -> None:
    env = at(tmp_path, {"auths": {"r.example": {"identitytoken": "tok"}}})
    assert login_for("r.example", env) == Login(user="<token>", secret="tok", is_token=True)


def test_a_helper_is_told_the_registry_on_its_input(tmp_path: Path) -> None:
    script = f'echo "$@" > {tmp_path}/argv; cat > {tmp_path}/stdin; echo \'{{"Username": "me", "Secret": "s3"}}\''
    helper(tmp_path, "mine", script)
    env = at(tmp_path, {"credHelpers": {"r.example": "mine"}, "credsStore": "gone"})
    assert login_for("r.example", env) == Login(user="me", secret="s3")
    assert (tmp_path / "argv").read_text(encoding="utf-8").strip() == "get"
    assert (tmp_path / "stdin").read_text(encoding="utf-8") == "r.example"


def test_a_store_that_has_nothing_is_no_fault(tmp_path: Path) -> None:
    helper(tmp_path, "mine", "echo 'credentials not found in native keychain'; exit 1")
    assert login_for("r.example", at(tmp_path, {"credsStore": "mine"})) is None


def test_a_helper_that_fails_is_told_without_what_it_said(tmp_path: Path) -> None:
    helper(tmp_path, "mine", "echo 'the secret is s3cret' >&2; exit 2")
    with pytest.raises(BadInput) as caught:
        login_for("r.example", at(tmp_path, {"credsStore": "mine"}))
    assert "s3cret" not in str(caught.value.__dict__)


def test_a_helper_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingTool, match="docker-credential-gone"):
        login_for("r.example", at(tmp_path, {"credsStore": "gone"}))


@pytest.mark.parametrize("name", ["../evil", "a b", "a;b", "-x"])
def test_a_helper_has_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput):
        login_for("r.example", at(tmp_path, {"credsStore": name}))


@pytest.mark.parametrize("config", ["{broken", {"auths": {"r.example": {"auth": "s3cret!"}}}])
def test_what_cannot_be_read_is_told_without_its_words(tmp_path: Path, config: Any) -> None:
    with pytest.raises(BadInput) as caught:
        login_for("r.example", at(tmp_path, config))
    assert "s3cret" not in str(caught.value.__dict__)


def test_a_login_does_not_show_its_secret() -> None:
    assert "s3cret" not in repr(Login(user="me", secret="s3cret"))
    assert "s3cret" not in f"{Login(user='me', secret='s3cret')}"


def places(folder: Path, **logins: Any) -> dict[str, str]:
    """Give an environment whose files have these configs: ``session`` and ``user`` (podman's), ``docker``."""
    files = {
        "session": folder / "run/containers/auth.json",
        "user": folder / "home/.config/containers/auth.json",
        "docker": folder / "home/.docker/config.json",
    }
    for name, held in logins.items():
        files[name].parent.mkdir(parents=True, exist_ok=True)
        files[name].write_text(held if isinstance(held, str) else json.dumps(held), "utf-8")
    return {"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run")}


def one(user: str, key: str = "r.example") -> dict[str, Any]:
    return {"auths": {key: {"auth": packed(user, "s3cret")}}}


def user_of(login: Login | None) -> str:
    return login.user if login else ""


@linux
def test_podmans_files_come_before_dockers(tmp_path: Path) -> None:
    env = places(tmp_path, docker=one("docker"))
    assert user_of(login_for("r.example", env)) == "docker"
    places(tmp_path, user=one("user"))
    assert user_of(login_for("r.example", env)) == "user"
    places(tmp_path, session=one("session"))
    assert user_of(login_for("r.example", env)) == "session"
    places(tmp_path, session=one("session", "other.example"), user={"auths": {"r.example": {}}})
    assert user_of(login_for("r.example", env)) == "docker"
    config = {**env, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    (tmp_path / "config/containers").mkdir(parents=True)
    (tmp_path / "config/containers/auth.json").write_text(json.dumps(one("config")), "utf-8")
    assert user_of(login_for("r.example", config)) == "config"


@linux
def test_a_file_that_is_named_is_the_only_one(tmp_path: Path) -> None:
    env = places(tmp_path, session=one("session"), docker=one("docker"))
    named = tmp_path / "named.json"
    env["REGISTRY_AUTH_FILE"] = str(named)
    with pytest.raises(BadInput, match="REGISTRY_AUTH_FILE") as caught:
        login_for("r.example", env)
    assert caught.value.reference == "bad-login-file"
    named.write_text(json.dumps(one("named", "r.example/team")), encoding="utf-8")
    assert user_of(login_for("r.example", env, repository="team/app")) == "named"
    assert login_for("r.example", env, repository="others/app") is None


@linux
def test_podman_keeps_logins_of_repositories_and_the_nearest_counts(tmp_path: Path) -> None:
    keys = ("r.example", "r.example/team", "r.example/team/app")
    auths = {key: {"auth": packed(key, "x")} for key in keys}
    env = places(tmp_path, user={"auths": auths})
    asked = {"team/app": keys[2], "team/app/part": keys[2], "team/other": keys[1], "x": keys[0]}
    for repository, key in asked.items():
        assert user_of(login_for("r.example", env, repository=repository)) == key
    assert user_of(login_for("r.example", places(tmp_path, user=one("hub", "docker.io")))) == ""
    assert user_of(login_for("docker.io", env, repository="library/python")) == "hub"
    helper(tmp_path, "mine", 'echo \'{"Username": "kept", "Secret": "s3"}\'')
    env |= places(tmp_path, user={"auths": auths, "credHelpers": {"r.example": "mine"}})
    env["PATH"] = f"{tmp_path}:{os.environ['PATH']}"
    assert user_of(login_for("r.example", env, repository="team/app")) == "kept"


@linux
@pytest.mark.parametrize("config", ["{broken", {"auths": {"r.example": {"auth": "s3cret!"}}}])
def test_what_cannot_be_read_of_podmans_is_told_without_its_words(
    tmp_path: Path, config: Any
) -> None:
    with pytest.raises(BadInput, match=r"auth\.json") as caught:
        login_for("r.example", places(tmp_path, session=config))
    assert "s3cret" not in str(caught.value.__dict__)
    assert "podman login" in (caught.value.hint or "")
