"""Answers that are kept: the last ones, within a limit, and none that is of another time."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.index.made import Made
from tests.conftest import FakeClock
from tests.index.odd_upstream import OddUpstream, odd_upstream
from tests.index.serving import Serving, serving

NAME = "tidewater"
WHEEL = f"{NAME}-1.0-py3-none-any.whl"
METADATA = b"Metadata-Version: 2.1\nName: tidewater\nVersion: 1.0\nRequires-Dist: mossgrove\n"


@pytest.fixture
def upstream() -> Iterator[OddUpstream]:
    with odd_upstream() as made:
        yield made


@pytest.fixture
def server(
    tmp_path: Path, upstream: OddUpstream, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel", **{"core-metadata": True}))
    with serving(tmp_path / "data", (upstream.url,), env=env, clock=clock) as made:
        yield made


def test_the_last_answers_are_kept_within_the_limit() -> None:
    made: Made[str] = Made(100)
    assert made.get("a", 1) is None
    assert made.keep("a", 1, "one", 25) == "one"
    assert made.keep("b", 1, "two", 25) == "two"
    made.keep("a", 1, "three", 20)
    made.keep("c", 1, "four", 25)
    made.keep("d", 1, "five", 25)
    assert made.get("b", 1) == "two"  # and is now the last that was asked for
    made.keep("e", 1, "six", 25)
    assert [made.get(key, 1) for key in "abcde"] == [None, "two", "four", "five", "six"]
    assert made.keep("f", 1, "too large", 26) == "too large"
    assert made.get("f", 1) is None


def test_of_each_thing_only_its_last_state_is_kept() -> None:
    made: Made[str] = Made(100)
    for state in range(50):
        made.keep("a", state, f"state {state}", 25)
    assert [made.get("a", state) for state in (0, 48, 49)] == [None, None, "state 49"]
    made.keep("b", 0, "beside it", 25)
    made.keep("c", 0, "and this", 25)
    assert made.get("a", 49) == "state 49"


def test_json_is_made_once_for_each_state_of_its_page(
    server: Serving, upstream: OddUpstream
) -> None:
    upstream.give(f"/files/{WHEEL}.metadata", METADATA)
    first = server.get(f"/pypi/{NAME}/json")
    assert first.json["info"]["requires_dist"] == ["mossgrove"]
    (kept,) = server.data.joinpath("store").rglob("*.metadata")
    kept.unlink()
    upstream.give(f"/files/{WHEEL}.metadata", b"", status=500)
    assert server.get(f"/pypi/{NAME}/json").body == first.body
    elsewhere = server.get(f"/pypi/{NAME}/json", {"Host": "index.test"})
    assert elsewhere.json["urls"][0]["url"] == f"http://index.test/files/{NAME}/{WHEEL}"
    (server.data / "onward-policy.toml").write_text('[guard]\nallow_only = ["other"]\n', "utf-8")
    server.server.refresh()
    assert "BLOCKED-" in server.get(f"/pypi/{NAME}/json").json["urls"][0]["url"]


def test_json_without_metadata_is_made_again(server: Serving, upstream: OddUpstream) -> None:
    upstream.give(f"/files/{WHEEL}.metadata", b"no metadata")
    assert server.get(f"/pypi/{NAME}/json").json["info"]["requires_dist"] is None
    upstream.give(f"/files/{WHEEL}.metadata", METADATA)
    assert server.get(f"/pypi/{NAME}/json").json["info"]["requires_dist"] == ["mossgrove"]


def test_a_page_for_people_follows_the_policy_the_login_and_the_form(
    server: Serving, upstream: OddUpstream
) -> None:
    place = f"/project/{NAME}/"
    html = {"Accept": "text/html"}
    assert server.get(place, html).body == server.get(place, html).body
    assert json.loads(server.get(f"{place}?format=json", html).body)["name"] == NAME
    assert server.get(place, html).body[:9].lower() == b"<!doctype"
    refused = f"/refused/{NAME}/{WHEEL}"
    assert server.get(refused, html).status == 200
    (server.data / "onward-policy.toml").write_text('[guard]\nallow_only = ["other"]\n', "utf-8")
    server.server.refresh()
    assert server.get(refused, html).status == 403
    assert b"not-allowed" in server.get(place, html).body
