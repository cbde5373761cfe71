"""The page behind a refusal: what is held back and why, for people, with nothing from elsewhere."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    with serving(tmp_path / "data", (registry.url,), env=env, clock=clock) as made:
        yield made


def test_the_link_of_a_refusal_leads_to_the_reason(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    (late,) = registry.add("tidewater", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    refusal = server.get(f"/files/tidewater/{late.filename}").json
    (link,) = re.findall(r"More: (\S+)", refusal["detail"])
    assert link.startswith(f"http://127.0.0.1:{server.port}/project/tidewater/?file=")
    page = server.get(link.partition(str(server.port))[2].partition("#")[0])
    text = page.body.decode()
    assert page.status == 200
    assert f'id="{late.filename}"' in text
    assert "guard/too-new" in text
    assert text.index("2.0") < text.index("1.0")
    assert "may be installed" in text


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(
    server: Serving, registry: Registry
) -> None:
    registry.add("tidewater", "1.0")
    page = server.get("/project/tidewater/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(rb"<script|<link|<img|@import|url\(|https?://(?!127\.0\.0\.1)", page.body)


def test_a_stranger_s_name_is_text(server: Serving) -> None:
    answer = server.get("/project/%3Cscript%3Ealert(1)%3C%2Fscript%3E/")
    assert answer.status == 404
    assert b"<script>" not in answer.body


def test_an_upstream_that_is_away_is_said(server: Serving, registry: Registry) -> None:
    registry.fail("status", "*", code=503)
    assert server.get("/project/tidewater/").status == 502


def test_a_link_holds_no_strange_host(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    (late,) = registry.add("tidewater", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    answer = server.get(f"/files/tidewater/{late.filename}", {"Host": "evil.test/<b>"})
    assert "evil" not in answer.body.decode()


def test_it_is_well(server: Serving) -> None:
    assert server.get("/health").json == {"status": "ok", "product": "onward"}
