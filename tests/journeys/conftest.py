"""Stages for the journeys."""

from collections.abc import Callable

import pytest

from tests.conftest import FakeClock, MakeEnv, MakeProject
from tests.journeys.stage import Stage
from tests.registry import Registry

MakeStage = Callable[..., Stage]


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
