"""A lock that forks by Python holds a name in several versions; people are told of it once."""

from tests.journeys.conftest import MakeStage
from tests.registry import Registry


def test_a_name_in_two_versions_is_told_once(registry: Registry, make_stage: MakeStage) -> None:
    registry.add("mossgrove", "1.0")
    registry.add("mossgrove", "2.0")
    needs = ["mossgrove==1.0; python_version < '3.12'", "mossgrove==2.0; python_version >= '3.12'"]
    registry.add("fernwood", "1.0", requires=needs)
    stage = make_stage(requires_python=">=3.11")

    said = stage.fine("add", "fernwood", *needs)

    lines = [line for line in said.out.splitlines() if line.startswith("  + ")]
    assert lines[0].startswith("  + fernwood==1.0 ")
    assert lines[1].startswith("  + mossgrove==1.0 and 2.0")
    assert len(lines) == 2
    found = stage.fine("outdated")
    assert "2 packages looked at, 0 with something newer." in found.out


def test_what_was_there_before_is_told_in_one_line(
    registry: Registry, make_stage: MakeStage
) -> None:
    registry.add("tidewater", "1.0", wheel=False, sdist=True)
    registry.add("mossgrove", "1.0", wheel=False, sdist=True)
    registry.add("fernwood", "1.0")
    stage = make_stage()
    first = stage.fine("add", "tidewater", "mossgrove")
    assert first.out.count("[guard/source-only]") == 2
    second = stage.fine("add", "fernwood")
    assert "[guard/source-only]" not in second.out
    assert "on what was there before: 2 guard/source-only; `onward check` shows them" in second.out


def test_what_another_platform_needs_is_not_built_here(
    registry: Registry, make_stage: MakeStage
) -> None:
    registry.add("tidewater", "1.0", wheel=False, sdist=True)
    registry.add("fernwood", "1.0", requires=["tidewater; sys_platform == 'plan9'"])
    stage = make_stage()
    assert "guard/source-only" not in stage.fine("add", "fernwood").out
