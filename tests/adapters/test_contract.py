"""The shared contract, held by every check tool there is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onward.domain.policy.checks import DISTRIBUTIONS
from onward.workflows.checking.tools import adapter, known
from tests.adapters import contract
from tests.adapters.contract import Sample
from tests.adapters.samples import SAMPLES


@pytest.mark.parametrize("rule", contract.CONTRACT, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_tool_holds_the_contract(name: str, rule: Callable[[Sample], None]) -> None:
    rule(SAMPLES[name])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_tool_that_is_not_there_says_how_to_get_it(name: str, tmp_path: Path) -> None:
    contract.a_tool_that_is_not_there_says_how_to_get_it(SAMPLES[name], tmp_path)


def test_every_tool_there_is_is_in_the_contract() -> None:
    assert known() == DISTRIBUTIONS.keys()
    assert {adapter(name).name for name in known()} == known()
    assert known() == {sample.tool.name for sample in SAMPLES.values()}
