"""``[tool.onward.check]``: which tools look, and every fault of the table said at once."""

import pytest

from onward.core.errors import BadInput
from onward.domain.policy.checks import DISTRIBUTIONS, Checks, SarifTool, Types
from onward.domain.policy.merge import read_policy
from onward.domain.policy.read import Document
from onward.domain.policy.rules_refactor import OWN, RUFF


def read(**check: object) -> Checks:
    document = Document(values={"check": check}, file="pyproject.toml", path="tool.onward")
    return read_policy(document).check


def test_nothing_said_means_the_usual_tools() -> None:
    assert read_policy().check == Checks(tools=None, types=None)


def test_tools_types_and_sarif_are_read() -> None:
    bandit = {"name": "bandit", "command": ["bandit", "-f", "sarif", "-r", "src"], "kinds": [".py"]}
    told = read(tools=["ruff", "bandit"], types="ty", sarif=[bandit])
    assert told.tools == ("ruff", "bandit")
    assert told.types is Types.ty
    (tool,) = told.sarif
    assert tool == SarifTool(
        name="bandit", command=("bandit", "-f", "sarif", "-r", "src"), kinds=(".py",)
    )


def test_every_fault_is_said_at_once_with_its_key() -> None:
    with pytest.raises(BadInput) as caught:
        read(
            tools=["ruf"],
            types="mypi",
            sarif=[{"name": "ruff", "exit_codes": [True]}, {"name": "a b", "command": "x"}],
            tool="ruff",
        )
    words = "\n".join(caught.value.context)
    for key in (
        'tool.onward.check.tools[0]: "ruf" is not one of',
        'tool.onward.check.types: "mypi" is not one of',
        "tool.onward.check.sarif[0].command: is missing",
        "tool.onward.check.sarif[0].exit_codes: must be",
        "tool.onward.check.sarif[0].name",
        "tool.onward.check.sarif[1].name",
        "tool.onward.check.tool: no such key",
    ):
        assert key in words


def test_a_tool_by_configuration_may_not_take_the_name_of_a_known_one() -> None:
    for name in DISTRIBUTIONS:
        with pytest.raises(BadInput):
            read(sarif=[{"name": name, "command": "x"}])


def test_refactorings_are_asked_for_in_one_word_or_by_name() -> None:
    assert read().refactor == read(refactor=False).refactor == frozenset()
    assert read(refactor=True).refactor == OWN | RUFF
    assert read(refactor=["use-next", "PERF401"]).refactor == {"use-next", "PERF401"}
    with pytest.raises(BadInput) as caught:
        read(refactor=["use-nxt", "F401", 3])
    words = "\n".join(caught.value.context)
    assert "check.refactor[2]: is a whole number" in words
    with pytest.raises(BadInput) as caught:
        read(refactor=["use-nxt", "F401"])
    words = "\n".join(caught.value.context)
    assert "did you mean `use-next`?" in words
    assert 'check.refactor[1]: "F401" is no refactoring' in words
    with pytest.raises(BadInput):
        read(refactor="use-next")
