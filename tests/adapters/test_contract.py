"""The shared contract, held by every check tool there is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onward.adapters.ruff import tools as ruff
from onward.core.tool import Probe
from onward.domain.policy.checks import DISTRIBUTIONS
from onward.workflows.checking.tools import adapter, known
from tests.adapters import contract
from tests.adapters.contract import Sample
from tests.adapters.samples_more import MORE_SAMPLES
from tests.adapters.samples_types import TYPES_SAMPLES

RECORDED = Path(__file__).parent.parent / "recorded" / "ruff"
HOME = "/home/dev/my prøj"


def _ruff(version: str) -> Probe:
    return Probe(tool="ruff", found=True, program="/venv/bin/ruff", version=version)


def _bytes(path: str) -> bytes:
    return (RECORDED / path).read_bytes()


SAMPLES = {
    "ruff": Sample(
        tool=ruff.LINT,
        probe=_ruff("0.17.6"),
        root=HOME,
        with_findings=(1, _bytes("0.17.6/check.jsonl"), b""),
        clean=(0, b"", b""),
        named="src/ünï code.py",
    ),
    "ruff on Windows": Sample(
        tool=ruff.LINT,
        probe=_ruff("0.17.6"),
        root="C:\\Users\\dev\\my prøj",
        with_findings=(1, _bytes("0.17.6/check-windows.jsonl"), b""),
        clean=(0, b"", b""),
        named="src/",
    ),
    "ruff, old": Sample(
        tool=ruff.LINT,
        probe=_ruff("0.4.10"),
        root=HOME,
        with_findings=(1, _bytes("0.4.10/check.jsonl"), b"warning: something is deprecated"),
        clean=(0, b"", b""),
        named="pyproject.toml",
    ),
    "ruff format": Sample(
        tool=ruff.FORMAT,
        probe=_ruff("0.17.6"),
        root=HOME,
        with_findings=(2, _bytes("0.17.6/format.jsonl"), b""),
        clean=(0, b"", b""),
        named="README.md",
    ),
    "ruff format, old": Sample(
        tool=ruff.FORMAT,
        probe=_ruff("0.12.12"),
        root=HOME,
        with_findings=(2, _bytes("0.12.12/format.out.txt"), _bytes("0.12.12/format.err.txt")),
        clean=(0, b"3 files already formatted\n", b""),
        named="src/",
    ),
    **TYPES_SAMPLES,
    **MORE_SAMPLES,
}


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
