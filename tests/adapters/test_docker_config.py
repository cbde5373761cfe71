"""Logins from Docker's configuration: written there, or asked of a helper; a secret is in no error and no argument."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from onward.adapters.docker_config import login_for
from onward.core.errors import BadInput, MissingTool
from onward.domain.images.login import Login


def at(folder: Path, config: Any) -> dict[str, str]:
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / "config.json").write_text(text, encoding="utf-8")
    return {"DOCKER_CONFIG": str(folder), "PATH": f"{folder}:{os.environ['PATH']}"}


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
