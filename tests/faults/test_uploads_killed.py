"""A real server that is killed while it takes an upload: what was answered is there, what was not is whole or absent."""

import random
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.besieged import FORM, Besieged, form_of
from tests.faults.uploaders import Uploaders
from tests.index.serving import free_port
from tests.registry import Registry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

AT_A_POINT = "tests.faults.server_at_a_point"


class Killed:
    """A server that is killed again and again, with the one who uploads to it."""

    def __init__(self, folder: Path, upstream: str, env: dict[str, str]) -> None:
        data = folder / "data"
        data.mkdir()
        (data / "onward-policy.toml").write_text('[guard]\nprivate = ["acme-*"]\n')
        self.counted = folder / "counted"
        self.wrong: list[str] = []
        # made before the server is, so that its token counts from the beginning
        self.uploaders = Uploaders(data, self.wrong)
        self.server = Besieged(data, upstream, env, free_port(), module=self.module(0))
        self.uploaders.server = self.server
        self.chance = random.Random(1)

    def module(self, kill_at: int) -> tuple[str, ...]:
        return AT_A_POINT, str(kill_at), str(self.counted)

    def points(self) -> int:
        """Give how many points there are in taking an upload."""
        assert self.uploaders.fresh(self.chance).status == 200
        return len(self.counted.read_text(encoding="utf-8").split())

    def settle(self) -> None:
        """Start the server without any trouble, and insist on every file; then upload all of them again."""
        self.server.kill()
        self.uploaders.settle()
        for filename, sent in self.uploaders.ledger.files.items():
            for content in list(sent.may.values()):
                assert self.uploaders.send(filename, content).status == 200
        self.uploaders.settle()
        assert self.wrong == []


@pytest.fixture
def killed(tmp_path: Path, registry: Registry, env: dict[str, str]) -> Iterator[Killed]:
    made = Killed(tmp_path, registry.url, env)
    yield made
    made.server.end()


def at_points(killed: Killed, chosen: list[int]) -> None:
    for point in chosen:
        killed.server.end()
        killed.server.start(killed.module(point))
        assert killed.uploaders.fresh(killed.chance).status == 0
        assert killed.server.child.wait(30) == -9
    killed.settle()


def test_it_is_killed_between_store_and_database(killed: Killed) -> None:
    last = killed.points()  # after the commit, before the answer
    words = killed.counted.read_text(encoding="utf-8").split()
    at_points(killed, [words.index("link") + 1, words.index("link") + 2, last - 1, last])


@pytest.mark.soak
def test_it_is_killed_at_every_point(killed: Killed) -> None:
    at_points(killed, list(range(1, killed.points() + 1)))


def test_it_is_killed_with_half_of_an_upload(killed: Killed) -> None:
    coming = killed.server.data / "coming"
    _, filename, content = killed.uploaders.ledger.fresh(killed.chance, size=3_000_000)
    body = form_of(filename, content)
    words = {**FORM, **killed.uploaders.tokens["good"], "Content-Length": str(len(body))}
    lines = "".join(f"{key}: {value}\r\n" for key, value in {**words, "Host": "x"}.items())
    with socket.create_connection(("127.0.0.1", killed.server.port), 20) as client:
        client.sendall(f"POST /legacy/ HTTP/1.1\r\n{lines}\r\n".encode() + body[: len(body) // 2])
        waiting = threading.Event()
        while not any(path.stat().st_size for path in coming.iterdir()):
            waiting.wait(0.02)
        killed.server.kill()
    assert list(coming.iterdir()) == []
    killed.settle()
    assert killed.uploaders.send(filename, content).status == 200
    killed.settle()
