"""As whom to publish. The secret itself stays in the environment: no word of a command and no line of a log holds it."""

import shutil
from collections.abc import Mapping
from typing import Any

import msgspec

from onward.adapters.uv.indexes import IndexSpec, login_for
from onward.core.errors import BadInput, MissingTool
from onward.domain.shipping.secrets import OF_PUBLISHING
from onward.workflows.publishing.target import Target


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """As whom: in words that hold no secret, uv's options, and what its environment gets beside."""

    said: str
    options: tuple[str, ...]
    env: dict[str, str] = {}
    identity: bool = False


_NOT_TRUSTED = ("--trusted-publishing", "never")


def find_credential(  # noqa: PLR0911 - one return for each way to be known
    target: Target,
    env: Mapping[str, str],
    carried: Mapping[str, Any],
    *,
    keyring: bool,
    must: bool = True,
) -> Credential:
    """Give as whom uv would publish: what is stated first, then the identity of a build service, keyring, netrc.

    Raises BadInput (``nobody``) when there is none, unless nothing is sent (not ``must``), and
    MissingTool for a keyring that is not there.
    """
    if keyring or _wants_keyring(env, carried):
        return _keyring(env)
    if env.get("UV_PUBLISH_TOKEN"):
        return Credential(said="a token, from UV_PUBLISH_TOKEN", options=_NOT_TRUSTED)
    if env.get("UV_PUBLISH_PASSWORD"):
        return Credential(
            said="a user and a password, from UV_PUBLISH_USERNAME and UV_PUBLISH_PASSWORD",
            options=_NOT_TRUSTED,
        )
    if target.login is not None:
        return _login(target.login, "the login in the address")
    if service := build_service(env):
        return Credential(
            said=f"this {service} job (trusted publishing)",
            options=("--trusted-publishing", "always"),
            identity=True,
        )
    if found := login_for(IndexSpec(url=target.upload, name=target.name), env):
        return _login(found, "the login for this index, from the environment or the netrc file")
    if not must:
        return Credential(
            said="nobody who is known here (no token, no login, no identity)", options=()
        )
    raise BadInput(
        "nobody",
        f"there is nobody to publish to {target.said} as",
        context=("no UV_PUBLISH_TOKEN, no login, no keyring, and no identity of a build service",),
        hint="Set UV_PUBLISH_TOKEN, use `--keyring`, or publish from GitHub Actions or GitLab CI as a trusted publisher.",
    )


def build_service(env: Mapping[str, str]) -> str:
    """Give the build service that vouches for this job (OIDC), empty when none does."""
    if env.get("ACTIONS_ID_TOKEN_REQUEST_URL") and env.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        return "GitHub Actions"
    gitlab = ("PYPI_ID_TOKEN", "TESTPYPI_ID_TOKEN")
    if env.get("GITLAB_CI") == "true" and any(env.get(name) for name in gitlab):
        return "GitLab CI"
    return ""


def secrets_of(credential: Credential, target: Target, env: Mapping[str, str]) -> tuple[str, ...]:
    """Give every secret that might be at work, to take it out of what is kept."""
    found = [env.get(name, "") for name in OF_PUBLISHING] + [*credential.env.values()]
    found += [login[1] for login in (target.login, target.read_login) if login]
    return tuple(sorted({word for word in found if len(word) > 3}, key=len, reverse=True))


def _login(pair: tuple[str, str], said: str) -> Credential:
    env = {"UV_PUBLISH_USERNAME": pair[0], "UV_PUBLISH_PASSWORD": pair[1]}
    return Credential(said=said, options=_NOT_TRUSTED, env=env)


def _wants_keyring(env: Mapping[str, str], carried: Mapping[str, Any]) -> bool:
    said = env.get("UV_KEYRING_PROVIDER") or carried.get("keyring-provider")
    stated = env.get("UV_PUBLISH_TOKEN") or env.get("UV_PUBLISH_PASSWORD")
    return said == "subprocess" and not stated


def _keyring(env: Mapping[str, str]) -> Credential:
    if shutil.which("keyring", path=env.get("PATH")) is None:
        raise MissingTool(
            "keyring-missing",
            "the command `keyring` is not there",
            hint="`uv tool install keyring` brings it; `keyring set ADDRESS __token__` keeps a token in it.",
        )
    user = env.get("UV_PUBLISH_USERNAME") or "__token__"
    return Credential(
        said=f"`{user}`, with what the keyring holds for it",
        options=(*_NOT_TRUSTED, "--keyring-provider", "subprocess"),
        env={"UV_PUBLISH_USERNAME": user, "UV_PUBLISH_TOKEN": "", "UV_PUBLISH_PASSWORD": ""},
    )
