"""What machines ask the server for: whether it is ready, and its figures; and who may see how much."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.domain.grants import NOTHING, READING, Action, Grant
from onward.index.asgi import GRANT, App, Receive, Scope, Send
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry
from tests.web.conftest import blocked_address


def figures(server: Serving) -> dict[str, float]:
    answer = server.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_it_is_ready_and_says_a_word_on_each_thing(server: Serving) -> None:
    answer = server.get("/ready")
    assert (answer.status, answer.json["status"]) == (200, "ready")
    checks = answer.json["checks"]
    assert {name: check["fine"] for name, check in checks.items()} == dict.fromkeys(
        ("store", "database", "policy", "feed"), True
    )
    assert "there is no advisory data" in checks["feed"]["words"]


def test_a_policy_that_cannot_be_used_is_not_ready_until_it_is_mended(server: Serving) -> None:
    policy = server.data / "onward-policy.toml"
    policy.write_text("[guard]\nallow_onyl = []\n", encoding="utf-8")
    server.judge.refresh()
    answer = server.get("/ready")
    assert answer.status == 503
    assert "allow_onl" in answer.json["checks"]["policy"]["words"]
    policy.write_text("[guard]\nallow_only = []\n", encoding="utf-8")
    server.judge.refresh()
    assert server.get("/ready").status == 200


def test_old_data_is_not_ready_where_the_policy_minds(server: Serving) -> None:
    policy = server.data / "onward-policy.toml"
    policy.write_text('profile = "strict"\n', encoding="utf-8")
    server.judge.refresh()
    answer = server.get("/ready")
    assert (answer.status, answer.json["checks"]["feed"]["fine"]) == (503, False)


def test_a_folder_that_is_gone_or_a_database_that_is_closed_is_not_ready(server: Serving) -> None:
    database = server.data / "onward.sqlite"
    server.parts.database.close()
    for path in (database, *server.data.glob("onward.sqlite-*")):
        path.unlink(missing_ok=True)
    assert server.get("/ready").json["checks"]["database"]["fine"] is False
    shutil.rmtree(server.data)
    server.data.write_text("no folder", encoding="utf-8")
    answer = server.get("/ready")
    assert answer.status == 503
    assert answer.json["checks"]["store"]["fine"] is False
    assert server.get("/health").status == 200


def test_figures_count_what_happened_and_name_no_project(server: Serving) -> None:
    for _ in range(3):
        server.get("/simple/tidewater/")
    server.get("/simple/nothing-here/")
    server.get(blocked_address(server, "jinja2"))
    told = figures(server)
    assert told['onward_requests_total{route="simple",status="200"}'] == 4
    assert told['onward_requests_total{route="simple",status="404"}'] == 1
    assert told['onward_held_back_total{rule="guard/vulnerable"}'] == 1
    assert told['onward_request_seconds_count{route="simple"}'] == 5
    assert told['onward_sent_bytes_total{route="simple"}'] > 1_000
    assert told['onward_pages_total{from="miss"}'] == 3
    assert told['onward_pages_total{from="hit"}'] >= 2
    assert told['onward_upstream_seconds_count{outcome="2xx"}'] == 2
    assert told['onward_upstream_seconds_count{outcome="4xx"}'] == 1
    assert told["onward_running_requests"] == 1
    assert told["onward_feed_starter"] == 1
    assert told["onward_feed_age_days"] > 100
    assert not re.search("tidewater|jinja2|nothing-here", server.get("/metrics").body.decode())


def test_a_failing_upstream_is_counted(server: Serving, registry: Registry) -> None:
    registry.fail("status", "*", code=503)
    server.get("/simple/mossgrove/")
    assert figures(server)['onward_upstream_seconds_count{outcome="5xx"}'] == 1


class _As:
    """The application as someone with this grant sees it."""

    def __init__(self, app: App, grant: Grant) -> None:
        self._app = app
        self._grant = grant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[GRANT] = self._grant
        await self._app(scope, receive, send)


READER = Grant(label="ci", token="r", actions=frozenset({Action.read}))
ADMIN = Grant(label="ops", token="t", actions=frozenset({Action.read, Action.admin}))


@pytest.fixture(
    params=[NOTHING, READING, READER, ADMIN], ids=["nobody", "anyone", "reader", "admin"]
)
def granted(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    registry: Registry,
    env: dict[str, str],
    clock: FakeClock,
) -> Iterator[tuple[Grant, Serving]]:
    grant: Grant = request.param
    registry.add("jinja2", "2.10")
    around = lambda app: _As(app, grant)  # noqa: E731
    data = tmp_path / "data"
    with serving(data, (registry.url,), env=env, clock=clock, around=around) as made:
        yield grant, made


def test_where_there_are_logins_only_an_admin_sees_the_figures(
    granted: tuple[Grant, Serving],
) -> None:
    grant, server = granted
    metrics, ready = server.get("/metrics"), server.get("/ready")
    assert ready.status == 200
    assert ("checks" in ready.json) is grant.may(Action.admin)
    if grant.may(Action.admin):
        assert metrics.status == 200
    else:
        assert b"onward_requests" not in metrics.body
        assert metrics.status == (403 if grant.token else 401)
        assert ("www-authenticate" in metrics.headers) is (not grant.token)
    page = server.get(blocked_address(server, "jinja2"), {"Accept": "text/html"}).body
    assert str(server.data).encode() not in page  # where the data lies is nobody's business
    assert b"--data DIR" in page
