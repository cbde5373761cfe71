"""The server for minutes at load, with an upstream that fails and kills in between (``scripts/soak --minutes N``)."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.siege import Besieged, Siege, upstream_trouble
from tests.index.serving import free_port
from tests.registry import Registry

pytestmark = pytest.mark.soak


@pytest.fixture
def siege(tmp_path: Path, registry: Registry, env: dict[str, str], seed: int) -> Iterator[Siege]:
    data = tmp_path / "data"
    data.mkdir()
    server = Besieged(data, registry.url, env, free_port())
    try:
        yield Siege(server, registry, seed)
    finally:
        server.child.kill()
        server.child.wait(30)


def test_it_stands(siege: Siege, minutes: float) -> None:
    def kill_now_and_then(chance: random.Random) -> None:
        upstream_trouble(siege, chance)
        if chance.random() < 0.05:
            siege.server.kill()

    siege.hold(minutes * 60 * 0.4, kill_now_and_then)

    memory: list[float] = []

    def trouble(chance: random.Random) -> None:
        upstream_trouble(siege, chance)
        memory.append(siege.server.memory())

    siege.hold(minutes * 60 * 0.6, trouble)
    third = len(memory) // 3
    early, late = max(memory[:third]), max(memory[-third:])
    assert siege.wrong == []
    assert siege.answers[200] > 100, siege.answers
    assert siege.answers[403] > 10, siege.answers
    assert late <= early * 1.1 + 10, f"memory grew from {early:.0f} to {late:.0f} MB"
    assert siege.server.stop() == 0, siege.server.said
    assert "Traceback" not in siege.server.said, siege.server.said
