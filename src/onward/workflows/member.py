"""The one member of a workspace that is handed out: named, or the one that the person stands in."""

import tomllib
from typing import Any

import msgspec

from onward.core.errors import BadInput
from onward.core.lock import LockedPackage
from onward.core.names import parse_name
from onward.core.project import Project
from onward.workflows.situation import Situation

LOCAL = ("editable", "directory", "path", "virtual")
"""Kinds of locked packages that come from a folder or a file beside the project."""


def member_named(project: Project, word: str) -> str:
    """Give the folder of the member called ``word`` (its name, or its folder), empty for the root.

    Raises BadInput (``no-member``) with all that there are.
    """
    wanted = word.strip("/").removeprefix("./")
    for folder, name in project.members.items():
        if wanted == folder or (name and parse_name(name) == _name(wanted)):
            return "" if folder == "." else folder
    there = _listed(project)
    raise BadInput(
        "no-member",
        f"no member is called `{word}`",
        context=there or ("this is no workspace: it has no members",),
        hint="Name one of these." if there else "Leave `--package` out.",
    )


def at_member(situation: Situation, word: str) -> Situation:
    """Give the situation at the member called ``word``, or where the person stands when it is empty.

    Raises BadInput (``no-member``, ``which-member``): the root of a workspace may be nothing itself.
    """
    return msgspec.structs.replace(situation, here=chosen(situation.project, situation.here, word))


def chosen(project: Project, here: str, word: str) -> str:
    """Give the folder of the member called ``word``, or ``here`` when that is empty; raises what ``at_member`` raises."""
    if word:
        return member_named(project, word)
    others = [name for folder, name in project.members.items() if folder != "."]
    if not here and others and "project" not in project.pyproject:
        raise BadInput(
            "which-member",
            f"`{project.root}` is the root of a workspace and no project itself",
            context=_listed(project),
            hint=f"Say which: `--package {others[0]}`, or go into its folder.",
        )
    return here


def stated_at(situation: Situation) -> dict[str, Any]:
    """Give the table [project] of the member; empty when there is none."""
    if not situation.here:
        found = situation.project.pyproject.get("project")
    else:
        file = situation.project.root / situation.here / "pyproject.toml"
        try:
            found = tomllib.loads(file.read_text(encoding="utf-8")).get("project")
        except (OSError, ValueError):
            return {}
    return found if isinstance(found, dict) else {}


def target_of(situation: Situation) -> LockedPackage | None:
    """Give the locked package that the member itself is; None where the lock knows none there."""
    lock, place = situation.project.lock, situation.here or "."
    packages = lock.packages if lock else ()
    return next((one for one in packages if one.kind in LOCAL and one.source == place), None)


def own_packages(situation: Situation) -> list[LockedPackage]:
    """Give the project's own packages that are installed with the member, itself among them."""
    lock, target = situation.project.lock, target_of(situation)
    own = [package for package in (lock.packages if lock else ()) if package.kind in LOCAL]
    if lock is None or target is None:
        return own
    along = lock.installed_with(target.name)
    return [package for package in own if package.name in along]


def _listed(project: Project) -> tuple[str, ...]:
    return tuple(f"{path}: {name}" for path, name in project.members.items() if path != ".")


def _name(word: str) -> str:
    try:
        return parse_name(word)
    except BadInput:
        return ""
