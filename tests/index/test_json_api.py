"""PyPI's JSON API: what its readers need of it, from the guarded page and from nothing else."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.simple_api import File
from onward.core.names import Name
from onward.index.json_api import write_json
from onward.shelves.listed import Release, chosen
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry

Serve = Callable[..., Serving]


@pytest.fixture
def serve(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serve]:
    with contextlib.ExitStack() as running:

        def start(policy: str = "") -> Serving:
            made = serving(tmp_path / "data", (registry.url,), env=env, clock=clock, policy=policy)
            return running.enter_context(made)

        yield start


def test_a_project_and_a_release(serve: Serve, registry: Registry) -> None:
    registry.add("Tide_Water", "0.9")
    (wheel,) = registry.add(
        "Tide_Water",
        "1.0",
        requires=["mossgrove>=2; python_version > '3'"],
        requires_python=">=3.8",
    )
    registry.add("Tide_Water", "2.0rc1")
    registry.add("Tide_Water", "1.1", yanked="it burns")
    server = serve()
    answer = server.get("/pypi/tide-water/json")
    assert answer.headers["content-type"] == "application/json"
    told = answer.json
    assert told["info"]["version"] == "1.0"  # the newest that is final and not yanked
    assert told["info"]["requires_dist"] == ["mossgrove>=2; python_version > '3'"]
    assert told["info"]["requires_python"] == ">=3.8"
    assert set(told["releases"]) == {"0.9", "1.0", "2.0rc1", "1.1"}
    assert told["vulnerabilities"] == []
    (file,) = told["urls"]
    assert file["digests"]["sha256"] == wheel.sha256
    assert (file["packagetype"], file["size"]) == ("bdist_wheel", len(wheel.content))
    assert file["upload_time_iso_8601"].endswith("Z")
    assert server.get(file["url"].partition(str(server.port))[2]).body == wheel.content
    burnt = server.get("/pypi/tide-water/1.1/json").json
    assert burnt["info"]["yanked"]
    assert burnt["info"]["yanked_reason"].endswith("was yanked: it burns")
    assert "releases" not in burnt
    assert server.get("/pypi/tide-water/1.0.0/json").json["info"]["version"] == "1.0"


def test_every_spelling_is_the_same_project(serve: Serve, registry: Registry) -> None:
    registry.add("tide-water", "1.0")
    server = serve()
    bodies = {
        server.get(f"/pypi/{word}/json").body
        for word in ("tide-water", "Tide.Water", "TIDE__WATER", "tide%2Dwater")
    }
    assert len(bodies) == 1


@pytest.mark.parametrize(
    "path",
    ["/pypi/nobody/json", "/pypi/tidewater/9/json", "/pypi/tidewater/", "/pypi/../json", "/pypi/a/b/c/json"],
)  # fmt: skip
def test_what_there_is_not(serve: Serve, registry: Registry, path: str) -> None:
    registry.add("tidewater", "1.0")
    answer = serve().get(path)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


def test_what_is_held_back_is_yanked_with_the_address_that_says_why(
    serve: Serve, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    (late,) = registry.add("tidewater", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    server = serve()
    told = server.get("/pypi/tidewater/json").json
    assert told["info"]["version"] == "1.0"
    (file,) = told["releases"]["2.0"]
    assert file["yanked"]
    assert file["yanked_reason"].startswith("onward: guard/too-new")
    assert "/files/BLOCKED-guard-too-new/" in file["url"]
    release = server.get("/pypi/tidewater/2.0/json").json
    assert release["info"]["yanked"]
    assert release["info"]["name"] == "tidewater"  # from the metadata, which may be had
    assert server.get(file["url"].partition(str(server.port))[2]).status == 403
    assert not [seen for seen in registry.requests if seen.path.endswith(late.filename)]
    assert not [seen for seen in registry.requests if seen.path.startswith("/pypi")]


def test_a_name_that_is_blocked_whole(serve: Serve, registry: Registry) -> None:
    registry.add("reqeusts", "1.0")
    told = serve().get("/pypi/reqeusts/json").json
    files = [file for release in told["releases"].values() for file in release]
    assert files
    assert all("/files/BLOCKED-guard-lookalike/requests/" in file["url"] for file in files)


def test_advisories_come_from_the_data_here(serve: Serve, registry: Registry) -> None:
    registry.add("jinja2", "2.10")
    told = serve().get("/pypi/jinja2/2.10/json").json
    ids = {entry["id"] for entry in told["vulnerabilities"]} | {
        alias for entry in told["vulnerabilities"] for alias in entry["aliases"]
    }
    assert "CVE-2019-10906" in ids
    assert all(entry["link"] and "fixed_in" in entry for entry in told["vulnerabilities"])


def test_without_metadata_nothing_is_said_of_dependencies(serve: Serve, registry: Registry) -> None:
    registry.add("tidewater", "1.0", requires=["mossgrove"])
    registry.add("fernwood", "1.0")
    server = serve()
    assert server.get("/pypi/fernwood/json").json["info"]["requires_dist"] == []  # it has none
    server.get("/simple/tidewater/")
    registry.fail("status", "*/tidewater-*", code=503)
    told = server.get("/pypi/tidewater/json").json
    assert told["info"]["requires_dist"] is None  # nobody knows
    assert told["urls"]


def test_a_known_one_is_not_sent_again(serve: Serve, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    server = serve()
    first = server.get("/pypi/tidewater/json")
    again = server.get("/pypi/tidewater/json", {"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    head = server.get("/pypi/tidewater/json", method="HEAD")
    assert head.headers["content-length"] == str(len(first.body))


def release_of(version: str) -> Release:
    file = File(filename=f"demo-{version}-py3-none-any.whl", url="../../files/demo/x")
    return Release(version=version, files=(file,))


@given(st.lists(st.sampled_from(["1.0", "2.0rc1", "2004d", "0+blocked", "1.0.post1"]), unique=True))
def test_some_release_stands_for_the_project(versions: list[str]) -> None:
    found = chosen({text: release_of(text) for text in versions}, None)
    assert (found is None) == (not versions)


@given(st.binary(max_size=400), st.sampled_from([b"", b"Name: demo\nRequires-Dist: "]))
def test_any_metadata_gives_an_answer(content: bytes, head: bytes) -> None:
    one = release_of("1.0")
    more: dict[str, Any] = {"known": (), "address": str, "whole": True}
    assert write_json(Name("demo"), {"1.0": one}, one, metadata=head + content, **more)
