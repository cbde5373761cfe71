"""Where to publish: an index by its name in uv's configuration, by one of two known names, or by its address."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from onward.adapters.uv.indexes import IndexSpec, login_for, with_login, without_login
from onward.adapters.uv.settings import indexes_of
from onward.core.errors import BadInput
from onward.core.redact import redact
from onward.workflows.situation import Situation

_KNOWN = {
    "pypi": ("https://upload.pypi.org/legacy/", "https://pypi.org/simple/"),
    "testpypi": ("https://test.pypi.org/legacy/", "https://test.pypi.org/simple/"),
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where to publish: ``upload`` takes files, ``index`` lists them (no logins in either).

    ``said`` is what people call it. ``read_login`` and ``login`` are (user, password), never
    to be printed.
    """

    said: str
    upload: str
    index: str
    name: str = ""
    login: tuple[str, str] | None = None
    read_login: tuple[str, str] | None = None

    @property
    def public(self) -> bool:
        """Whether all the world can read there."""
        return IndexSpec(url=self.index).public

    @property
    def index_with_login(self) -> str:
        """The address of the index for a program that reads it; never print it."""
        return with_login(self.index, self.read_login)


def find_target(
    to: str, check_url: str, folder: Path, pyproject: Mapping[str, Any], situation: Situation
) -> Target:
    """Give where ``to`` (a name, an address, or empty for what the settings say) leads.

    ``check_url`` is the index that lists what was uploaded, where no setting says so. Raises
    BadInput when nobody knows, when there are several, or when a login would go over plain
    http to another machine.
    """
    env, settings = situation.env, situation.uv_settings
    named = {
        index.name: index
        for index in (*settings.indexes, *indexes_of(pyproject, folder))
        if index.name and isinstance(index.options.get("publish-url"), str)
    }
    to = to or env.get("UV_PUBLISH_INDEX") or env.get("UV_PUBLISH_URL") or ""
    to = to or str(settings.carried.get("publish-url") or "") or _only_one(named, situation)
    publish_url = str(named[to].options["publish-url"]) if to in named else to
    for url in (publish_url, check_url):
        _check_address(url)
    if to in named:
        found = _of_index(named[to])
    elif to in _KNOWN:
        upload, index = _KNOWN[to]
        found = Target(said=to, upload=upload, index=index, name=to)
    elif to.startswith(("https://", "http://")):
        told = check_url or env.get("UV_PUBLISH_CHECK_URL") or settings.carried.get("check-url")
        found = _of_address(to, str(told or ""))
    else:
        raise BadInput(
            "no-such-index",
            f"no index to publish to is called `{to}`",
            context=tuple(f"known: {name}" for name in (*named, *_KNOWN)),
            hint="Give an index in `[[tool.uv.index]]` a `name` and a `publish-url`, or give the address.",
        )
    if check_url:
        found = msgspec.structs.replace(found, index=without_login(check_url))
    _check_encrypted(found, settings.carried)
    read = IndexSpec(url=check_url or found.index, name=found.name)
    return msgspec.structs.replace(found, read_login=login_for(read, env) or found.read_login)


def _check_address(url: str) -> None:
    if not url.startswith(("https://", "http://")):
        return  # a name
    try:
        parts = urlsplit(url)
        fit = bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, a port that is no number
        fit = False
    if not fit:
        raise BadInput(
            "bad-address",
            f"`{redact(url)}` is no address",
            hint="Addresses look like https://packages.example.com/legacy/.",
        )


def _only_one(named: Mapping[str, IndexSpec], situation: Situation) -> str:
    if len(named) == 1:
        return next(iter(named))
    default = situation.uv_settings.default
    if not named and default.public:
        return "pypi"
    known = [*named, *_KNOWN]
    why = "several take uploads" if named else f"packages come from {default.address} here"
    raise BadInput(
        "which-index",
        f"nobody said where to publish: {why}",
        context=tuple(f"known: {name}" for name in known),
        hint=f"Name one: `onward ship publish --to {known[0]}`.",
    )


def _of_index(index: IndexSpec) -> Target:
    url = str(index.options["publish-url"])
    return Target(
        said=f"{index.name} ({without_login(url)})",
        upload=without_login(url),
        index=index.address,
        name=index.name,
        login=_login_in(url),
        read_login=_login_in(index.url),
    )


def _of_address(url: str, told: str) -> Target:
    plain = without_login(url)
    guessed = re.sub(r"/legacy/?$", "/simple/", plain)
    index = told or ("" if guessed == plain else guessed)
    for upload, known in _KNOWN.values():
        if plain.rstrip("/") == upload.rstrip("/"):
            index = told or known
    if not index:
        raise BadInput(
            "no-check-url",
            f"nobody said where {plain} lists what it took",
            hint="Give the simple index with `--check-url`: what was uploaded is looked for there.",
        )
    login = _login_in(url)
    return Target(
        said=plain, upload=plain, index=without_login(index), login=login, read_login=login
    )


def _login_in(url: str) -> tuple[str, str] | None:
    parts = urlsplit(url)
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def _check_encrypted(target: Target, carried: Mapping[str, Any]) -> None:
    allowed = carried.get("allow-insecure-host")
    hosts: Sequence[Any] = allowed if isinstance(allowed, list) else ()
    for url in (target.upload, target.index):
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "http" and host not in _LOOPBACK and not {host, parts.netloc} & {*hosts}:
            raise BadInput(
                "not-encrypted",
                f"{url} is plain http: whoever sits on the way could read the token and change the files",
                hint="Use https; or name the host in `allow-insecure-host` of uv's settings if that way is your own.",
            )
