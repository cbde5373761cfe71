"""ty: how to ask it, and what its answers mean.

It follows imports, so it is always asked about the whole project, and what is wanted of the
answer is chosen by whoever asked.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.programs import Wanted, find_with_imports
from onward.core.tool import (
    NO_JSON,
    Depends,
    Probe,
    RuleText,
    Target,
    failed,
    no_files,
    relative,
    unknown_rule,
)

_KINDS = (".py", ".pyi", ".ipynb")
_TY = Wanted(tool="ty", distribution="ty")
_NOTHING = b"No python files found"
_RULES = "https://docs.astral.sh/ty/reference/rules/"


class _Spot(msgspec.Struct, frozen=True):
    line: int = 0
    column: int = 0


class _Positions(msgspec.Struct, frozen=True):
    begin: _Spot
    end: _Spot = _Spot()


class _Where(msgspec.Struct, frozen=True):
    path: str
    positions: _Positions


class _Seen(msgspec.Struct, frozen=True):
    """One entry of ``--output-format gitlab``: lines and columns (characters) count from 1."""

    check_name: str
    description: str
    location: _Where


class _Rule(msgspec.Struct, frozen=True):
    name: str
    summary: str
    documentation: str = ""


class Ty:
    """``ty check``: findings ``ty/RULE``."""

    name = "ty"
    depends = Depends(
        kinds=_KINDS,
        environment=True,
        above=("ty.toml", "pyproject.toml", ".gitignore", ".ignore", ".git/info/exclude"),
        of_user=("ty/ty.toml", "git/ignore"),
        variables=("TY_", "PYTHONPATH"),
    )

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own ty; it needs the environment."""
        del env
        return find_with_imports(_TY, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask in GitLab's form: of those ty has, it is the plain JSON."""
        if target.named(_KINDS) is None:
            return None
        argv = [probe.program, "check", "--output-format", "gitlab", "--no-progress"]
        argv += ["--python", target.environment] if target.environment else []
        return Call(argv=tuple(argv), cwd=target.root, env=_quiet(target.env), ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; 0 is clean or warnings, 1 errors, 2 a fault of settings or files, 101 a crash."""
        try:
            seen = msgspec.json.decode(ran.out, type=list[_Seen])
        except NO_JSON:
            why = "its answer cannot be read" if ran.code in (0, 1) else _ended(ran)
            yield failed(self.name, why, ran)
            return
        yield from (_finding(one, ran.call.cwd) for one in seen)
        if ran.code not in (0, 1):
            yield failed(self.name, _ended(ran), ran)
        elif ran.code == 1 and not seen:
            yield failed(self.name, "it ended with exit code 1 but named nothing", ran)
        elif not seen and _NOTHING in ran.err:
            yield no_files(self.name)

    def rule_text(self, code: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
        """Give what ``ty explain rule`` says, None when there is no ty."""
        if not probe.program:
            return None
        argv = (probe.program, "explain", "rule", "--output-format", "json", "--", code)
        folder = str(Path(probe.program).parent)
        said = read_rule(run(Call(argv=argv, cwd=folder, env=_quiet(env), timeout=60)))
        if said is None:
            raise unknown_rule(probe, code, _RULES)
        return said


CHECK = Ty()


def read_rule(ran: Ran) -> RuleText | None:
    """Read the answer of ``ty explain rule CODE --output-format json``."""
    if ran.code != 0:
        return None
    try:
        said = msgspec.json.decode(ran.out, type=_Rule)
    except NO_JSON:
        return None
    return RuleText(
        rule=f"ty/{said.name}",
        name=said.name,
        summary=f"{said.summary[:1].upper()}{said.summary[1:].rstrip('.')}.",
        text=said.documentation,
        url=f"{_RULES}#{said.name}",
    )


def _finding(one: _Seen, root: str) -> Finding:
    begin, end = one.location.positions.begin, one.location.positions.end
    return Finding(
        rule=f"ty/{one.check_name}",
        subject=Place(
            path=relative(one.location.path, root),
            line=begin.line,
            column=begin.column,
            end_line=end.line,
            end_column=end.column,
        ),
        message=one.description.removeprefix(f"{one.check_name}: "),
        certainty=Certainty.unknown if one.check_name in ("io", "panic") else Certainty.known,
        seen_by="ty",
    )


def _ended(ran: Ran) -> str:
    return f"it ended with {ran.ended}"


def _quiet(env: Mapping[str, str]) -> dict[str, str]:
    return {**env, "NO_COLOR": "1"}
