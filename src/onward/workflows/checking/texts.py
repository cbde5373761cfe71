"""What the tool of a rule says about it, asked of the tool where it has a command for that."""

from collections.abc import Mapping
from pathlib import Path

from onward.adapters.ruff import rules, tools
from onward.core.errors import BadInput, OnwardError
from onward.core.programs import environment_of
from onward.core.tool import RuleText
from onward.domain.policy.catalogue import RULES
from onward.workflows.checking.tools import explainer

_TWINS = (
    "flake8",
    "pydoclint",
    "pylint",
)  # linters that ruff has taken rules from, with their codes


def tool_text(rule: str, root: Path, env: Mapping[str, str]) -> RuleText | None:
    """Give what the tool of a rule says about it; None when there is no tool or it does not start.

    Where the tool says nothing and ruff has the same rule, ruff's words are given. Raises BadInput (``unknown-rule``) when the tool is there and knows no such rule.
    """
    tool, _, code = rule.partition("/")
    if code in ("*", "E902"):
        return None
    environment = environment_of(root, env)
    try:
        if tool == "ruff":
            return _of_ruff(rule, environment, env)
        said = _of(rule, environment, env)
        return said if said and said.text else _of_its_twin(rule, said, environment, env)
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


def _of_its_twin(
    rule: str, said: RuleText | None, environment: Path, env: Mapping[str, str]
) -> RuleText | None:
    """Give ruff's words for a rule of another linter that it has under the same code or name, else ``said``."""
    tool, _, code = rule.partition("/")
    if tool not in _TWINS or not (probe := tools.find(environment, env)).found:
        return said
    find = rules.rule_of_pylint if tool == "pylint" else rules.rule
    twin = find(code, probe, env)
    if twin is None:
        return said
    return RuleText(
        rule=rule,
        name=twin.name,
        summary=twin.summary,
        text=f"ruff has this rule too, as `{twin.rule}`, and says of it:\n\n{twin.text}",
        url=(said.url if said else "") or twin.url,
    )


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
