"""uv's configuration as it really holds for a project, and the same with our index in its place.

uv reads environment, project, user and system files (docs.astral.sh/uv, "Configuration
files", uv 0.13). A configuration file given by hand switches the others off, so all their
settings are carried over into the one we write.
"""

import json
import netrc
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from onward.core.disk import sha256_of
from onward.core.errors import BadInput

PUBLIC_INDEX = "https://pypi.org/simple"
"""The public index that uv uses when nothing else is set: the one place that names it."""

_PUBLIC_HOSTS = ("pypi.org", "test.pypi.org", "pypi.python.org")

_INDEX_KEYS = ("index", "index-url", "extra-index-url")
# Keys of [tool.uv] that describe the project, not how uv works; uv reads them from pyproject.toml in any case.
_PROJECT_KEYS = frozenset({
    "sources", "workspace", "dev-dependencies", "managed", "package", "default-groups", "dependency-groups",
    "conflicts", "build-backend", "constraint-dependencies", "override-dependencies", "exclude-dependencies",
    "build-constraint-dependencies", "environments", "required-environments",
})  # fmt: skip
INDEX_VARIABLES = (
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
)


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
    def key(self) -> str:
        """A short stable word for this index in our own addresses."""
        return (
            "pypi"
            if self.address.rstrip("/") == PUBLIC_INDEX
            else sha256_of(self.address.encode())[:12]
        )


class UvSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that steers uv: the indexes, folders of files, and all other settings to carry over."""

    indexes: tuple[IndexSpec, ...]
    find_links: tuple[str, ...] = ()
    carried: dict[str, Any] = {}

    @property
    def default(self) -> IndexSpec:
        """The index that is asked last: the public one unless configured otherwise."""
        return next(index for index in self.indexes if index.default)


def read_settings(
    env: Mapping[str, str], root: Path, *, platform: str = sys.platform
) -> UvSettings:
    """Read what uv would read for the project at ``root``.

    Raises BadInput with the file for a configuration that is no TOML or has wrong types.
    """
    layers = _layers(env, root, platform)
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _combine(merged, layer)
    named = [*_env_indexes(env.get("UV_INDEX", "")), *_file_indexes(layers)]
    extra = [*env.get("UV_EXTRA_INDEX_URL", "").split(), *_texts(merged.get("extra-index-url"))]
    default_url = env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL")
    default = next((index for index in named if index.default), None)
    if default_url:
        default = next(iter(_env_indexes(default_url)))
    elif default is None:
        default = IndexSpec(url=str(merged.get("index-url") or PUBLIC_INDEX))
    others = [
        index for index in (*named, *(IndexSpec(url=url) for url in extra)) if not index.default
    ]
    links = [
        *env.get("UV_FIND_LINKS", "").replace(",", " ").split(),
        *_texts(merged.get("find-links")),
    ]
    return UvSettings(
        indexes=(*_unique(others), msgspec.structs.replace(default, default=True, explicit=False)),
        find_links=tuple(links),
        carried={
            k: v for k, v in merged.items() if k not in _INDEX_KEYS and k not in _PROJECT_KEYS
        },
    )


def configuration_files(
    env: Mapping[str, str], root: Path, *, platform: str = sys.platform
) -> tuple[Path, ...]:
    """Give every file whose appearance or change could change what ``read_settings`` gives."""
    if chosen := env.get("UV_CONFIG_FILE"):
        return (Path(chosen),)
    return (root / "uv.toml", root / "pyproject.toml", *_user_files(env, platform))


def login_for(index: IndexSpec, env: Mapping[str, str]) -> tuple[str, str] | None:
    """Give (user, password) for an index: from its address, ``UV_INDEX_NAME_*``, or the netrc file."""
    parts = urlsplit(index.url)
    if parts.username is not None:
        return parts.username, parts.password or ""
    word = "".join(c if c.isalnum() else "_" for c in index.name).upper()
    if word and (user := env.get(f"UV_INDEX_{word}_USERNAME")) is not None:
        return user, env.get(f"UV_INDEX_{word}_PASSWORD", "")
    if word and (password := env.get(f"UV_INDEX_{word}_PASSWORD")) is not None:
        return "", password
    return _netrc_login(parts.hostname or "", env)


def write_config(
    settings: UvSettings,
    *,
    proxy: str,
    addresses: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    real_too: bool = False,
) -> str:
    """Give a uv.toml that behaves like ``settings`` with each index at its address in ``addresses`` (by key).

    With ``real_too`` the real addresses stand beside them, for nothing but files: uv then
    finds what it has in its cache from there, and knows the login for what a lock names.
    """
    tables: list[dict[str, Any]] = []
    if real_too:
        replaced = [index for index in settings.indexes if index.key in addresses]
        tables = [
            {"url": i.url, "name": f"onward-files-{i.key}", "explicit": True} for i in replaced
        ]
    for index in settings.indexes:
        table: dict[str, Any] = {"url": addresses.get(index.key, index.url), **index.options}
        if index.name:
            table["name"] = index.name
        if index.default:
            table["default"] = True
        if index.explicit:
            table["explicit"] = True
        tables.append(table)
    values: dict[str, Any] = {
        **settings.carried,
        "http-proxy": proxy,
        "index": tables,
        **(overrides or {}),
    }
    if settings.find_links:
        values["find-links"] = list(settings.find_links)
    return "".join(f"{_key(name)} = {_toml(value)}\n" for name, value in values.items())


def without_login(url: str) -> str:
    """Give an address without user name and password."""
    parts = urlsplit(url)
    if parts.username is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _layers(env: Mapping[str, str], root: Path, platform: str) -> list[dict[str, Any]]:
    """Give the configuration tables that count, the strongest first."""
    if chosen := env.get("UV_CONFIG_FILE"):
        return [_load(Path(chosen))]
    if env.get("UV_NO_CONFIG", "").lower() in ("1", "true", "yes"):
        return []
    found = _nearest(root)
    return found + [_load(path) for path in _user_files(env, platform) if path.is_file()]


def _nearest(root: Path) -> list[dict[str, Any]]:
    """Give the nearest project configuration at or above ``root``: uv.toml, or pyproject.toml with [tool.uv]."""
    for folder in (root, *root.parents):
        if (folder / "uv.toml").is_file():
            return [_load(folder / "uv.toml")]
        if (folder / "pyproject.toml").is_file():
            tool = _load(folder / "pyproject.toml").get("tool", {})
            if isinstance(tool, dict) and isinstance(tool.get("uv"), dict):
                return [tool["uv"]]
    return []


def _user_files(env: Mapping[str, str], platform: str) -> list[Path]:
    if platform == "win32":
        folders = [env.get("APPDATA"), env.get("PROGRAMDATA") or "C:\\ProgramData"]
        return [Path(folder) / "uv" / "uv.toml" for folder in folders if folder]
    home = env.get("XDG_CONFIG_HOME") or (f"{env['HOME']}/.config" if env.get("HOME") else None)
    shared = [*env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"), "/etc"]
    system = next(
        (path for folder in shared if (path := Path(folder, "uv", "uv.toml")).is_file()), None
    )
    return [path for path in (Path(home) / "uv" / "uv.toml" if home else None, system) if path]


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput("bad-config", f"`{path}` cannot be read", context=(str(error),)) from error


def _combine(strong: Any, weak: Any) -> Any:
    """Merge as uv does: tables by key, lists one after the other, single values by strength."""
    if isinstance(strong, dict) and isinstance(weak, dict):
        keys = [*strong, *(key for key in weak if key not in strong)]
        return {
            k: _combine(strong[k], weak[k])
            if k in strong and k in weak
            else strong.get(k, weak.get(k))
            for k in keys
        }
    if isinstance(strong, list) and isinstance(weak, list):
        return [*strong, *weak]
    return strong


def _env_indexes(text: str) -> list[IndexSpec]:
    found = []
    for word in text.split():
        name, mark, url = word.partition("=")
        named = bool(mark) and "/" not in name and ":" not in name
        found.append(IndexSpec(url=url, name=name) if named else IndexSpec(url=word))
    return found


def _file_indexes(layers: Sequence[Mapping[str, Any]]) -> list[IndexSpec]:
    found = []
    for layer in layers:
        for table in layer.get("index", []):
            if not isinstance(table, dict) or not isinstance(table.get("url"), str):
                raise BadInput("bad-config", "an `[[index]]` of uv's configuration has no `url`")
            rest = {
                k: v for k, v in table.items() if k not in ("url", "name", "default", "explicit")
            }
            found.append(
                IndexSpec(
                    url=table["url"],
                    name=str(table.get("name", "")),
                    default=bool(table.get("default", False)),
                    explicit=bool(table.get("explicit", False)),
                    options=rest,
                )
            )
    return found


def _unique(indexes: Sequence[IndexSpec]) -> list[IndexSpec]:
    seen: dict[tuple[str, str], IndexSpec] = {}
    for index in indexes:
        seen.setdefault((index.name, index.url), index)
    return list(seen.values())


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _netrc_login(host: str, env: Mapping[str, str]) -> tuple[str, str] | None:
    path = Path(env.get("NETRC") or (f"{env['HOME']}/.netrc" if env.get("HOME") else ""))
    if not path.is_file():
        return None
    try:
        found = netrc.netrc(str(path)).hosts.get(host)
    except (netrc.NetrcParseError, OSError):
        return None
    return (found[0], found[2]) if found else None


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
