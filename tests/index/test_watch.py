"""What stands around the application: counts, events, and an answer for every fault."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from onward.core.events import Event, Weight
from onward.index.asgi import App, Receive, Scope, Send
from onward.index.watch import Traffic, Watch
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry

WORDS = "the way to the moon"


class Heard:
    """Events that were told, from whatever thread."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = threading.Condition()

    def append(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def of(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Give the facts of one kind, once ``count`` were told: some are only after the answer."""
        with self._news:
            self._news.wait_for(lambda: len(self._told(kind)) >= count, timeout=20)
            return self._told(kind)

    def _told(self, kind: str) -> list[dict[str, Any]]:
        return [dict(event.facts) for event in self.events if event.kind == kind]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock, heard: Heard
) -> Iterator[Serving]:
    data = tmp_path / "data"
    with serving(
        data, (registry.url,), env=env, clock=clock, tell=heard.append, access=True
    ) as made:
        yield made


def asked(app: App, path: str = "/simple/x/") -> list[MutableMapping[str, Any]]:
    """Give what an application sends for one request."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1)}  # fmt: skip
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return sent


def failing(*, after: str = "") -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if after:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        if after == "all":
            await send({"type": "http.response.body", "body": b"all", "more_body": False})
        raise ZeroDivisionError(WORDS)

    return app


def test_a_fault_is_an_answer_with_an_id_that_the_log_has_too(heard: Heard) -> None:
    traffic = Traffic()
    start, body = asked(Watch(failing(), traffic, start="abc", tell=heard.append))
    assert start["status"] == 500
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"x-request-id"] == b"abc-1"
    problem = json.loads(body["body"])
    assert problem["instance"] == "urn:onward:request:abc-1"
    assert WORDS not in body["body"].decode()
    (told,) = heard.of("fault")
    assert told["request"] == "abc-1"
    assert WORDS in told["traceback"]
    assert heard.events[0].weight is Weight.error
    assert traffic.counts["simple", 500].answers == 1
    assert traffic.running == 0


def test_a_fault_in_the_middle_of_an_answer_breaks_it_off(heard: Heard) -> None:
    traffic = Traffic()
    with pytest.raises(ZeroDivisionError):
        asked(Watch(failing(after="head"), traffic, start="abc", tell=heard.append))
    assert traffic.broken == 1
    assert heard.of("fault")


def test_a_fault_after_an_answer_leaves_it_whole(heard: Heard) -> None:
    sent = asked(Watch(failing(after="all"), Traffic(), start="abc", tell=heard.append))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert heard.of("fault")


@pytest.mark.parametrize(
    ("path", "break_it"),
    [
        ("/simple/tidewater/", lambda parts: setattr(parts.pages, "hit", _broken)),
        ("/project/tidewater/", lambda parts: setattr(parts.pages, "page", _broken)),
        ("/", lambda parts: setattr(parts.pages, "names", _broken)),
        ("/simple/", lambda parts: setattr(parts.pages, "names", _broken)),
        ("/metrics", lambda parts: setattr(parts.asking, "counts", _broken)),
        ("/ready", lambda parts: setattr(parts.judge, "old_data", _broken)),
    ],
)
def test_no_route_drops_the_connection(
    server: Serving, heard: Heard, path: str, break_it: Callable[[Any], None]
) -> None:
    break_it(server.parts)
    answer = server.get(path)
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == heard.of("fault")[0]["request"]
    assert WORDS in heard.of("fault")[0]["traceback"]
    assert server.get("/health").status == 200


def _broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError(WORDS)


def test_what_does_not_exist_is_a_problem_too(server: Serving) -> None:
    answer = server.get("/nothing")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    answer = server.get("/health", method="DELETE")
    assert (answer.status, answer.headers["content-type"]) == (405, "application/problem+json")
    assert "GET" in answer.headers["allow"]


def test_a_refusal_a_failure_and_every_answer_are_told(
    server: Serving, registry: Registry, clock: FakeClock, heard: Heard
) -> None:
    registry.add("tidewater", "1.0")
    (late,) = registry.add("tidewater", "2.0", uploaded=clock())
    server.get(f"/files/tidewater/{late.filename}", {"User-Agent": "pip/26 a=b"})
    (held,) = heard.of("held-back")
    assert held["rules"] == "guard/too-new"
    assert held["on"] == "tidewater==2.0"
    assert late.filename in held["path"]
    registry.fail("status", "*", code=503)
    answer = server.get("/simple/mossgrove/")
    assert answer.status == 502
    (failed,) = heard.of("failed")
    assert failed["request"] == answer.headers["x-request-id"]
    assert failed["error"] == "registry-refused"
    assert heard.of("upstream-failed")[0]["why"] == "status-503"
    access = heard.of("access", 3)
    assert [line["status"] for line in access] == [302, 403, 502]
    assert access[1]["client"] == "127.0.0.1"
    assert access[1]["bytes"] > 100


def test_what_is_read_again_is_told(server: Serving, heard: Heard) -> None:
    policy = server.data / "onward-policy.toml"
    policy.write_text('[guard]\ncooldown = "9 days"\n', encoding="utf-8")
    assert server.judge.refresh()
    assert len(heard.of("policy-read")) == 1
    assert not heard.of("feed-read", 0)


def test_an_answer_of_many_lives_does_not_leave_its_labels(server: Serving) -> None:
    for number in range(30):
        server.get(f"/made-up-{number}/x")
        server.get(f"/simple/made-up-{number}/")
    assert {key[0] for key in server.parts.traffic.counts} == {"other", "simple"}
