"""Logins that Docker's configuration knows: written in it, or kept by a credential helper (docker-credential-NAME)."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from onward.core.disk import read_limited
from onward.core.errors import BadInput
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.domain.images.login import Login

_LARGEST = 5_000_000  # bytes
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SECONDS = 60.0
_HUB = "https://index.docker.io/v1/"
_NOT_KEPT = ("credentials not found", "no credentials", "not found in native")


def config_path(env: Mapping[str, str]) -> Path | None:
    """Give where Docker's configuration is: ``DOCKER_CONFIG``, else below the home folder."""
    if told := env.get("DOCKER_CONFIG"):
        return Path(told) / "config.json"
    return Path(env["HOME"]) / ".docker" / "config.json" if env.get("HOME") else None


def login_for(
    registry: str, env: Mapping[str, str], *, runner: Callable[[Call], Ran] = run
) -> Login | None:
    """Give the login for a registry (a host, ``docker.io``), or None to go without one.

    Raises BadInput (``bad-docker-config``, ``helper-failed``) for a file that cannot be read and
    a helper that fails; MissingTool for one that is not there.
    """
    path = config_path(env)
    if path is None or not path.is_file():
        return None
    config = _read(path)
    keys = (
        (_HUB, "docker.io", "index.docker.io")
        if registry == "docker.io"
        else (registry, f"https://{registry}")
    )
    helpers = config.get("credHelpers")
    for key in keys:
        if isinstance(helpers, dict) and isinstance(name := helpers.get(key), str):
            return _ask(name, key, env, runner)
    auths = config.get("auths")
    for key in keys:
        entry = auths.get(key) if isinstance(auths, dict) else None
        if isinstance(entry, dict) and (found := _written(entry, path, key)) is not None:
            return found
    if isinstance(store := config.get("credsStore"), str) and store:
        return _ask(store, keys[0], env, runner)
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_limited(path, _LARGEST))
    except (OSError, ValueError) as error:
        # its words could hold what stands there
        raise BadInput(
            "bad-docker-config",
            f"`{path}` cannot be read as JSON",
            hint="Mend it, or log in again: `docker login`.",
        ) from (error if isinstance(error, OSError) else None)
    return found if isinstance(found, dict) else {}


def _written(entry: dict[str, Any], path: Path, key: str) -> Login | None:
    if isinstance(token := entry.get("identitytoken"), str) and token:
        return Login(user="<token>", secret=token, is_token=True)
    if isinstance(user := entry.get("username"), str) and isinstance(
        secret := entry.get("password"), str
    ):
        return Login(user=user, secret=secret)
    text = entry.get("auth")
    if not isinstance(text, str) or not text:
        return None
    try:
        told = base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        told = ""
    name, colon, password = told.partition(":")
    if not colon:
        raise BadInput(
            "bad-docker-config",
            f"the login for `{key}` in `{path}` is not readable",
            hint=f"Log in again: `docker login {key}`.",
        )
    return Login(user=name, secret=password.rstrip("\0"))


def _ask(
    name: str, key: str, env: Mapping[str, str], runner: Callable[[Call], Ran]
) -> Login | None:
    """Ask a helper: the registry goes to its standard input, the login comes from its standard output."""
    if not _HELPER.fullmatch(name):
        raise BadInput("bad-docker-config", f"`{name[:80]}` is no name of a credential helper")
    program = f"docker-credential-{name}"
    ran = runner(
        Call(argv=(program, "get"), cwd="/", env=dict(env), timeout=_SECONDS, stdin=key.encode())
    )
    if not ran.succeeded:
        words = (ran.out + ran.err).decode("utf-8", "replace").lower()
        if any(sign in words for sign in _NOT_KEPT):
            return None
        raise BadInput(
            "helper-failed",
            f"`{program} get` failed for `{key}` with exit code {ran.code}",
            hint=f"Try it: `echo {key} | {program} get`; or log in again.",
        )
    try:
        said = json.loads(ran.out)
        user, secret = said["Username"], said["Secret"]
    except (ValueError, KeyError, TypeError):
        raise BadInput("helper-failed", f"`{program} get` gave no login for `{key}`") from None
    return Login(user=str(user), secret=str(secret), is_token=user == "<token>")
