"""basedpyright: how to ask it, and what its answers mean.

It follows imports, so it is always asked about the whole project, and what is wanted of the
answer is chosen by whoever asked.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.finding import Finding, Place
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_with_imports, python_of
from onward.core.tool import (
    NO_JSON,
    Depends,
    Probe,
    RuleText,
    Target,
    failed,
    ignored_settings,
    no_files,
    one_line,
    relative,
)

_KINDS = (".py", ".pyi", ".ipynb")
_BASEDPYRIGHT = Wanted(tool="basedpyright", distribution="basedpyright")
_CODES = {
    2: "it crashed (exit code 2)",
    3: "it does not take its settings (exit code 3)",
    4: "it does not know an option (exit code 4)",
}
_IGNORED = ("Config contains unrecognized setting", "invalid ", "Config ")
_PAGE = "https://docs.basedpyright.com/latest/configuration/config-files/#"


class _Spot(msgspec.Struct, frozen=True):
    line: int
    character: int


class _Range(msgspec.Struct, frozen=True):
    start: _Spot
    end: _Spot


class _Seen(msgspec.Struct, frozen=True):
    """One diagnostic: lines and characters (UTF-16 units) count from 0; no rule for a syntax error."""

    file: str
    severity: str
    message: str
    rule: str = ""
    range: _Range | None = None


class _Summary(msgspec.Struct, frozen=True):
    filesAnalyzed: int  # noqa: N815 - its own name


class _Answer(msgspec.Struct, frozen=True):
    generalDiagnostics: list[_Seen]  # noqa: N815 - its own name
    summary: _Summary


class Basedpyright:
    """``basedpyright``: findings ``basedpyright/RULE``; ``syntax`` and ``note`` are what it has no rule for."""

    name = "basedpyright"
    depends = Depends(
        kinds=_KINDS,
        environment=True,
        above=("pyrightconfig.json", "pyproject.toml"),
        variables=("PYRIGHT_", "BASEDPYRIGHT_", "PYTHONPATH"),
    )

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own basedpyright; it needs the environment."""
        del env
        return find_with_imports(_BASEDPYRIGHT, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask in JSON; a baseline file of the project counts, but is not written anew."""
        if target.named(_KINDS) is None:
            return None
        argv = [probe.program, "--outputjson", "--baselinemode=discard"]
        if target.environment and (python := python_of(Path(target.environment))):
            argv += ["--pythonpath", str(python)]
        env = {**target.env, "NO_COLOR": "1"}
        return Call(argv=tuple(argv), cwd=target.root, env=env, ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; 0 is clean or warnings that do not count, 1 diagnostics, 2 to 4 failures."""
        try:
            answer = msgspec.json.decode(ran.out, type=_Answer)
        except NO_JSON:
            usual = "its answer cannot be read" if ran.code in (0, 1) else _ended(ran)
            yield failed(self.name, _CODES.get(ran.code, usual), ran)
            return
        seen = answer.generalDiagnostics
        yield from (_finding(one, ran.call.cwd) for one in seen)
        words = lines_of(ran.err.decode("utf-8", "replace"))
        if ignored := [line.strip() for line in words if line.startswith(_IGNORED)]:
            yield ignored_settings(self.name, ignored)
        if ran.code not in (0, 1):
            yield failed(self.name, _CODES.get(ran.code, _ended(ran)), ran)
        elif ran.code == 1 and not seen:
            yield failed(self.name, "it ended with exit code 1 but named nothing", ran)
        elif not answer.summary.filesAnalyzed:
            yield no_files(self.name)

    def rule_text(self, code: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
        """Give the address of its text about a rule: it has no command that explains one."""
        del probe, env
        if not code.startswith("report"):
            return None
        return RuleText(
            rule=f"basedpyright/{code}",
            name=code,
            summary=f"basedpyright's rule `{code}`.",
            url=_PAGE + code,
        )


CHECK = Basedpyright()


def _finding(one: _Seen, root: str) -> Finding:
    message, _, more = one.message.partition("\n")
    unnamed = "note" if one.severity == "information" else "syntax"
    start = one.range.start if one.range else _Spot(-1, -1)
    end = one.range.end if one.range else start
    return Finding(
        rule=f"basedpyright/{one.rule or unnamed}",
        subject=Place(
            path=relative(one.file, root),
            line=start.line + 1,
            column=start.character + 1,
            end_line=end.line + 1,
            end_column=end.character + 1,
        ),
        message=message,
        facts={"more": one_line(more)} if more else {},
        seen_by="basedpyright",
    )


def _ended(ran: Ran) -> str:
    return f"it ended with {ran.ended}"
