"""Stages for the journeys, and a server for those that go through one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import FakeClock, MakeEnv, MakeProject
from tests.index.serving import Serving, serving
from tests.journeys.stage import Stage
from tests.registry import Registry

MakeStage = Callable[..., Stage]

NO_WAIT = '[guard]\ncooldown = "0 days"\n'


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    """A server that lets everything in, however new: ``tidewater``, which needs ``mossgrove``."""
    registry.add("tidewater", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0")
    with serving(tmp_path / "data", (registry.url,), env=env, clock=clock, policy=NO_WAIT) as made:
        yield made


@pytest.fixture
def make_stage(
    registry: Registry, project: MakeProject, make_env: MakeEnv, clock: FakeClock
) -> MakeStage:
    """A maker of stages: ``make_stage(dependencies=[...], ...)`` makes a project whose default index is ``registry``.

    The advisory data is fresh and empty, so that no finding is about it.
    """

    def make(**more: object) -> Stage:
        settings: dict[str, object] = {"index": registry.url, **more}
        stage = Stage(project(**settings), make_env(), clock)
        stage.advise(NOBODY)
        return stage

    return make


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """An empty project whose default index is ``registry``."""
    return make_stage()


NOBODY = {
    "id": "TEST-0",
    "modified": "2026-06-01T06:00:00Z",
    "affected": [
        {"package": {"ecosystem": "PyPI", "name": "nobody-needs-this"}, "versions": ["0.0.1"]}
    ],
}
"""An advisory that no test meets: a feed may not be empty."""
