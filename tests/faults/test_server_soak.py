"""The server for minutes at load, with an upstream that fails and kills in between (``scripts/soak --minutes N``)."""

import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.besieged import Besieged
from tests.faults.siege import Siege, upstream_trouble
from tests.index.serving import free_port
from tests.registry import Registry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

_OFTEN, _SELDOM = 0.5, 0.4


@pytest.fixture
def siege(tmp_path: Path, registry: Registry, env: dict[str, str], seed: int) -> Iterator[Siege]:
    data = tmp_path / "data"
    data.mkdir()
    server = Besieged(data, registry.url, env, free_port())
    try:
        yield Siege(server, registry, seed)
    finally:
        server.end()


def after(seconds: float) -> Callable[[], bool]:
    """Give what says whether so many seconds have passed since now."""
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() >= deadline


def stand(siege: Siege, is_over: Callable[[], bool], often: float) -> None:
    """Hold out with kills in between, and insist on what must be there in the end."""

    def kill_now_and_then(chance: random.Random) -> None:
        upstream_trouble(siege, chance)
        if chance.random() < often:
            siege.server.kill()

    siege.hold(is_over, kill_now_and_then)
    siege.server.kill()  # at least once, and so that what was left is swept
    siege.uploaders.settle()
    assert siege.wrong == []


def test_it_stands_for_some_kills(siege: Siege) -> None:
    stand(siege, lambda: siege.server.kills > 2 and siege.uploaders.answers[200] > 30, _OFTEN)


@pytest.mark.soak
def test_it_stands(siege: Siege, minutes: float, capsys: pytest.CaptureFixture[str]) -> None:
    stand(siege, after(minutes * 60 * 0.4), _SELDOM)
    siege.fill_memory()
    memory: list[float] = []

    def trouble(chance: random.Random) -> None:
        upstream_trouble(siege, chance)
        memory.append(siege.server.memory())

    siege.hold(after(minutes * 60 * 0.6), trouble)
    siege.uploaders.settle()
    third = len(memory) // 3
    early, late = max(memory[:third]), max(memory[-third:])
    with capsys.disabled():
        print(f"\nanswers {siege.answers.total()}: {dict(siege.answers)}")
        print(f"uploads {siege.uploaders.answers.total()}: {dict(siege.uploaders.answers)}")
        print(f"what uploaders did: {dict(siege.uploaders.ledger.done)}")
        print(f"kills {siege.server.kills}, most on their way {siege.uploaders.most_left}")
        some = memory[:: max(1, len(memory) // 20)]
        print(f"memory from {early:.0f} to {late:.0f} MB: {' '.join(f'{one:.0f}' for one in some)}")
    assert siege.wrong == []
    assert siege.answers[200] > 100, siege.answers
    assert siege.answers[403] > 10, siege.answers
    assert late <= early * 1.1 + 10, f"memory grew from {early:.0f} to {late:.0f} MB"
    assert siege.server.stop() == 0, siege.server.said
    assert "Traceback" not in siege.server.said, siege.server.said
