"""Taking a library out names every import of it that is left, also when something else still brings it."""

from tests.journeys.conftest import MakeStage
from tests.registry import Registry


def test_imports_of_what_stays_for_another_are_named_too(
    registry: Registry, make_stage: MakeStage
) -> None:
    registry.add("tidewater", "1.0")
    registry.add("fernwood", "1.0", requires=["tidewater"])
    registry.add("mossgrove", "1.0")
    stage = make_stage(files={"src/demo/__init__.py": "import tidewater\nimport mossgrove\n"})
    stage.fine("add", "tidewater", "fernwood", "mossgrove")

    said = stage.fine("remove", "tidewater", "mossgrove")

    assert "the code still imports `tidewater`: src/demo/__init__.py:1" in said.err
    assert "it is there only as long as fernwood needs it" in said.err
    assert "the code still imports `mossgrove`: src/demo/__init__.py:2" in said.err
    assert said.err.count("it is there only as long as") == 1
