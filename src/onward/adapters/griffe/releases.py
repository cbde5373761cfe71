"""The last release of a project, by the tags of its git repository."""

import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from onward.core.errors import OnwardError
from onward.core.git_places import GIT_PLACES
from onward.core.lines import lines_of
from onward.core.proc.call import Call
from onward.core.proc.run import run

_TAG = re.compile(r"(?:(?P<name>[A-Za-z][\w.-]*?)[-_/@]+)?[vV]?(?P<version>\d[\w.+!-]*)")
_WORDS = ("release", "releases", "rel", "version", "v")


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A release: its tag, its commit in hex, its version (PEP 440)."""

    tag: str
    commit: str
    version: str


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """What git says: its program, whether the folder is in a repository, the last release before the present commit."""

    git: str = ""
    there: bool = False
    last: Release | None = None


def stated(root: Path) -> tuple[str, str]:
    """Give name and version from ``[project]`` (else ``[tool.poetry]``) of pyproject.toml, empty where not stated."""
    try:
        read: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return "", ""
    tool = read.get("tool")
    for table in (read.get("project"), tool.get("poetry") if isinstance(tool, dict) else None):
        if isinstance(table, dict) and isinstance(table.get("name"), str):
            version = table.get("version")
            return table["name"], version if isinstance(version, str) else ""
    return "", ""


def repository(root: Path, name: str, env: Mapping[str, str]) -> Repository:
    """Ask git for the tags that the present commit comes after; the highest final version among them is the last."""
    program = shutil.which("git", path=env.get("PATH"))
    if program is None:
        return Repository()
    words = {key: value for key, value in env.items() if key not in GIT_PLACES}
    form = "--format=%(refname:strip=2)%09%(objectname)%09%(*objectname)"
    argv = (program, "--no-pager", "for-each-ref", "--merged=HEAD", form, "refs/tags")
    quiet = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        ran = run(Call(argv=argv, cwd=str(root), env={**words, **quiet}, timeout=60))
    except OnwardError:
        return Repository(git=program)
    # before the first commit there is no HEAD, and no release either
    there = ran.code == 0 or b"malformed object name" in ran.err
    return Repository(
        git=program, there=there, last=last_release(ran.out.decode("utf-8", "replace"), name)
    )


def last_release(listed: str, name: str) -> Release | None:
    """Give the tag with the highest final version, else the highest of any kind; tags of other projects do not count."""
    found: list[tuple[bool, Version, Release]] = []
    for line in lines_of(listed):
        tag, _, commits = line.partition("\t")
        own, _, behind = commits.partition("\t")
        version = version_of_tag(tag, name)
        if version is None:
            continue
        final = not (version.is_prerelease or version.is_devrelease)
        found.append((final, version, Release(tag=tag, commit=behind or own, version=str(version))))
    return max(found, key=lambda one: one[:2])[2] if found else None


def version_of_tag(tag: str, name: str) -> Version | None:
    """Give the version that a tag names, such as ``v1.2.0`` or ``NAME-1.2.0``; None for other tags and other projects."""
    said = _TAG.fullmatch(tag)
    if said is None or not _is_ours(said["name"], name):
        return None
    try:
        return Version(said["version"])
    except InvalidVersion:
        return None


def _is_ours(prefix: str | None, name: str) -> bool:
    if prefix is None or prefix.lower() in _WORDS:
        return True
    return bool(name) and canonicalize_name(prefix) == canonicalize_name(name)


def may_break(now: str, before: str) -> bool:
    """Say whether a version number allows breaks since another: a new major one, or for 0.x a new minor one."""
    try:
        new, old = _numbers(now), _numbers(before)
    except InvalidVersion:
        return False
    if new[:2] != old[:2]:
        return new[:2] > old[:2]
    return new[1] == 0 and new[2] > old[2]


def next_breaking(before: str) -> str:
    """Give the next version number that allows breaks."""
    epoch, major, minor = _numbers(before)
    start = f"{epoch}!" if epoch else ""
    return f"{start}{major + 1}.0.0" if major else f"{start}0.{minor + 1}.0"


def _numbers(text: str) -> tuple[int, int, int]:
    version = Version(text)
    return (version.epoch, version.major, version.minor)
