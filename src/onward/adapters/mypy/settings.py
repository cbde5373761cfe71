"""What matters here of a project's own mypy settings: whether they say what to look at, and where the cache is."""

import configparser
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

FILES = ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg")
"""In the order in which mypy looks for them, in each folder from the project's upwards to the repository's."""

_WHAT = ("files", "packages", "modules")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """``names_files``: they say what to look at; ``has_cache``: they say where mypy keeps its cache."""

    names_files: bool = False
    has_cache: bool = False


def settings(folder: Path) -> Settings:
    """Give what the settings that hold in ``folder`` say; those that cannot be read say nothing here."""
    for place in (folder, *folder.parents):
        for name in FILES:
            table = _table(place / name)
            if table is not None:
                return Settings(
                    names_files=any(table.get(key) for key in _WHAT),
                    has_cache=bool(table.get("cache_dir")),
                )
        if (place / ".git").exists() or (place / ".hg").exists():
            break
    return Settings()


def _table(path: Path) -> Mapping[str, object] | None:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".toml":
            found = tomllib.loads(text).get("tool", {}).get("mypy")
            return found if isinstance(found, dict) else None
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
    except (OSError, ValueError, AttributeError, configparser.Error):
        return None
    if parser.has_section("mypy"):
        return dict(parser.items("mypy"))
    # a file of mypy's own counts without the section too
    return {} if path.name in FILES[:2] else None
