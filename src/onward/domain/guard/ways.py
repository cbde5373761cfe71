"""Ways to packages: an address that some setting, lock or line names, and whether it is the guard's."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from onward.core.errors import BadInput
from onward.domain.guard.forms import Form, plain_key

DEFAULT_GUARD = "http://127.0.0.1:3141/simple/"
"""Where `onward guard serve` listens when nothing else is said."""

# what no settings file has to quote or would expand
_GOOD = re.compile(r"[A-Za-z0-9._~:/\[\]+,=%@-]+")


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """Where the guard's address belongs for one installer: a file, and how it is written there."""

    client: str
    path: Path
    form: Form


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """An address that packages would be taken from.

    ``kind`` is ``index`` (the default one), ``extra-index`` or ``find-links``, ``key`` the
    setting in words, ``where`` the section that it counts in, ``spot`` path and line.
    """

    client: str
    kind: str
    key: str
    address: str
    where: str = ""
    spot: tuple[str, int] = ("", 0)


class Guarded(msgspec.Struct, frozen=True, kw_only=True):
    """The guard's address: ``url`` is the simple index, ``base`` what lies above it."""

    url: str

    @property
    def base(self) -> str:
        """The server's own address, with a slash at its end."""
        return self.url.removesuffix("simple/")

    def covers(self, address: str) -> bool:
        """Say whether an address lies on the guard: its index, its files."""
        try:
            one, other = urlsplit(address.removeprefix("git+")), urlsplit(self.base)
            same = (one.scheme.lower(), one.hostname, _port(one.scheme, one.port)) == (
                other.scheme, other.hostname, _port(other.scheme, other.port),
            )  # fmt: skip
        except ValueError:
            return False
        path = f"{one.path.rstrip('/')}/"
        dots = {".", ".."}.intersection(unquote(path).replace("\\", "/").split("/"))
        return same and path.startswith(other.path) and not dots


def parse_guarded(text: str) -> Guarded:
    """Read the address of a guard as a person gives it: with or without ``/simple/`` at its end.

    Raises BadInput: ``login-in-address``, or ``bad-address`` for what is no plain http address.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.username is not None:
        raise BadInput(
            "login-in-address",
            "the address holds a login, and settings files are read by many",
            hint="Leave it out; uv and pip take it from the netrc file, poetry from"
            " `poetry config http-basic.onward-guard`, pdm from `pdm config pypi.username` and `pypi.password`.",
        )
    plain = parts.scheme in ("http", "https") and host and not parts.query and not parts.fragment
    if not plain or not _GOOD.fullmatch(text):
        raise BadInput(
            "bad-address",
            "that is not the address of an index",
            hint="It looks like `http://127.0.0.1:3141/simple/`.",
        )
    url = text.rstrip("/") + "/"
    return Guarded(url=url if parts.path.strip("/") else f"{url}simple/")


def line_of(
    text: str,
    path: str,
    key: str,
    *,
    value: str = "",
    section: str = "",
    plain: Callable[[str], str] = plain_key,
) -> tuple[str, int]:
    """Give path and line (from 1; 0 when it is not found) of ``key`` in a section, or of a quoted value."""
    inside = not section
    for number, line in enumerate(text.split("\n"), 1):
        if section and line.lstrip().startswith("["):
            inside = line.strip().startswith(f"[{section}]")
        elif value:
            if value in line and not line.lstrip().startswith("#"):
                return path, number
        elif inside and plain(re.split("[=:]", line, maxsplit=1)[0]) == key:
            return path, number
    return path, 0


def _port(scheme: str, port: int | None) -> int:
    return port or (443 if scheme.lower() == "https" else 80)
