"""Logins that podman and Docker keep: written in a file, or with a credential helper (docker-credential-NAME)."""

import base64
import binascii
import json
import os
import re
import sys
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
_PODMANS = "auth.json"
_HUB = "https://index.docker.io/v1/"
_NOT_KEPT = ("credentials not found", "no credentials", "not found in native")


def login_files(env: Mapping[str, str]) -> list[Path]:
    """Give the files that may hold logins, the one that counts first at the top (containers-auth.json(5)).

    ``REGISTRY_AUTH_FILE`` is the only one where it is set. Else podman's for this session (below
    ``XDG_RUNTIME_DIR``, or ``/run/containers``), podman's of this user, Docker's (``DOCKER_CONFIG``).
    """
    if told := env.get("REGISTRY_AUTH_FILE"):
        return [Path(told)]
    found = []
    if sys.platform == "linux":
        session = env.get("XDG_RUNTIME_DIR")
        above = Path(session, "containers") if session else Path(f"/run/containers/{os.getuid()}")
        found.append(above / _PODMANS)
    home = env.get("HOME")
    if config := env.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else ""):
        found.append(Path(config, "containers", _PODMANS))
    if docker := env.get("DOCKER_CONFIG") or (f"{home}/.docker" if home else ""):
        found.append(Path(docker, "config.json"))
    return found


def login_for(
    registry: str,
    env: Mapping[str, str],
    *,
    repository: str = "",
    runner: Callable[[Call], Ran] = run,
) -> Login | None:
    """Give the login for a registry (a host, ``docker.io``), or None to go without one.

    podman also keeps logins of a single ``repository``, or of what is above it: the nearest counts.
    Raises BadInput (``bad-login-file``, ``helper-failed``) for a file that cannot be read and
    a helper that fails; MissingTool for one that is not there.
    """
    for path in login_files(env):
        if not os.path.isfile(path):  # noqa: PTH113 - one that may not be looked at is not there
            continue
        podmans = path.name == _PODMANS or bool(env.get("REGISTRY_AUTH_FILE"))
        nearer = _above(registry, repository) if podmans else []
        if (found := _login_in(path, registry, nearer, env, runner)) is not None:
            return found
    if (told := env.get("REGISTRY_AUTH_FILE")) and not os.path.isfile(told):  # noqa: PTH113
        raise BadInput(
            "bad-login-file",
            f"`REGISTRY_AUTH_FILE` names `{told}`, which is no file",
            hint="Name one that `podman login --authfile` wrote, or take the variable away.",
        )
    return None


def _above(registry: str, repository: str) -> list[str]:
    """Give the keys of a repository and of what is above it, without the registry's own."""
    parts = repository.split("/") if repository else []
    return ["/".join((registry, *parts[:count])) for count in range(len(parts), 0, -1)]


def _login_in(
    path: Path,
    registry: str,
    nearer: list[str],
    env: Mapping[str, str],
    runner: Callable[[Call], Ran],
) -> Login | None:
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
    for key in (*nearer, *keys):
        entry = auths.get(key) if isinstance(auths, dict) else None
        if isinstance(entry, dict) and (found := _written(entry, path, key)) is not None:
            return found
    if isinstance(store := config.get("credsStore"), str) and store:
        return _ask(store, keys[0], env, runner)
    return None


def _logging_in(path: Path) -> str:
    return "podman login" if path.name == _PODMANS else "docker login"


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_limited(path, _LARGEST))
    except (OSError, ValueError) as error:
        # its words could hold what stands there
        raise BadInput(
            "bad-login-file",
            f"`{path}` cannot be read as JSON",
            hint=f"Mend it, or log in again: `{_logging_in(path)}`.",
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
            "bad-login-file",
            f"the login for `{key}` in `{path}` is not readable",
            hint=f"Log in again: `{_logging_in(path)} {key}`.",
        )
    return Login(user=name, secret=password.rstrip("\0"))


def _ask(
    name: str, key: str, env: Mapping[str, str], runner: Callable[[Call], Ran]
) -> Login | None:
    """Ask a helper: the registry goes to its standard input, the login comes from its standard output."""
    if not _HELPER.fullmatch(name):
        raise BadInput("bad-login-file", f"`{name[:80]}` is no name of a credential helper")
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
