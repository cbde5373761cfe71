"""What is built of a project or of the members of a workspace, where it goes, and what it is made from."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from onward.adapters.uv.settings import indexes_of
from onward.core.errors import BadInput
from onward.core.lock import LockedPackage
from onward.core.names import parse_name
from onward.core.project import Kind, Project
from onward.domain.layouts.choose import kind_of
from onward.domain.pipeline.model import Image, Part, Tag
from onward.workflows.ci.seat import Seat
from onward.workflows.container_files import is_packaged, member_of
from onward.workflows.member import LOCAL

NONE = "none"
_TRUSTED = ("pypi", "testpypi")
"""The indexes that are known to take the identity of a build service instead of a token."""
_GLOB = re.compile(r"([][*?+!{}\\])")


def members_of(seat: Seat) -> Iterator[tuple[str, Project]]:
    """Give the folder (as seen from the root, empty for that) of each project that the jobs are for, and the project."""
    if not seat.is_whole:
        yield "", seat.project
        return
    for folder, name in seat.workspace.members.items():
        here = "" if folder == "." else folder
        if name:  # else the root is no project itself
            yield here, member_of(seat.workspace, here)


def parts_of(seat: Seat, asked: str) -> tuple[Part, ...]:
    """Give the packages to build, and the index that each is published to; ``asked`` is what a person said of it.

    Raises BadInput for an index that nobody knows, and where nothing is built that could be published.
    """
    packaged = [(folder, one) for folder, one in members_of(seat) if is_packaged(one)]
    indexes = _indexes(seat)
    if asked and asked != NONE:
        _check_index(asked, indexes, seat, there=bool(packaged))
    parts = []
    for folder, one in packaged:
        if seat.is_whole and asked != NONE and _is_private(one):
            index = ""  # what was asked for was asked for all of them
        else:
            index = "" if asked == NONE else asked or _usual(one, indexes)
        name = parse_name(one.name)
        parts.append(
            Part(
                name=name,
                folder=folder,
                tag=tag_of(seat, name, folder if seat.is_whole else seat.here),
                publish=index,
                trusted=index in _TRUSTED,
            )
        )
    return tuple(parts)


def tag_of(seat: Seat, name: str, folder: str) -> Tag:
    """Give the tags of the project in ``folder`` of the workspace: ``v1.2`` at the top of a repository, else ``NAME-v1.2``."""
    start = f"{name}-v" if seat.above or folder else "v"
    others = (
        parse_name(one) for place, one in seat.workspace.members.items() if place != "." and one
    )
    longer = (f"{other}-v" for other in others if other != name)
    return Tag(start=start, but=tuple(sorted(one for one in longer if one.startswith(start))))


def images_of(seat: Seat) -> tuple[Image, ...]:
    """Give the Dockerfiles; those of members are built from the folder of the workspace (``ship container-files`` writes them so)."""
    images = []
    for folder, one in members_of(seat):
        if not (one.root / "Dockerfile").is_file():
            continue
        name = parse_name(one.name) if one.name else seat.name
        images.append(
            Image(
                name=name,
                file=f"{folder}/Dockerfile" if folder else "Dockerfile",
                context="/".join([".."] * len(seat.here.split("/"))) if seat.here else ".",
                member=name if seat.is_whole else "",
            )
        )
    if (
        seat.is_whole
        and not seat.workspace.members.get(".")
        and (seat.root / "Dockerfile").is_file()
    ):
        images.append(Image(name=seat.name))
    return tuple(images)


def watched(seat: Seat) -> tuple[str, ...]:
    """Give what else the project is made from, as globs from the top: the lock of its workspace, other members, folders beside it."""
    if not seat.folder:
        return ()
    workspace = seat.workspace
    found: dict[str, None] = {}
    if seat.here:
        files = ("pyproject.toml", "uv.lock", ".python-version")
        found |= {seat.from_top(file): None for file in files if (workspace.root / file).is_file()}
    inside = f"{seat.folder}/"
    for package in _needed(seat):
        place = (workspace.root.resolve() / package.source).resolve()
        if not place.is_relative_to(seat.top) or place == seat.top:
            continue
        path = place.relative_to(seat.top).as_posix()
        if not f"{path}/".startswith(inside) and not inside.startswith(f"{path}/"):
            escaped = _GLOB.sub(r"\\\1", path)
            found[f"{escaped}/**" if place.is_dir() else escaped] = None
    return tuple(found)


def _needed(seat: Seat) -> Iterator[LockedPackage]:
    """Give the packages beside the project that are installed with it, for its tests too."""
    lock = seat.workspace.lock
    if lock is None:
        return
    wanted = {package.name for package in lock.packages}
    if seat.here:
        name = parse_name(seat.project.name)
        groups = [
            edge.name for own in lock.named(name) for edges in own.groups.values() for edge in edges
        ]
        wanted = set().union(*(lock.installed_with(one) for one in (name, *groups)))
    for package in lock.packages:
        if package.kind in LOCAL and package.name in wanted:
            yield package


def _indexes(seat: Seat) -> tuple[str, ...]:
    """Give the names of the indexes that take uploads."""
    found = (
        index.name
        for index in indexes_of(seat.workspace.pyproject, seat.workspace.root)
        if index.name and isinstance(index.options.get("publish-url"), str)
    )
    return tuple(found)


def _check_index(asked: str, named: tuple[str, ...], seat: Seat, *, there: bool) -> None:
    known = (*named, *_TRUSTED)
    if asked not in known:
        raise BadInput(
            "no-such-index",
            f"no index to publish to is called `{asked}`",
            context=tuple(f"known: {name}" for name in known),
            hint="Give an index in `[[tool.uv.index]]` a `name` and a `publish-url`.",
        )
    if not there:
        raise BadInput(
            "not-packaged",
            f"`{seat.name}` is not built into a wheel, so there is nothing to publish",
            hint="A [build-system] in pyproject.toml makes it a package; `--publish none` leaves the job out.",
        )


def _usual(project: Project, named: tuple[str, ...]) -> str:
    """Give the index that a package goes to where nobody says, empty for none."""
    if _is_private(project) or len(named) > 1:
        return ""
    library = kind_of(project.layout, project.pyproject, commands=False)[0] is Kind.library
    return named[0] if named else "pypi" if library else ""


def _is_private(project: Project) -> bool:
    table: Mapping[str, Any] | object = project.pyproject.get("project", {})
    classifiers = table.get("classifiers", []) if isinstance(table, dict) else []
    return any(str(one).startswith("Private ::") for one in classifiers)
