"""An index as uv knows it: its address, what it is like, and the login that belongs to it."""

import netrc
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import msgspec

from onward.core.artifact import PUBLIC_INDEX
from onward.core.disk import sha256_of

_STRICT_HOST = "download.pytorch.org"  # answers 403 for names that it does not have
_PUBLIC_HOSTS = ("pypi.org", "test.pypi.org", "pypi.python.org")


class IndexSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One index as uv would use it, in uv's order of preference.

    ``url`` is as configured (it may hold a login: never print it), ``name`` may be empty,
    ``options`` are the table's other keys.
    """

    url: str
    name: str = ""
    default: bool = False
    explicit: bool = False
    options: dict[str, Any] = {}

    @property
    def address(self) -> str:
        """The address without a login, as uv writes it into a lock."""
        return without_login(self.url)

    @property
    def remote(self) -> bool:
        """Whether it is asked over http; flat listings and folders are read by uv itself."""
        return self.url.startswith(("http://", "https://")) and self.options.get("format") != "flat"

    @property
    def public(self) -> bool:
        """Whether anyone may upload there."""
        return (urlsplit(self.url).hostname or "") in _PUBLIC_HOSTS

    @property
    def folder(self) -> Path | None:
        """The folder it is, for an index on this disk; else None."""
        return None if is_address(self.url) else Path(self.url)

    @property
    def unknown_codes(self) -> tuple[int, ...]:
        """The statuses that mean "no such name" besides 404, as uv takes them."""
        told = self.options.get("ignore-error-codes")
        codes = tuple(c for c in told if isinstance(c, int)) if isinstance(told, list) else ()
        parts = urlsplit(self.url)
        return (*codes, 403) if parts.hostname == _STRICT_HOST else codes

    @property
    def key(self) -> str:
        """A short stable word for this index in our own addresses."""
        return (
            "pypi"
            if self.address.rstrip("/") == PUBLIC_INDEX
            else sha256_of(self.address.encode())[:12]
        )


def login_for(index: IndexSpec, env: Mapping[str, str]) -> tuple[str, str] | None:
    """Give (user, password) for an index: from its address, ``UV_INDEX_NAME_*``, or the netrc file."""
    parts = urlsplit(index.url)
    if parts.username is not None:
        return unquote(parts.username), unquote(parts.password or "")
    word = "".join(c if c.isalnum() else "_" for c in index.name).upper()
    if word and (user := env.get(f"UV_INDEX_{word}_USERNAME")) is not None:
        return user, env.get(f"UV_INDEX_{word}_PASSWORD", "")
    if word and (password := env.get(f"UV_INDEX_{word}_PASSWORD")) is not None:
        return "", password
    return _netrc_login(parts.hostname or "", env)


def without_login(url: str) -> str:
    """Give an address without user name and password."""
    parts = urlsplit(url)
    if parts.username is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def with_login(address: str, login: tuple[str, str] | None) -> str:
    """Give ``address`` with (user, password) in it; never print the outcome."""
    if login is None:
        return address
    parts = urlsplit(address)
    user, password = (quote(word, safe="") for word in login)
    return parts._replace(netloc=f"{user}:{password}@{parts.netloc}").geturl()


def is_address(url: str) -> bool:
    """Whether an index is told by an address and not by the path of a folder."""
    return "://" in url or url.startswith("file:")


def _netrc_login(host: str, env: Mapping[str, str]) -> tuple[str, str] | None:
    path = Path(env.get("NETRC") or (f"{env['HOME']}/.netrc" if env.get("HOME") else ""))
    if not path.is_file():
        return None
    try:
        found = netrc.netrc(str(path)).hosts.get(host)
    except (netrc.NetrcParseError, OSError):
        return None
    return (found[0], found[2]) if found else None
