"""Where this machine gets packages from, in the words of pip and of uv.

pip and uv read each other's settings only in part. A machine that has told one of them
about its registry should not have to tell the other: these functions translate.
Addresses may hold passwords, so nothing here is ever printed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

UV_INDEX_VARIABLES = (  # any of these says that uv has been told where to look
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
)
_UV_KEYS = ("index", "index-url", "extra-index-url", "find-links", "no-index")


def read_pip_list(text: str) -> dict[str, str]:
    """Give pip's effective settings from the output of ``pip config list``.

    What stands for ``install`` beats what stands for all commands, and a variable beats both.
    """
    found: dict[int, dict[str, str]] = {0: {}, 1: {}, 2: {}}
    for line in text.splitlines():
        place, _, value = line.partition("=")
        section, _, key = place.rpartition(".")
        order = {"global": 0, "install": 1, ":env:": 2}.get(section)
        if order is None:
            continue
        try:
            plain = ast.literal_eval(value)
        except (SyntaxError, ValueError):
            plain = value
        found[order][key] = str(plain)
    return {**found[0], **found[1], **found[2]}


def uv_config_files(env: Mapping[str, str]) -> list[Path]:
    """Give the places where uv looks for settings of the user and of the machine."""
    if chosen := env.get("UV_CONFIG_FILE"):
        return [Path(chosen)]
    if env.get("UV_NO_CONFIG"):
        return []
    if sys.platform == "win32":
        folders = [env.get("APPDATA"), env.get("PROGRAMDATA")]
    else:
        home = env.get("HOME")
        user = env.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else None)
        folders = [user, *env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"), "/etc"]
    return [Path(folder) / "uv" / "uv.toml" for folder in folders if folder]


def read_uv_config(files: Iterable[Path]) -> dict[str, Any]:
    """Give uv's settings, the first file winning for each key. Files that cannot be read are uv's to report."""
    import tomllib

    merged: dict[str, Any] = {}
    for file in files:
        try:
            read = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        for key, value in {**read.get("pip", {}), **read}.items():
            merged.setdefault(key, value)
    return merged


def for_uv(
    pip: Mapping[str, str], env: Mapping[str, str], config: Mapping[str, Any]
) -> dict[str, str]:
    """Give the variables that let uv use the registry that pip uses.

    Empty where uv has settings of its own: those win. Extra indexes on the disk of this
    machine are left out: everything that is locked comes from a registry.
    """
    told: dict[str, str] = {}
    if not (
        any(env.get(name) for name in UV_INDEX_VARIABLES) or any(key in config for key in _UV_KEYS)
    ):
        if pip.get("no-index", "").lower() in ("1", "true", "yes", "on"):
            told["UV_NO_INDEX"] = "1"
            told["UV_FIND_LINKS"] = ",".join(pip.get("find-links", "").split())
        if address := pip.get("index-url"):
            told["UV_DEFAULT_INDEX"] = address
        extra = [word for word in pip.get("extra-index-url", "").split() if _on_the_web(word)]
        if extra:
            told["UV_INDEX"] = " ".join(extra)
    _certificates(pip, env, told)
    if hosts := pip.get("trusted-host"):
        told["UV_INSECURE_HOST"] = " ".join(hosts.split())
    if proxy := pip.get("proxy"):
        told["HTTP_PROXY"] = told["HTTPS_PROXY"] = proxy
    if client := pip.get("client-cert"):
        told["SSL_CLIENT_CERT"] = client
    if pip.get("keyring-provider") == "subprocess":
        told["UV_KEYRING_PROVIDER"] = "subprocess"
    if seconds := pip.get("timeout") or pip.get("default-timeout"):
        told["UV_HTTP_TIMEOUT"] = seconds.partition(".")[0]
    lower = {name.lower() for name in env if env[name]}
    return {name: value for name, value in told.items() if value and name.lower() not in lower}


def for_pip(
    pip: Mapping[str, str], env: Mapping[str, str], config: Mapping[str, Any]
) -> dict[str, str]:
    """Give the variables that let pip use the registry that uv uses, where pip has none of its own."""
    told: dict[str, str] = {}
    if "index-url" not in pip and "no-index" not in pip:
        default, extra = _uv_indexes(env, config)
        if default:
            told["PIP_INDEX_URL"] = default
        if extra and "extra-index-url" not in pip:
            told["PIP_EXTRA_INDEX_URL"] = " ".join(extra)
    if "cert" not in pip and env.get("SSL_CERT_FILE"):
        told["PIP_CERT"] = env["SSL_CERT_FILE"]
    insecure = env.get("UV_INSECURE_HOST") or " ".join(config.get("allow-insecure-host", []))
    if insecure and "trusted-host" not in pip:
        told["PIP_TRUSTED_HOST"] = insecure
    return told


def index_address(env: Mapping[str, str]) -> str:
    """Give the one index that uv asks first for everything: told by variables, by files, or the public one."""
    default, _ = _uv_indexes(env, read_uv_config(uv_config_files(env)))
    return default or "https://pypi.org/simple"


def _uv_indexes(env: Mapping[str, str], config: Mapping[str, Any]) -> tuple[str, list[str]]:
    default = env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL") or ""
    extra = (env.get("UV_INDEX") or env.get("UV_EXTRA_INDEX_URL") or "").split()
    # uv lets an index carry a name: ``name=https://...``
    named = [word.partition("=")[2] if _has_name(word) else word for word in (default, *extra)]
    default, extra = named[0], named[1:]
    for index in config.get("index", []):
        address = str(index.get("url", ""))
        if index.get("default"):
            default = default or address
        elif address and not index.get("explicit"):
            extra.append(address)
    default = default or str(config.get("index-url", ""))
    extra += [str(address) for address in config.get("extra-index-url", [])]
    return default, extra


def _has_name(word: str) -> bool:
    name, sign, _ = word.partition("=")
    return bool(sign) and ":" not in name and "/" not in name


def _certificates(pip: Mapping[str, str], env: Mapping[str, str], told: dict[str, str]) -> None:
    bundle = pip.get("cert") or env.get("REQUESTS_CA_BUNDLE") or env.get("CURL_CA_BUNDLE")
    if bundle and not env.get("SSL_CERT_DIR"):
        told["SSL_CERT_DIR" if Path(bundle).is_dir() else "SSL_CERT_FILE"] = bundle


def _on_the_web(address: str) -> bool:
    return address.startswith(("https://", "http://"))
