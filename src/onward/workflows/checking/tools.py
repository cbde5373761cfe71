"""Which tools look at a project: those it names, else the usual ones and what it declares itself."""

import importlib
from collections.abc import Mapping

from onward.core.project import Project
from onward.core.tool import CheckTool
from onward.domain.policy.checks import ALWAYS, DISTRIBUTIONS, Checks, Types

# name: module below onward.adapters and the object in it; imported when it is wanted, since start-up counts
_ADAPTERS: Mapping[str, tuple[str, str]] = {
    "ruff": ("ruff.tools", "LINT"),
    "ruff format": ("ruff.tools", "FORMAT"),
}


def adapter(name: str) -> CheckTool:
    """Give the adapter of a tool that ``DISTRIBUTIONS`` names."""
    module, thing = _ADAPTERS[name]
    tool: CheckTool = getattr(importlib.import_module(f"onward.adapters.{module}"), thing)
    return tool


def wanted_tools(checks: Checks, project: Project) -> tuple[CheckTool, ...]:
    """Give the tools that look at ``project``: those its settings name, else the usual ones.

    The usual ones are ruff, the type checker, and what the project declares among its
    requirements or has a table ``[tool.NAME]`` for.
    """
    names = checks.tools if checks.tools is not None else _usual(checks, project)
    return tuple(adapter(name) for name in names if name in _ADAPTERS)


def _usual(checks: Checks, project: Project) -> tuple[str, ...]:
    own = {declared.name for declared in project.declared}
    tables = project.pyproject.get("tool")
    own |= set(tables) if isinstance(tables, dict) else set()
    types = () if checks.types is Types.none else (checks.types.value,)
    others = (
        name
        for name, distribution in DISTRIBUTIONS.items()
        if name not in ALWAYS and name not in tuple(Types) and distribution in own
    )
    return (*ALWAYS, *types, *others)
