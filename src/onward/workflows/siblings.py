"""What a project takes from beside it: its wheel asks for these by name only, and any index could answer."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from onward.core.names import Name, is_name, parse_name
from onward.core.project import Project
from onward.domain.shipping.built import Built
from onward.domain.shipping.metadata import core_metadata


class Sibling(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement with a source of its own (``[tool.uv.sources]``), or a member of the workspace.

    ``folder`` is where it can be built, None for what lies elsewhere (git, a URL, a file);
    ``said`` is its place in words.
    """

    name: Name
    folder: Path | None
    said: str


def siblings_of(
    project: Project, folder: Path, pyproject: Mapping[str, Any]
) -> dict[Name, Sibling]:
    """Give what the package at ``folder``, whose parsed file is ``pyproject``, could take from beside it.

    A source that only names an index is none: the index answers for it.
    """
    found = {
        parse_name(name): Sibling(
            name=parse_name(name), folder=project.root / member, said=f"the workspace (`{member}`)"
        )
        for member, name in project.members.items()
        if is_name(name)
    }
    for base, read in ((project.root, project.pyproject), (folder, pyproject)):
        for name, source in _sources(read):
            if (own := _sibling(name, source, base)) is not None:
                found[name] = own
    return found


def asked_for(wheel: Built, known: Mapping[Name, Sibling]) -> list[Sibling]:
    """Give those of ``known`` that a wheel requires, also for an extra, in its order."""
    metadata, _ = core_metadata(wheel)
    own = parse_name(wheel.filename.partition("-")[0])
    names: dict[Name, None] = {}
    for text in (metadata or {}).get("requires_dist") or ():
        try:
            read = Requirement(text)
        except InvalidRequirement:
            continue
        if not read.url:
            names[parse_name(read.name)] = None
    return [known[name] for name in names if name in known and name != own]


def _sources(pyproject: Mapping[str, Any]) -> Iterator[tuple[Name, Mapping[str, Any]]]:
    table = pyproject.get("tool", {}).get("uv", {}).get("sources", {})
    for name, said in table.items() if isinstance(table, dict) else ():
        for source in said if isinstance(said, list) else [said]:
            if is_name(name) and isinstance(source, dict):
                yield parse_name(name), source


def _sibling(name: Name, source: Mapping[str, Any], base: Path) -> Sibling | None:
    path = source.get("path")
    if isinstance(path, str):
        place = (base / path).resolve()
        folder = place if (place / "pyproject.toml").is_file() else None
        return Sibling(name=name, folder=folder, said=f"`{path}`")
    for kind in ("git", "url"):
        if kind in source:
            return Sibling(name=name, folder=None, said=f"a {kind} source".replace("url", "URL"))
    return None
