"""A server in front of an upstream that answers whatever a test writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from tests.index.odd_upstream import OddUpstream, odd_upstream
from tests.index.serving import Serving, serving


@pytest.fixture
def upstream() -> Iterator[OddUpstream]:
    with odd_upstream() as made:
        yield made


@pytest.fixture
def server(
    tmp_path: Path, upstream: OddUpstream, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    with serving(tmp_path / "data", (upstream.url,), env=env, clock=clock) as made:
        yield made
        assert made.get("/health").status == 200  # whatever happened
