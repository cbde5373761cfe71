"""A lock that forks by Python holds a name in several versions; people are told of it once."""

from tests.conftest import FakeClock
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


def test_a_name_whose_fork_moves_is_told_once(
    registry: Registry, make_stage: MakeStage, clock: FakeClock
) -> None:
    registry.add("mossgrove", "1.0")
    stage = make_stage(dependencies=["mossgrove"], requires_python=">=3.11")
    stage.fine("lock")
    registry.add("mossgrove", "2.0")
    registry.add("mossgrove", "3.0")
    needs = ["mossgrove==2.0; python_version < '3.12'", "mossgrove==3.0; python_version >= '3.12'"]
    registry.add("fernwood", "1.0", requires=needs)
    clock.advance(hours=1)

    said = stage.fine("add", "fernwood", "--dry-run")

    assert "1 new, 1 changed" in said.out
    assert "  ~ mossgrove 1.0 -> 2.0 and 3.0" in said.out
    assert said.out.count("mossgrove") == 2  # and once as what fernwood brings


def test_an_update_tells_what_was_there_before_in_one_line(
    registry: Registry, make_stage: MakeStage, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0", wheel=False, sdist=True)
    registry.add("fernwood", "1.0")
    stage = make_stage()
    stage.fine("add", "tidewater", "fernwood>=1")
    registry.add("fernwood", "1.1")
    clock.advance(hours=1)

    said = stage.fine("update", "--dry-run")

    assert "[guard/source-only]" not in said.out
    assert "on what was there before: 1 guard/source-only; `onward check` shows them" in said.out


def test_what_only_an_older_fork_needs_is_brought_too(
    registry: Registry, make_stage: MakeStage
) -> None:
    registry.add("tidewater", "1.0")
    registry.add("mossgrove", "1.0", requires=["tidewater"])
    registry.add("mossgrove", "2.0")
    needs = ["mossgrove==1.0; python_version < '3.12'", "mossgrove==2.0; python_version >= '3.12'"]
    registry.add("fernwood", "1.0", requires=needs)
    stage = make_stage(requires_python=">=3.11")

    said = stage.fine("add", "fernwood", "--dry-run")

    assert "brings 2 more (mossgrove [MIT], tidewater [MIT])" in said.out
    assert "  + tidewater" not in said.out


def test_a_lock_that_is_only_written_otherwise_still_fits(
    registry: Registry, make_stage: MakeStage
) -> None:
    registry.add("mossgrove", "1.0")
    stage = make_stage(dependencies=["mossgrove"])
    stage.fine("lock")
    lock = stage.root / "uv.lock"
    lock.write_bytes(
        lock.read_bytes() + b"\n"
    )  # uv too writes the same lock in another order at times
    assert stage.uv("lock", "--check").code == 0

    said = stage.fine("update", "--dry-run")

    assert "Nothing to update." in said.out
    assert "does not fit" not in said.out
