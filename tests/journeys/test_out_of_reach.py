"""What cannot be had is told in onward's own words: an index that is none, a version nobody has, a Python too old."""

import datetime as dt

import pytest

from tests.journeys.conftest import MakeStage
from tests.journeys.stage import Stage
from tests.registry import Registry

FRESH = dt.datetime(2026, 5, 31, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("htp://index.test/simple", "is no https, http or file address"),
        ("not a url", "there is no folder"),
        ("file:///not/there/at/all", "there is no folder"),
        ("https:///simple", "names no host"),
    ],
)
def test_an_index_that_is_none_is_named_with_its_variable(
    stage: Stage, address: str, why: str
) -> None:
    stage.env["UV_DEFAULT_INDEX"] = address
    said = stage.refused("add", "tidewater", code=2)
    assert "[bad-index]" in said.err
    assert "UV_DEFAULT_INDEX: " in said.err
    assert why in said.err


def test_all_faulty_indexes_of_a_file_are_told_at_once(make_stage: MakeStage) -> None:
    stage = make_stage(
        extra='[[tool.uv.index]]\nurl = "ftp://one.test/simple"\n'
        '[[tool.uv.index]]\nname = "two"\nurl = "https://user:word@/simple"\n'
    )
    said = stage.refused("add", "tidewater", code=2)
    assert said.err.count("pyproject.toml`: ") == 2
    assert "word" not in said.err.replace("password", "")


def test_a_version_that_nobody_has(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "1.1", uploaded=FRESH)
    said = stage.refused("add", "tidewater==99")
    assert "cannot be done" in said.err
    assert (
        "there is no `tidewater` that fits `==99`: the newest is 1.1,"
        " the newest that the policy lets pass 1.0" in said.err
    )


def test_a_dependency_for_later_pythons_names_the_own_line(
    registry: Registry, make_stage: MakeStage
) -> None:
    registry.add("tidewater", "1.0", requires_python=">=3.7")
    registry.add("tidewater", "2.0", requires_python=">=3.10")
    stage = make_stage(requires_python=">=3.8")
    said = stage.refused("add", "tidewater>=2")
    assert "pyproject.toml:4: `requires-python = >=3.8` is in the way" in said.err
    assert "with `>=3.10` there it works" in said.err
    assert "cause:" not in said.err


def test_an_old_yanked_release_is_not_blamed_for_something_else(
    registry: Registry, stage: Stage
) -> None:
    registry.add("tidewater", "1.0", yanked="it ate the cat")
    registry.add("tidewater", "2.0", requires=["mossgrove>=5"])
    registry.add("mossgrove", "1.0")
    said = stage.refused("add", "tidewater")
    assert "guard/yanked" not in said.err
    assert "mossgrove>=5" in said.err
    assert "--" not in said.err
