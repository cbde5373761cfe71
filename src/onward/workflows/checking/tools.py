"""Which tools look at a project: those it names, else the usual ones and what it declares itself."""

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from onward.core.project import Project
from onward.core.tool import NOT_CHOSEN, CheckTool, Explains, Probe, Target
from onward.domain.policy.checks import (
    ALSO_BROUGHT_BY,
    ALWAYS,
    DISTRIBUTIONS,
    ONLY_DECLARED,
    ONLY_WITH_FILES,
    OWN_FILES,
    Checks,
    SarifTool,
    Types,
)

_WITHOUT = 'A project that wants no type checker says `types = "none"` in `[tool.onward.check]`.'
_ELSEWHERE = "Where something else runs it, such as pre-commit, `tools` in `[tool.onward.check]` names those that look here."

# name: module below onward.adapters and the object in it; imported when it is wanted, since start-up counts
_ADAPTERS: Mapping[str, tuple[str, str]] = {
    "ruff": ("ruff.tools", "LINT"),
    "ruff format": ("ruff.tools", "FORMAT"),
    "mypy": ("mypy.tools", "CHECK"),
    "ty": ("ty", "CHECK"),
    "pyrefly": ("pyrefly", "CHECK"),
    "basedpyright": ("basedpyright", "CHECK"),
    "flake8": ("flake8", "CHECK"),
    "pylint": ("pylint", "CHECK"),
    "deptry": ("deptry", "CHECK"),
    "vulture": ("vulture", "CHECK"),
    "typos": ("typos", "CHECK"),
    "interrogate": ("interrogate", "CHECK"),
    "pydoclint": ("pydoclint", "CHECK"),
    "griffe": ("griffe.tools", "CHECK"),
    "zizmor": ("zizmor", "CHECK"),
    "hadolint": ("hadolint", "CHECK"),
    "validate-pyproject": ("validate_pyproject", "CHECK"),
}


READ_SAVED = ("flake8", "pylint")
"""Tools whose usual output can be read when somebody saved it (``core.saved.ReadsSaved``)."""


def known() -> frozenset[str]:
    """Give the names of the tools that there is an adapter for."""
    return frozenset(_ADAPTERS)


def adapter(name: str) -> CheckTool:
    """Give the adapter of a tool that ``DISTRIBUTIONS`` names."""
    module, thing = _ADAPTERS[name]
    tool: CheckTool = getattr(importlib.import_module(f"onward.adapters.{module}"), thing)
    return tool


def explainer(name: str) -> Explains | None:
    """Give the adapter of a tool if it can explain single rules, None otherwise."""
    tool: object = adapter(name) if name in _ADAPTERS else None
    return tool if isinstance(tool, Explains) else None


def wanted_tools(checks: Checks, project: Project) -> tuple[CheckTool, ...]:
    """Give the tools that look at ``project``: those its settings name, else the usual ones.

    The usual ones are ruff, a type checker, and what the project declares among its
    requirements or has a table ``[tool.NAME]`` for, and the tools by configuration alone. zizmor
    and hadolint are not among them without workflows or Dockerfiles. The type checker is the one that the settings
    name, else the first that the project shows to use, else mypy; that one may be missing, and so
    may what only has a table: pre-commit brings its tools itself and leaves their settings here.
    """
    configured = {tool.name: tool for tool in checks.sarif}
    if checks.tools is not None:
        return tuple(
            _configured(configured[name], project) if name in configured else adapter(name)
            for name in checks.tools
        )
    declared = {declared.name for declared in project.declared}
    tables = project.pyproject.get("tool")
    own = declared | (set(tables) if isinstance(tables, dict) else set())
    others = [
        name
        for name in DISTRIBUTIONS
        if name not in (*ALWAYS, *Types)
        and _brought_by(name) & (declared if name in ONLY_DECLARED else own)
        and (name not in ONLY_WITH_FILES or _has_work(name, project.root))
    ]
    return (
        *_adapters(ALWAYS),
        *_types(checks, project.root, own),
        *(
            adapter(name) if _brought_by(name) & declared else _Unasked(adapter(name), _ELSEWHERE)
            for name in others
        ),
        *(_configured(tool, project) for tool in configured.values()),
    )


def _adapters(names: Iterable[str]) -> tuple[CheckTool, ...]:
    return tuple(adapter(name) for name in names)


def _brought_by(name: str) -> set[str]:
    return {DISTRIBUTIONS[name], *ALSO_BROUGHT_BY.get(name, ())}


def _has_work(name: str, root: Path) -> bool:
    probe = Probe(tool=name, found=True, program=name)
    return adapter(name).call(probe, Target(root=str(root), env={})) is not None


def _configured(tool: SarifTool, project: Project) -> CheckTool:
    from onward.adapters.sarif.tool import Configured

    return Configured(tool, project.root)


def _types(checks: Checks, root: Path, own: set[str]) -> tuple[CheckTool, ...]:
    if checks.types is not None:
        return _adapters(() if checks.types is Types.none else (checks.types.value,))
    for name in Types:
        if name in own or any((root / file).is_file() for file in OWN_FILES.get(name, ())):
            return _adapters((name,))
    return (_Unasked(adapter(Types.mypy), _WITHOUT),)


class _Unasked:
    """A tool that nobody asked for by name: that it cannot look is advice. ``without`` says how it is not missed."""

    def __init__(self, tool: CheckTool, without: str) -> None:
        self._tool = tool
        self._without = without
        self.name = tool.name
        self.depends = tool.depends
        self.call = tool.call
        self.read = tool.read

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find it; when it is not there, say that it can be had or be done without."""
        probe = self._tool.probe(environment, env)
        if probe.found:
            return probe
        how = f"{probe.how_to_get} {self._without}"
        return msgspec.structs.replace(probe, rule=NOT_CHOSEN, how_to_get=how)
