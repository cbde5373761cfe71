"""uv's configuration as it really holds for a project, and the same with our index in its place.

uv reads environment, project, user and system files (docs.astral.sh/uv, "Configuration
files", uv 0.13). A configuration file given by hand switches the others off, so all their
settings are carried over into the one we write.
"""

import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from onward.adapters.uv.indexes import IndexSpec, is_address
from onward.core.artifact import PUBLIC_INDEX
from onward.core.errors import BadInput
from onward.core.folders import SYSTEM

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


class UvSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that steers uv: the indexes, folders of files, and all other settings to carry over.

    Folders are absolute here; ``relative`` are those that were given as relative paths, which
    is how uv then names them in a lock.
    """

    indexes: tuple[IndexSpec, ...]
    find_links: tuple[str, ...] = ()
    relative: tuple[str, ...] = ()
    carried: dict[str, Any] = {}

    @property
    def default(self) -> IndexSpec:
        """The index that is asked last: the public one unless configured otherwise."""
        return next(index for index in self.indexes if index.default)


def read_settings(
    env: Mapping[str, str], root: Path, *, platform: str = sys.platform, system: Path = SYSTEM
) -> UvSettings:
    """Read what uv would read for the project at ``root``; ``system``: see ``core.folders``.

    Raises BadInput with the file for a configuration that is no TOML or has wrong types.
    """
    folders = _Folders()
    layers = _layers(env, root, _user_files(env, platform, system), folders)
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _combine(merged, layer)
    default_url = env.get("UV_DEFAULT_INDEX", "")
    legacy = env.get("UV_INDEX_URL") or merged.get("index-url") or PUBLIC_INDEX
    extra = [*env.get("UV_EXTRA_INDEX_URL", "").split(), *_texts(merged.get("extra-index-url"))]
    # uv's order; the first of several with one name or of several defaults is the one that counts
    ordered = _unique_names(
        [
            *_env_indexes(env.get("UV_INDEX", ""), root, folders),
            *_as_default(_env_indexes(default_url, root, folders)[:1]),
            *_file_indexes(layers),
            *(IndexSpec(url=folders.absolute(url, root)) for url in extra),
            *_as_default([IndexSpec(url=folders.absolute(str(legacy), root))]),
        ]
    )
    default = next(index for index in ordered if index.default)
    links = [word.strip() for word in env.get("UV_FIND_LINKS", "").split(",") if word.strip()]
    return UvSettings(
        indexes=(
            *(index for index in ordered if not index.default),
            msgspec.structs.replace(default, explicit=False),
        ),
        find_links=(
            *(folders.absolute(link, root) for link in links),
            *_texts(merged.get("find-links")),
        ),
        relative=tuple(sorted(folders.relative)),
        carried={
            k: v for k, v in merged.items() if k not in _INDEX_KEYS and k not in _PROJECT_KEYS
        },
    )


def indexes_of(pyproject: Mapping[str, Any], folder: Path) -> tuple[IndexSpec, ...]:
    """Give the indexes that a pyproject.toml in ``folder`` defines, which its own sources may name.

    uv looks them up there even when its settings come from elsewhere.
    """
    tool = pyproject.get("tool", {})
    own = tool.get("uv") if isinstance(tool, dict) else None
    return (
        tuple(_file_indexes([_settled(own, folder, _Folders())])) if isinstance(own, dict) else ()
    )


def configuration_files(
    env: Mapping[str, str], root: Path, *, platform: str = sys.platform, system: Path = SYSTEM
) -> tuple[Path, ...]:
    """Give every file whose appearance or change could change what ``read_settings`` gives."""
    if chosen := env.get("UV_CONFIG_FILE"):
        return (Path(chosen),)
    return (root / "uv.toml", root / "pyproject.toml", *_user_files(env, platform, system))


def user_file(env: Mapping[str, str], *, platform: str = sys.platform) -> Path | None:
    """Give the file that holds this user's own settings of uv; None without a home, or when uv reads none."""
    if chosen := env.get("UV_CONFIG_FILE"):
        return Path(chosen)
    if is_on(env, "UV_NO_CONFIG"):
        return None
    home = env.get("APPDATA") if platform == "win32" else _config_home(env)
    return Path(home) / "uv" / "uv.toml" if home else None


def is_on(env: Mapping[str, str], name: str) -> bool:
    """Say whether a variable of uv's is switched on, in the words that uv takes for that."""
    return env.get(name, "").lower() in ("1", "true", "t", "yes", "y", "on")


