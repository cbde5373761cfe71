"""`onward guard why` as typed: the running guard is asked, else the policy here; the ways out that it names work."""

import datetime as dt
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.index.serving import Serving, free_port, serving
from tests.journeys.stage import Stage
from tests.registry import Registry


@pytest.fixture
def filled(registry: Registry, clock: FakeClock) -> Registry:
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "1.1")
    registry.add("tidewater", "2.0", uploaded=clock() - dt.timedelta(hours=2))
    registry.add("tidewater", "3.0", uploaded=clock() - dt.timedelta(hours=1))
    registry.add("reqeusts", "1.0")
    registry.add("mossgrove", "1.0")
    return registry


@pytest.fixture
def server(
    tmp_path: Path, filled: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    with serving(tmp_path / "data", (filled.url,), env=env, clock=clock) as made:
        yield made


@pytest.fixture
def stage(project: MakeProject, env: dict[str, str], clock: FakeClock, filled: Registry) -> Stage:
    return Stage(project(dependencies=["tidewater"], index=filled.url), env, clock)


def asked(stage: Stage, *words: str) -> Any:
    return json.loads(stage.fine("guard", "why", "--json", *words).out)


def test_a_young_release_with_the_day_on_which_it_passes(stage: Stage, server: Serving) -> None:
    said = stage.fine("guard", "why", "tidewater==2.0", "--at", server.url)
    assert f"tidewater==2.0: held back by {server.url}" in said.out
    assert "[guard/too-new]" in said.out
    assert "decided by onward's standard profile" in said.out
    assert "It is let through by itself from 2026-06-04 10:00 UTC on." in said.out
    assert "The nearest release that is let through is 1.1" in said.out
    assert "(held back: 2 of 4 releases)" in said.out
    assert said.err == ""
    answer = asked(stage, "tidewater==2.0", "--at", server.url)
    (one,) = answer["findings"]
    assert (one["rule"], one["level"], one["because"]["source"]) == (
        "guard/too-new",
        "enforce",
        "builtin",
    )
    assert one["facts"]["uploaded"].startswith("2026-06-01T10:00")
    assert (answer["blocked"], answer["nearest"]["version"], answer["by_server"]) == (
        True,
        "1.1",
        True,
    )


def test_the_way_out_that_it_names_really_works(stage: Stage, server: Serving) -> None:
    answer = asked(stage, "tidewater==2.0", "--at", server.url)
    (way,) = [word for word in answer["findings"][0]["ways_out"] if "onward allow" in word]
    words = shlex.split(way.partition("onward ")[2])
    told = {"DIR": str(server.data), "...": "looked at by hand"}
    stage.fine(*(told.get(word, word) for word in words))
    server.judge.refresh()
    after = asked(stage, "tidewater==2.0", "--at", server.url)
    assert after["blocked"] is False
    assert after["findings"][0]["level"] == "advise"
    assert "looked at by hand" in after["findings"][0]["because"]["why"]
    assert "onward-policy.toml" in after["findings"][0]["because"]["where"]


def test_a_slip_of_the_keyboard_has_no_release_that_is_let_through(
    stage: Stage, server: Serving
) -> None:
    answer = asked(stage, "reqeusts", "--at", server.url)
    assert [one["rule"] for one in answer["findings"]] == ["guard/lookalike"]
    assert (answer["nearest"], answer["passes"]) == (None, None)
    said = stage.fine("guard", "why", "reqeusts==1.0", "--at", server.url)
    assert "requests" in said.out
    assert "not let through by itself" in said.out
    assert "No release of it is let through" in said.out


def test_what_is_fine_is_said_to_be(stage: Stage, server: Serving) -> None:
    said = stage.fine("guard", "why", "tidewater==1.1", "--at", server.url)
    assert "let through" in said.out.splitlines()[0]
    assert "It may be installed" in said.out
    newest = stage.fine("guard", "why", "mossgrove", "--at", server.url)
    assert "It may be installed" in newest.out


def test_the_newest_release_is_a_final_one_whoever_judges(
    stage: Stage, server: Serving, filled: Registry
) -> None:
    filled.add("sedge", "1.0")
    filled.add("sedge", "2.0rc1")
    dead = f"http://127.0.0.1:{free_port()}/simple/"
    for address in (server.url, dead):
        assert asked(stage, "sedge", "--at", address)["release"] == "1.0"


def test_what_was_made_up_to_tell_a_reason_is_no_release(stage: Stage, server: Serving) -> None:
    said = stage.fine("guard", "why", "reqests", "--at", server.url)
    assert said.out.startswith(f"reqests: held back by {server.url}\n")
    assert said.out.endswith("No release of it is known there.\n")
    answer = asked(stage, "reqests", "--at", server.url)
    assert (answer["release"], answer["releases"]) == (None, 0)


def test_no_way_past_a_private_name_is_offered(
    tmp_path: Path, filled: Registry, env: dict[str, str], clock: FakeClock, stage: Stage
) -> None:
    policy = '[guard]\nprivate = ["tidewater"]\n'
    with serving(tmp_path / "other", (filled.url,), env=env, clock=clock, policy=policy) as strict:
        (finding,) = asked(stage, "tidewater", "--at", strict.url)["findings"]
    assert finding["rule"] == "guard/private-name"
    assert not any("onward allow" in way for way in finding["ways_out"])


def test_without_a_server_the_policy_here_judges(stage: Stage) -> None:
    dead = f"http://127.0.0.1:{free_port()}/simple/"
    said = stage.fine("guard", "why", "tidewater", "--at", dead)
    assert "judged by the policy here" in said.err
    assert "tidewater (its newest release is 3.0): held back by the policy here" in said.out
    assert "The nearest release that is let through is 1.1" in said.out
    answer = asked(stage, "tidewater==3", "--at", dead)
    (way,) = [word for word in answer["findings"][0]["ways_out"] if "onward allow" in word]
    stage.fine(*shlex.split(way.replace("...", "looked at by hand"))[1:])
    assert asked(stage, "tidewater==3.0", "--at", dead)["blocked"] is False


def test_the_guard_that_was_set_is_asked(stage: Stage, server: Serving) -> None:
    stage.fine("guard", "on", server.url, "--client", "pip")
    assert asked(stage, "tidewater==2.0")["asked"] == server.url


def test_what_is_not_there_and_who_is_away_are_told(
    stage: Stage, server: Serving, filled: Registry, tmp_path: Path
) -> None:
    for spec in ("fernwood", "tidewater==9"):
        assert (
            "[not-on-offer]" in stage.refused("guard", "why", spec, "--at", server.url, code=2).err
        )
    for spec in ("", "==1", "tidewater==", "a b"):
        assert "[bad-spec]" in stage.refused("guard", "why", spec, code=2).err
    filled.fail("status", "*", code=503)
    said = stage.refused("guard", "why", "sedge", "--at", server.url, code=4)
    assert "[guard-failed]" in said.err
    empty = tmp_path / "empty"
    empty.mkdir()
    dead = f"http://127.0.0.1:{free_port()}/simple/"
    said = Stage(empty, stage.env, stage.clock).refused("guard", "why", "x", "--at", dead, code=2)
    assert "onward guard serve" in said.err


def test_the_server_answers_in_json_only_when_asked(server: Serving) -> None:
    page = server.get("/project/tidewater/?format=json")
    assert (page.status, page.headers["content-type"]) == (200, "application/json")
    assert [release["version"] for release in page.json["releases"]] == ["3.0", "2.0", "1.1", "1.0"]
    assert server.get("/project/tidewater/", {"Accept": "application/json"}).json == page.json
    assert server.get("/project/tidewater/", {"Accept": "text/html,*/*"}).body.startswith(b"<!")
    for word in ("fernwood", "%3Cscript%3E"):
        answer = server.get(f"/project/{word}/?format=json")
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert server.get("/project/TideWater/?format=json").json == page.json


LICENCES = '[guard]\nlicences = ["MIT"]\n'


def test_a_licence_that_is_kept_out_is_told_of_a_release_that_nobody_has_had(
    stage: Stage, server: Serving, filled: Registry
) -> None:
    filled.add("mossgrove", "0.9", licence="AGPL-3.0-only")
    (server.data / "onward-policy.toml").write_text(LICENCES, encoding="utf-8")
    assert server.judge.refresh()

    said = stage.fine("guard", "why", "mossgrove==0.9", "--at", server.url)

    assert "the licence of mossgrove==0.9 is AGPL-3.0-only" in said.out
    assert "[guard/licence]" in said.out
    assert f"mossgrove==0.9: held back by {server.url}" in said.out


@pytest.mark.parametrize("subject", ["mossgrove", "mossgrove==1.1"])
def test_without_a_guard_the_licence_is_judged_by_the_policy_here(
    project: MakeProject, env: dict[str, str], clock: FakeClock, filled: Registry, subject: str
) -> None:
    filled.add("mossgrove", "1.1", licence="AGPL-3.0-only")
    listed = '[tool.onward.guard]\nlicences = ["MIT"]\n'
    stage = Stage(project(index=filled.url, extra=listed), env, clock)

    said = stage.fine("guard", "why", subject, "--at", f"http://127.0.0.1:{free_port()}/simple/")

    assert "the licence of mossgrove==1.1 is AGPL-3.0-only" in said.out
    assert "The nearest release that is let through is 1.0" in said.out
    assert "guard/licence" in stage.fine("explain", "mossgrove==1.1").out
