"""What ruff says about its own rules."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from onward.adapters.ruff.findings import SYNTAX, UNFORMATTED
from onward.adapters.ruff.tools import anywhere, quiet
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.tool import NO_JSON, Probe, RuleText


def rule(code: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
    """Give what ruff says about one of its rules (``F401``), or None when it knows no such rule.

    Raises OnwardError when the program does not start.
    """
    if f"ruff/{code}" in _OURS:
        return _OURS[f"ruff/{code}"]
    if not re.fullmatch(r"[A-Z]+[0-9]+", code):
        return None
    argv = (probe.program, "rule", code, "--output-format", "json")
    return read_rule(run(Call(argv=argv, cwd=anywhere(probe.program), env=quiet(env), timeout=60)))


def rule_ids(probe: Probe, env: Mapping[str, str]) -> frozenset[str]:
    """Give the ids (``ruff/F401``) of all rules of this ruff; none when it does not say.

    Raises OnwardError when the program does not start.
    """
    return frozenset(f"ruff/{one.code}" for one in _all(probe, env) if one.code)


def rule_of_pylint(symbol: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
    """Give what ruff says about the rule that it took from pylint under the same name, or None when it has none.

    Raises OnwardError when the program does not start.
    """
    codes = (one.code for one in _all(probe, env) if (one.name, one.linter) == (symbol, "Pylint"))
    code = next(filter(None, codes), None)
    return rule(code, probe, env) if code else None


def _all(probe: Probe, env: Mapping[str, str]) -> "list[_Named]":
    argv = (probe.program, "rule", "--all", "--output-format", "json")
    ran = run(Call(argv=argv, cwd=anywhere(probe.program), env=quiet(env), timeout=60))
    try:
        return msgspec.json.decode(ran.out, type=list[_Named])
    except NO_JSON:
        return []


class _Named(msgspec.Struct):
    code: str | None = None
    name: str | None = None
    linter: str | None = None


def read_rule(ran: Ran) -> RuleText | None:
    """Read the answer of ``ruff rule CODE --output-format json``."""
    if ran.code != 0:
        return None
    try:
        said: dict[str, Any] = msgspec.json.decode(ran.out, type=dict[str, Any])
        return RuleText(
            rule=f"ruff/{said['code']}",
            name=said["name"],
            summary=said["summary"],
            text=said.get("explanation") or "",
            url=f"https://docs.astral.sh/ruff/rules/{said['name']}",
            fix=said.get("fix") or "",
        )
    except (*NO_JSON, KeyError):
        return None


_OURS = {
    SYNTAX: RuleText(
        rule=SYNTAX,
        name="invalid-syntax",
        summary="Python cannot read this file.",
        text="Nothing else in the file can be checked until it parses, and importing it fails.",
    ),
    UNFORMATTED: RuleText(
        rule=UNFORMATTED,
        name="unformatted",
        summary="`ruff format` would write this file differently.",
        text="One format for all keeps reviews about meaning. `onward check --fix` writes it.",
        url="https://docs.astral.sh/ruff/formatter/",
    ),
}