def _layers(
    env: Mapping[str, str], root: Path, shared: Sequence[Path], folders: "_Folders"
) -> list[dict[str, Any]]:
    """Give the configuration tables that count, the strongest first."""
    if chosen := env.get("UV_CONFIG_FILE"):
        return [_load(Path(chosen), folders)]
    if is_on(env, "UV_NO_CONFIG"):
        return []
    found = _nearest(root, folders)
    return found + [_load(path, folders) for path in shared if path.is_file()]


def _nearest(root: Path, folders: "_Folders") -> list[dict[str, Any]]:
    """Give the nearest project configuration at or above ``root``: uv.toml, or pyproject.toml with [tool.uv]."""
    for folder in (root, *root.parents):
        if (folder / "uv.toml").is_file():
            return [_load(folder / "uv.toml", folders)]
        if (folder / "pyproject.toml").is_file():
            tool = _toml_of(folder / "pyproject.toml").get("tool", {})
            if isinstance(tool, dict) and isinstance(tool.get("uv"), dict):
                return [_settled(tool["uv"], folder, folders)]
    return []


def _user_files(env: Mapping[str, str], platform: str, system: Path) -> list[Path]:
    if platform == "win32":
        folders = [env.get("APPDATA"), env.get("PROGRAMDATA") or "C:\\ProgramData"]
        return [Path(folder) / "uv" / "uv.toml" for folder in folders if folder]
    home = _config_home(env)
    etc = system / "etc"
    shared = [*env.get("XDG_CONFIG_DIRS", str(etc / "xdg")).split(":"), str(etc)]
    everybodys = next(
        (path for folder in shared if (path := Path(folder, "uv", "uv.toml")).is_file()), None
    )
    return [path for path in (Path(home) / "uv" / "uv.toml" if home else None, everybodys) if path]


def _config_home(env: Mapping[str, str]) -> str:
    home = env.get("XDG_CONFIG_HOME", "")
    if Path(home).is_absolute():  # the standard says that a relative one does not count
        return home
    return f"{env['HOME']}/.config" if env.get("HOME") else ""


def _load(path: Path, folders: "_Folders") -> dict[str, Any]:
    return _settled(_toml_of(path), path.parent.absolute(), folders)


def _toml_of(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput("bad-config", f"`{path}` cannot be read", context=(str(error),)) from error


def _settled(layer: Mapping[str, Any], folder: Path, folders: "_Folders") -> dict[str, Any]:
    """Give a layer with its relative paths made absolute: they count from the file they stand in."""
    settled = dict(layer)
    for key in ("find-links", "extra-index-url"):
        if key in layer:
            settled[key] = [folders.absolute(word, folder) for word in _texts(layer[key])]
    if isinstance(layer.get("index-url"), str):
        settled["index-url"] = folders.absolute(layer["index-url"], folder)
    if isinstance(layer.get("index"), list):
        settled["index"] = [
            {**table, "url": folders.absolute(table["url"], folder)}
            if isinstance(table, dict) and isinstance(table.get("url"), str)
            else table
            for table in layer["index"]
        ]
    return settled


class _Folders:
    """Makes paths absolute and remembers those that were not."""

    def __init__(self) -> None:
        self.relative: set[str] = set()

    def absolute(self, url: str, folder: Path) -> str:
        """Give an address as it is, and a path as it is seen from ``folder``."""
        if is_address(url):
            return url
        path = os.path.normpath(folder / url)
        if not Path(url).is_absolute():
            self.relative.add(path)
        return path


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


def _env_indexes(text: str, root: Path, folders: _Folders) -> list[IndexSpec]:
    found = []
    for word in text.split():
        name, mark, url = word.partition("=")
        named = bool(mark) and "/" not in name and ":" not in name
        found.append(
            IndexSpec(url=folders.absolute(url, root), name=name)
            if named
            else IndexSpec(url=folders.absolute(word, root))
        )
    return found


def _as_default(indexes: Sequence[IndexSpec]) -> list[IndexSpec]:
    return [msgspec.structs.replace(index, default=True) for index in indexes]


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


def _unique_names(indexes: Sequence[IndexSpec]) -> list[IndexSpec]:
    """Give the indexes that count: the first of each name, the first of each nameless address."""
    seen: dict[tuple[str, str, bool], IndexSpec] = {}
    for index in indexes:
        seen.setdefault((index.name, "" if index.name else index.url, index.default), index)
    names: set[str] = set()
    found = []
    for index in seen.values():
        if index.name and index.name in names:
            continue
        names.add(index.name)
        found.append(index)
    return found


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
