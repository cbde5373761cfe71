"""An own line is in the way: the offer is a command that works, also across groups; and titles hold no login."""

import shlex

from tests.journeys.conftest import MakeStage
from tests.journeys.stage import Said, Stage
from tests.registry import Registry


def offered(said: Said) -> list[list[str]]:
    """Give the words of each command that was offered, without `onward`."""
    lines = [line.partition("onward ")[2] for line in said.err.splitlines() if "onward add" in line]
    return [shlex.split(line) for line in lines]


def test_the_offer_keeps_commas_and_the_group_of_each_line(
    registry: Registry, make_stage: MakeStage
) -> None:
    registry.add("mossgrove", "1.0")
    registry.add("mossgrove", "2.0")
    registry.add("fernwood", "1.5", requires=["mossgrove>=2"])
    stage = make_stage(dependencies=["mossgrove<2"])
    stage.fine("lock")

    said = stage.refused("add", "--dev", "fernwood>=1, <2")

    commands = offered(said)
    assert commands[-1] == ["add", "--dev", "fernwood>=1, <2"]
    for words in commands:
        stage.fine(*words)
    text = (stage.root / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dev = [\n    "fernwood>=1,<2",' in text
    assert stage.locked == {"mossgrove": "2.0", "fernwood": "1.5"}


def test_a_login_in_what_is_added_is_in_no_title(stage: Stage) -> None:
    address = "tidewater @ https://joe:hunter2@127.0.0.1:9/tidewater-1-py3-none-any.whl"

    for words in ((), ("--json",)):
        said = stage.refused("add", "reqeusts", address, *words)
        assert "tidewater @ https://****@127.0.0.1:9/" in said.text
        assert "hunter2" not in said.text
