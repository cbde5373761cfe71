"""What the tool of a rule says about it, asked of the tool where it has a command for that."""

from collections.abc import Mapping
from pathlib import Path

from onward.adapters.ruff import rules, tools
from onward.core.errors import BadInput, OnwardError
from onward.core.programs import environment_of
from onward.core.tool import RuleText
from onward.domain.policy.catalogue import RULES
from onward.workflows.checking.tools import explainer


def tool_text(rule: str, root: Path, env: Mapping[str, str]) -> RuleText | None:
    """Give what the tool of a rule says about it; None when there is no tool or it does not start.

    Raises BadInput (``unknown-rule``) when the tool is there and knows no such rule.
    """
    tool, _, code = rule.partition("/")
    if code in ("*", "E902"):
        return None
    environment = environment_of(root, env)
    try:
        return _of_ruff(rule, environment, env) if tool == "ruff" else _of(rule, environment, env)
    except OnwardError as error:
        if error.reference == "unknown-rule":
            raise
        return None


def _of(rule: str, environment: Path, env: Mapping[str, str]) -> RuleText | None:
    tool, _, code = rule.partition("/")
    asked = explainer(tool)
    if asked is None:
        return None
    return asked.rule_text(code, asked.probe(environment, env), env)


def _of_ruff(rule: str, environment: Path, env: Mapping[str, str]) -> RuleText | None:
    code = rule.partition("/")[2]
    probe = tools.find(environment, env)
    if not probe.found:
        return None
    said = rules.rule(code, probe, env)
    if said is None and rule not in RULES:
        raise BadInput(
            "unknown-rule",
            f"ruff {probe.version} has no rule `{code}`",
            hint="Its codes look like `F401`; all are listed at https://docs.astral.sh/ruff/rules/",
        )
    return said
