"""Which tool's files lead a project, what kind of project it is, and who belongs to a workspace."""

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Any

from onward.core.project import Kind, Layout

FOREIGN_LOCKS = {
    "poetry.lock": Layout.poetry,
    "pdm.lock": Layout.pdm,
    "Pipfile.lock": Layout.pipenv,
}


def is_project(pyproject: dict[str, Any]) -> bool:
    """Say whether a parsed pyproject.toml describes a project, or only configures tools."""
    tool = _table(pyproject, "tool")
    return (
        "project" in pyproject
        or "dependency-groups" in pyproject
        or "poetry" in tool
        or "workspace" in _table(tool, "uv")
        or "dev-dependencies" in _table(tool, "uv")
    )


def choose_layout(present: Collection[str], pyproject: dict[str, Any]) -> Layout | None:
    """Give the layout of a folder that holds the files ``present``; None when there is no project.

    The lock decides between tools that share pyproject.toml. Requirements files count last,
    as other tools export to them.
    """
    if is_project(pyproject):
        return _by_pyproject(present, _table(pyproject, "tool"), "project" in pyproject)
    signs = (
        (Layout.pipenv, "Pipfile" in present),
        (Layout.setup, "setup.cfg" in present or "setup.py" in present),
        (Layout.pylock, any(is_pylock(name) for name in present)),
        (Layout.requirements, any(is_requirements(name) for name in present)),
    )
    return next((layout for layout, seen in signs if seen), None)


def _by_pyproject(present: Collection[str], tool: dict[str, Any], has_project: bool) -> Layout:
    poetry = _table(tool, "poetry")
    states = "dependencies" in poetry or "group" in poetry or "dev-dependencies" in poetry
    if "poetry" in tool and (not has_project or (states and "uv.lock" not in present)):
        return Layout.poetry
    if "uv.lock" in present:
        return Layout.uv
    foreign = (layout for lock, layout in FOREIGN_LOCKS.items() if lock in present)
    return next(foreign, Layout.uv if "uv" in tool else Layout.pep621)


def is_requirements(name: str) -> bool:
    """Say whether a file name is that of a requirements file (``requirements*.txt``, ``*.in``)."""
    return name.endswith((".txt", ".in")) and "requirements" in name.lower()


def is_pylock(name: str) -> bool:
    """Say whether a file name is that of a lock by PEP 751 (``pylock.toml``, ``pylock.NAME.toml``)."""
    parts = name.split(".")
    return parts[0] == "pylock" and parts[-1] == "toml" and len(parts) in (2, 3)


def kind_of(layout: Layout, pyproject: dict[str, Any], commands: bool) -> tuple[Kind, str]:
    """Give the kind of a project and why: what ``[tool.onward] kind`` says, else what the files show.

    ``commands`` says whether setup.cfg or setup.py declares entry points. A project that is
    built to be installed beside others and brings no commands is a library; all else is an
    application, the kind whose exact pins hurt nobody.
    """
    tool = _table(pyproject, "tool")
    project = _table(pyproject, "project")
    said = _table(tool, "onward").get("kind")
    flat = layout in (Layout.pipenv, Layout.requirements, Layout.pylock)
    unpackaged = (
        _table(tool, "uv").get("package") is False
        or _table(tool, "poetry").get("package-mode") is False
        or _table(tool, "pdm").get("distribution") is False
    )
    private = any(c.startswith("Private ::") for c in _listed(project.get("classifiers")))
    scripts = bool(
        project.get("scripts")
        or project.get("gui-scripts")
        or _table(tool, "poetry").get("scripts")
    )
    built = "build-system" in pyproject or layout is Layout.setup
    library, application = Kind.library, Kind.application
    reasons = (
        (said == "library", library, "[tool.onward] kind says so"),
        (isinstance(said, str), application, "[tool.onward] kind says so"),
        (flat, application, "a list of requirements is not made to be installed by others"),
        (unpackaged, application, "it is marked as not a package"),
        (private, application, "its classifiers say that it is private"),
        (scripts or commands, application, "it brings commands"),
        (built, library, "it is built to be installed, and brings no commands"),
        (True, application, "it has no build system"),
    )
    return next((kind, because) for holds, kind, because in reasons if holds)


def is_member(relative: str, members: Collection[str], exclude: Collection[str]) -> bool:
    """Say whether the folder ``relative`` (to the workspace root, with ``/``) is in a uv workspace.

    ``members`` and ``exclude`` are the globs of ``[tool.uv.workspace]``; ``*`` stays within
    one folder name, ``**`` crosses them; exclusion wins. The root is always a member.
    """
    if relative in ("", "."):
        return True
    if any(_fits(relative, glob) for glob in exclude):
        return False
    return any(_fits(relative, glob) for glob in members)


def workspace_globs(pyproject: dict[str, Any]) -> tuple[list[str], list[str]] | None:
    """Give (members, exclude) of ``[tool.uv.workspace]``, or None when there is no such table."""
    uv = _table(_table(pyproject, "tool"), "uv")
    if not isinstance(uv.get("workspace"), dict):
        return None
    workspace = uv["workspace"]
    return _listed(workspace.get("members")), _listed(workspace.get("exclude"))


def _fits(path: str, glob: str) -> bool:
    return _match(
        path.split("/"), [p for p in glob.replace("\\", "/").split("/") if p not in ("", ".")]
    )


def _match(parts: list[str], globs: list[str]) -> bool:
    if not globs:
        return not parts
    if globs[0] == "**":
        return _match(parts, globs[1:]) or (bool(parts) and _match(parts[1:], globs))
    return bool(parts) and fnmatchcase(parts[0], globs[0]) and _match(parts[1:], globs[1:])


def _table(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _listed(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []
