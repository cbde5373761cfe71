"""Many clients that keep their connections open, as installers do."""

import contextlib
import http.client
from pathlib import Path

from tests.conftest import FakeClock
from tests.index.serving import serving
from tests.registry import Registry


def test_a_room_full_of_kept_connections_keeps_nobody_out(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    with contextlib.ExitStack() as open_ones:
        server = open_ones.enter_context(
            serving(tmp_path / "data", (registry.url,), env=env, clock=clock)
        )
        statuses: set[int] = set()
        for _ in range(200):  # uv keeps up to 50 open
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            open_ones.enter_context(contextlib.closing(connection))
            connection.request("GET", "/health")
            answer = connection.getresponse()
            answer.read()
            statuses.add(answer.status)
        assert statuses == {200}
        assert server.get("/health").status == 200
