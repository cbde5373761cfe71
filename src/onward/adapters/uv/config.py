"""Writing a configuration file for uv that behaves like the one in force, with our index in its place."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from onward.adapters.uv.settings import UvSettings


def write_config(
    settings: UvSettings,
    *,
    proxy: str,
    addresses: Mapping[str, str],
    links: Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    real: Mapping[str, str] | None = None,
) -> str:
    """Give a uv.toml that behaves like ``settings`` with each index at its address in ``addresses`` (by key).

    ``links`` stands in for the folders of files. ``real`` are addresses (by key, with login)
    that stand beside them for nothing but files: uv then finds what it has in its cache
    from there, and knows the login for what a lock names.
    """
    tables: list[dict[str, Any]] = [
        {"url": address, "name": f"onward-files-{key}", "explicit": True}
        for key, address in (real or {}).items()
    ]
    for index in settings.indexes:
        table: dict[str, Any] = {"url": addresses.get(index.key, index.url), **index.options}
        if index.key in addresses and index.remote:
            table = {k: v for k, v in table.items() if k not in _OURS_TO_KEEP}
        if index.name:
            table["name"] = index.name
        if index.default:
            table["default"] = True
        if index.explicit:
            table["explicit"] = True
        tables.append(table)
    values: dict[str, Any] = {
        **_past_our_proxy(settings.carried),
        "http-proxy": proxy,
        "index": tables,
        **(overrides or {}),
    }
    found = settings.find_links if links is None else links
    if found:
        values["find-links"] = list(found)
    return "".join(f"{_key(name)} = {_toml(value)}\n" for name, value in values.items())


# What these steer is done behind our address; and each page is to be asked for each time.
_OURS_TO_KEEP = ("authenticate", "ignore-error-codes", "cache-control")
_OUR_HOST = "onward.localhost"


def without_our_host(no_proxy: Sequence[str]) -> list[str]:
    """Give the hosts to reach without a proxy, less those that would be the way around ours."""
    words = [word.strip() for word in no_proxy]
    return [word for word in words if word and word != "*" and not _is_ours(word.lstrip(".*"))]


def _is_ours(host: str) -> bool:
    return not host or host == _OUR_HOST or _OUR_HOST.endswith(f".{host}")


def _past_our_proxy(carried: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings so that our address is asked through our proxy, and the rest goes as before."""
    values = dict(carried)
    told = values.pop("no-proxy", None)
    words = [str(w) for w in told] if isinstance(told, list) else str(told or "").split(",")
    if "*" in [word.strip() for word in words]:
        values.pop("https-proxy", None)
    if kept := without_our_host(words):
        values["no-proxy"] = kept
    return values


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
