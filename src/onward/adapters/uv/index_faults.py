"""Indexes that cannot be asked at all, and where they are named: a slip here looks like "no such project" to uv."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from onward.adapters.uv.indexes import without_login
from onward.adapters.uv.settings import INDEX_VARIABLES, UvSettings, configuration_files
from onward.core.errors import BadInput


def check_indexes(settings: UvSettings, env: Mapping[str, str], root: Path) -> None:
    """Raise BadInput (``bad-index``) with every index and folder of files that cannot be one."""
    addresses = [*(index.url for index in settings.indexes), *settings.find_links]
    faults = [
        f"{_place(address, env, root)}: {fault}"
        for address in dict.fromkeys(addresses)
        if (fault := _fault(address))
    ]
    if faults:
        raise BadInput(
            "bad-index",
            "an index that is set here cannot be one",
            context=tuple(faults),
            hint="Mend it or take it out; an index is an https or http address, or a folder that is there.",
        )


def _fault(address: str) -> str:
    shown = without_login(address)
    if "://" in address or address.startswith("file:"):
        parts = urlsplit(address)
        if parts.scheme == "file":
            from urllib.request import (
                url2pathname,  # brings an http client, which costs more than `add`'s own work
            )

            folder = Path(url2pathname(parts.path))
            return "" if folder.exists() else f"there is no folder `{folder}`"
        if parts.scheme not in ("http", "https"):
            return f"`{shown}` is no https, http or file address"
        return "" if parts.hostname else f"`{shown}` names no host"
    return "" if Path(address).exists() else f"there is no folder `{shown}`"


def _place(address: str, env: Mapping[str, str], root: Path) -> str:
    """Give where an address is set: the variable, else the file; folders may stand there as relative paths."""
    words = (address, Path(address).name)
    for text in words:
        for where, content in _texts(env, root):
            if text and text in content:
                return where
    return "uv's configuration"


def _texts(env: Mapping[str, str], root: Path) -> Iterator[tuple[str, str]]:
    for name in INDEX_VARIABLES:
        if env.get(name):
            yield name, env[name]
    for path in configuration_files(env, root):
        if path.is_file():
            yield f"`{path}`", path.read_text(encoding="utf-8", errors="replace")
