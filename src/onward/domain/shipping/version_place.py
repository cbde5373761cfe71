"""Where a project keeps its version: a line of pyproject.toml or setup.cfg, an assignment in a module, or tags of git."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import tomlkit

_ASSIGNED = r"(?im)^(__version__|VERSION)(?: *: *str)? *= *(['\"])v?(?P<version>.+?)\2"  # as hatch looks for it
_OF_SETUP_CFG = r"(?ms)^\[metadata\][^\[]*?^version *= *(?P<version>[^\s:]+) *$"
_ELSEWHERE = r"(?ms)^\[metadata\][^\[]*?^version *= *(?P<how>attr|file): *(?P<where>[^\s,]+) *$"
_WHOLE_FILE = r"\A\s*(?P<version>\S+)\s*\Z"

_BY_TAGS = re.compile(r"setuptools[-_]scm|hatch-vcs|versioningit|pdm-scm")

Read = Callable[[str], str | None]
"""Gives the text of a file of the project by its path (relative, ``/``), None when it is not there."""


class VersionPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where the version is kept.

    ``path`` is the file, relative with ``/``; empty when tags of git say the version.
    ``keys`` lead to it in a TOML file, else ``pattern`` finds it (group ``version``).
    ``said`` names the place for people, ``version`` is what stands there (empty: not known).
    """

    said: str
    path: str = ""
    keys: tuple[str, ...] = ()
    pattern: str = ""
    version: str = ""


def find_place(pyproject: Mapping[str, Any], read: Read) -> VersionPlace | None:
    """Look where the version is kept, in the order in which build backends do; None when nobody says."""
    project, tool = _table(pyproject, "project"), _table(pyproject, "tool")
    if isinstance(version := project.get("version"), str):
        return _toml(("project", "version"), version)
    if "version" in (project.get("dynamic") or ()):
        return _dynamic(pyproject, tool, str(project.get("name", "")), read)
    poetry = _table(tool, "poetry")
    if isinstance(version := poetry.get("version"), str):
        if _is_on(_table(tool, "poetry-dynamic-versioning")):
            return _tags("poetry-dynamic-versioning")
        return _toml(("tool", "poetry", "version"), version)
    return _in_setup_cfg(read) or (_tags("setuptools-scm") if "setuptools_scm" in tool else None)


def with_version(place: VersionPlace, text: str, version: str) -> str:
    """Give the file's text with another version in it; nothing else changes."""
    if place.keys:
        document = tomlkit.parse(text)
        table: Any = document
        for key in place.keys[:-1]:
            table = table[key]
        table[place.keys[-1]] = version
        return tomlkit.dumps(document)
    found = re.search(place.pattern, text)
    if found is None:  # it was found when the place was
        return text
    return text[: found.start("version")] + version + text[found.end("version") :]


def relocked(lock: str, name: str, version: str) -> str:
    """Give the text of a uv.lock in which the project itself (``name``, normalised) has another version.

    Only an entry whose source is a folder is the project; one with a dynamic version holds
    none there.
    """
    own = re.compile(
        rf'(?m)^(name = "{re.escape(name)}"\r?\nversion = ")[^"]*("\r?\nsource = \{{ (?:editable|virtual|directory) = )'
    )
    return own.sub(lambda found: f"{found[1]}{version}{found[2]}", lock)


def _dynamic(
    pyproject: Mapping[str, Any], tool: Mapping[str, Any], name: str, read: Read
) -> VersionPlace | None:
    asked = " ".join(map(str, _table(pyproject, "build-system").get("requires") or ()))
    if tool.get("hatch") and (table := _table(_table(tool, "hatch"), "version")):
        return _hatch(table, read)
    if table := _table(_table(_table(tool, "setuptools"), "dynamic"), "version"):
        return _setuptools(table, _table(tool, "setuptools"), read)
    pdm = _table(_table(tool, "pdm"), "version")
    if isinstance(path := pdm.get("path"), str):
        return _found(read, path, _ASSIGNED, "[tool.pdm.version]")
    tables = [word for word in ("setuptools_scm", "versioningit") if word in tool]
    by_tags = _BY_TAGS.search(" ".join([*tables, "pdm-scm" * (pdm.get("source") == "scm"), asked]))
    if by_tags is not None:
        return _tags(by_tags[0].replace("_", "-"))
    if "flit" in asked:
        module = _table(_table(tool, "flit"), "module").get("name", name.replace("-", "_"))
        return _by_attr(f"{module}.__version__", {}, read)
    return _in_setup_cfg(read)


def _hatch(table: Mapping[str, Any], read: Read) -> VersionPlace | None:
    path, pattern = table.get("path"), table.get("pattern")
    if table.get("source") == "vcs":
        return _tags("hatch-vcs")
    if not isinstance(path, str):
        return None
    own = isinstance(pattern, str) and "(?P<version>" in pattern
    return _found(read, path, f"(?m){pattern}" if own else _ASSIGNED, "[tool.hatch.version]")


def _setuptools(
    table: Mapping[str, Any], setuptools: Mapping[str, Any], read: Read
) -> VersionPlace | None:
    if isinstance(attr := table.get("attr"), str):
        return _by_attr(attr, setuptools, read)
    files = table.get("file")
    file = files[0] if isinstance(files, list) and files else files
    return _found(read, str(file), _WHOLE_FILE, "[tool.setuptools.dynamic]")


def _by_attr(attr: str, setuptools: Mapping[str, Any], read: Read) -> VersionPlace | None:
    module, _, name = attr.rpartition(".")
    base = module.replace(".", "/")
    folders = _table(setuptools, "package-dir")
    top = str(folders.get("", "src")).strip("/")
    pattern = _assigned_to(name)
    for start in (f"{top}/", "src/", ""):
        for path in (f"{start}{base}/__init__.py", f"{start}{base}.py"):
            if (text := read(path)) and (found := re.search(pattern, text)):
                return VersionPlace(
                    said=f"`{name}` in {path}",
                    path=path,
                    pattern=pattern,
                    version=found["version"],
                )
    return None


def _assigned_to(name: str) -> str:
    return rf"(?m)^{re.escape(name)}(?: *: *[\w.]+)? *= *(['\"])(?P<version>[^'\"]+)\1"


def _found(read: Read, path: str, pattern: str, said: str) -> VersionPlace | None:
    text = read(path)
    try:
        found = re.search(pattern, text) if text is not None else None
    except re.error:
        return None
    if found is None:
        return None
    version = found["version"]
    return VersionPlace(said=f"{path} (by {said})", path=path, pattern=pattern, version=version)


def _in_setup_cfg(read: Read) -> VersionPlace | None:
    """Look into setup.cfg: the version itself, or the module (``attr:``) or file (``file:``) that setuptools reads."""
    other = re.search(_ELSEWHERE, read("setup.cfg") or "")
    if other is None:
        return _found(read, "setup.cfg", _OF_SETUP_CFG, "[metadata]")
    if other["how"] == "attr":
        return _by_attr(other["where"], {}, read)
    return _found(read, other["where"], _WHOLE_FILE, "[metadata] of setup.cfg")


def _toml(keys: tuple[str, ...], version: str) -> VersionPlace:
    said = f"`{keys[-1]}` of [{'.'.join(keys[:-1])}] in pyproject.toml"
    return VersionPlace(said=said, path="pyproject.toml", keys=keys, version=version)


def _tags(tool: str) -> VersionPlace:
    return VersionPlace(said=f"the tags of git (by {tool})")


def _table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _is_on(table: Mapping[str, Any]) -> bool:
    return table.get("enable") is True
