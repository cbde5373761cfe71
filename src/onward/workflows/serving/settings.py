"""What ``onward-server.toml`` says of a server: its upstreams, its limits, its modes; every fault at once."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from onward.adapters.uv.indexes import IndexSpec, login_for, without_login
from onward.core.artifact import PUBLIC_INDEX
from onward.core.env import is_offline
from onward.core.errors import BadInput
from onward.core.redact import redact
from onward.domain.policy.durations import parse_duration
from onward.domain.policy.globs import fault_in, plain_name
from onward.domain.policy.keys import Table
from onward.workflows.settings import read_toml

SERVER_FILE = "onward-server.toml"
"""The file's name in the data folder."""

_LIMIT = 1_000_000  # bytes of the file
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)")
_UNITS = {"kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMES = re.compile(r"[A-Za-z0-9._\-*?\[\]!]+")
_NOT_HERE = '; a secret does not stand in this file: name the variable that holds it, `password_env = "..."`'


class UpstreamSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One index behind the server.

    ``address`` holds no login, ``names`` are globs on the names it is asked for (none: all),
    ``login`` is (user, password): never print it. ``told_by`` says where the login is from.
    """

    address: str
    names: tuple[str, ...] = ()
    login: tuple[str, str] | None = None
    told_by: str = ""

    def __repr__(self) -> str:
        return f"UpstreamSpec({self.address!r})"  # a login must not come into a log


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a server works.

    ``fresh_for`` is how long a page is not asked for again, ``cache_limit`` the bytes that
    mirrored files may take (None: any), ``log_days`` how long downloads stay in the log.
    ``offline`` asks no upstream; ``dry_run`` blocks nothing but malware and says what it
    would have blocked.
    """

    upstreams: tuple[UpstreamSpec, ...]
    fresh_for: dt.timedelta = dt.timedelta(minutes=10)
    cache_limit: int | None = None
    log_days: int = 90
    offline: bool = False
    dry_run: bool = False


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says; it wins over the file."""

    upstreams: tuple[str, ...] = ()
    offline: bool = False
    dry_run: bool = False


def load_settings(data: Path, options: Options, env: Mapping[str, str]) -> ServerSettings:
    """Read the file in the data folder, if there is one, and put the options on top.

    Raises BadInput (``bad-server-settings``) with file and key of every fault, (``bad-upstream``)
    for an address on the command line that cannot be asked, and as ``read_toml`` does.
    """
    _check_addresses(options.upstreams)
    path = data / SERVER_FILE
    values = read_toml(path, _LIMIT) if path.is_file() else {}
    faults: list[str] = []
    table = Table(values, file=SERVER_FILE, path="", faults=faults)
    settings = _read(table, env)
    table.close({"upstreams": "; each upstream is a table of its own: [[upstream]]"})
    if faults:
        raise BadInput(
            "bad-server-settings",
            f"`{path}` cannot be used",
            context=tuple(faults),
            hint="Mend these lines; nothing was started.",
        )
    given = tuple(_plain(address, env) for address in options.upstreams)
    return msgspec.structs.replace(
        settings,
        upstreams=given or settings.upstreams or (_plain(PUBLIC_INDEX, env),),
        offline=settings.offline or options.offline or is_offline(env),
        dry_run=settings.dry_run or options.dry_run,
    )


def parse_size(text: str) -> int | None:
    """Give the bytes that a text means (``20 GB``, ``1.5 TiB``), or None when it means none."""
    found = _SIZE.fullmatch(text.strip())
    return int(float(found[1]) * _UNITS[found[2]]) if found else None


def say_size(size: int) -> str:
    """Give bytes in words (``20 GB``)."""
    for unit in ("TB", "GB", "MB", "kB"):
        if size >= _UNITS[unit]:
            return f"{size / _UNITS[unit]:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"


def _read(table: Table, env: Mapping[str, str]) -> ServerSettings:
    usual = ServerSettings(upstreams=())
    days = table.raw("log_days")
    if days is not None and (
        not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= 36_500
    ):
        table.fault("log_days", "must be a whole number of days, at least 1")
        days = None
    seen: dict[str, int] = {}
    upstreams = tuple(
        found
        for at, below in enumerate(table.tables("upstream"))
        for found in _upstream(below, at, seen, env)
    )
    return ServerSettings(
        upstreams=upstreams,
        fresh_for=_span(table, "fresh_for") or usual.fresh_for,
        cache_limit=_size(table, "cache_limit"),
        log_days=days or usual.log_days,
        offline=bool(table.flag("offline")),
        dry_run=bool(table.flag("dry_run")),
    )


def _upstream(
    table: Table, at: int, seen: dict[str, int], env: Mapping[str, str]
) -> Iterator[UpstreamSpec]:
    """Read one upstream; gives none when it has no address that can be used."""
    url = table.text("url")
    names = tuple(plain_name(glob) for glob in _globs(table))
    login = _login(table, env)
    table.close({"password": _NOT_HERE, "token": _NOT_HERE, "user": '; it is `user_env = "..."`'})
    if url is None:
        if not table.has("url"):
            table.fault("url", "is missing; it is the address of an index: https://HOST/simple")
        return
    if without_login(url) != url:
        table.fault("url", f"holds a login (`{redact(url)}`){_NOT_HERE}")
        return
    if not is_web(url):
        table.fault("url", f'"{redact(url)}" is no https or http address')
        return
    if url.rstrip("/") in seen:
        table.fault("url", f"is the address of upstream[{seen[url.rstrip('/')]}] too")
        return
    seen[url.rstrip("/")] = at
    if login is None and not table.has("password_env"):
        yield msgspec.structs.replace(_plain(url, env), names=names)
    else:
        told = f"the variable {table.raw('password_env')}"
        yield UpstreamSpec(address=url, names=names, login=login, told_by=told)


def _globs(table: Table) -> tuple[str, ...]:
    globs = table.texts("names", single=True) or ()
    for at, glob in enumerate(globs):
        if words := fault_in(glob):
            table.fault(f"names[{at}]", f'"{glob}" {words}')
        elif not _NAMES.fullmatch(glob):
            table.fault(f"names[{at}]", f'"{glob}" cannot be the name of a project')
    if table.has("names") and not globs and table.raw("names") == []:
        table.fault("names", "is empty; leave the key out to mean every name")
    return globs


def _login(table: Table, env: Mapping[str, str]) -> tuple[str, str] | None:
    password = _variable(table, "password_env", env)
    user = _variable(table, "user_env", env)
    if password is None:
        if table.has("user_env") and not table.has("password_env"):
            table.fault("user_env", "needs a `password_env` beside it")
        return None
    return user or "__token__", password


def _variable(table: Table, key: str, env: Mapping[str, str]) -> str | None:
    name = table.text(key)
    if name is None:
        return None
    # what stands here may be the secret itself, so it is not repeated
    if not _VARIABLE.fullmatch(name):
        table.fault(key, "is not the name of an environment variable")
        return None
    if not env.get(name):
        table.fault(key, "names an environment variable that is not set")
        return None
    return env[name]


def _span(table: Table, key: str) -> dt.timedelta | None:
    text = table.text(key)
    span = parse_duration(text) if text else None
    if text and span is None:
        table.fault(key, f'"{text[:60]}" is no span of time; write it like "10 minutes"')
    return span


def _size(table: Table, key: str) -> int | None:
    text = table.text(key)
    size = parse_size(text) if text else None
    if text and not size:
        table.fault(key, f'"{text[:60]}" is no size; write it like "20 GB"')
    return size


def _plain(address: str, env: Mapping[str, str]) -> UpstreamSpec:
    """Give an upstream whose login is in its address or in the netrc file, if it has one."""
    login = login_for(IndexSpec(url=address), env)
    told = "" if login is None else "its address" if without_login(address) != address else "netrc"
    return UpstreamSpec(address=without_login(address), login=login, told_by=told)


def is_web(address: str) -> bool:
    """Say whether an address is one of http or https with a host."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _check_addresses(addresses: tuple[str, ...]) -> None:
    if odd := [address for address in addresses if not is_web(address)]:
        raise BadInput(
            "bad-upstream",
            "an upstream cannot be asked",
            context=tuple(f"`{redact(address)}` is no https or http address" for address in odd),
            hint="Name indexes as installers do: https://HOST/simple",
        )
