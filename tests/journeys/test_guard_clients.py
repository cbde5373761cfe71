"""What the real uv, pip, poetry and pdm do with the server's pages: they step back, they refuse, and a person can read why."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bench import harness, peers
from onward.core.disk import locked
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.journeys import guard_clients as clients
from tests.journeys.guard_clients import Client, Said
from tests.registry import Registry

KNOWN = """
[[policy]]
match = "guard/new-project"
only = "mossgrove"
level = "off"
why = "known to us"
"""
POLICY = '[guard]\nallow_only = ["tidewater", "mossgrove"]\n' + KNOWN
LICENCES = f'[guard]\nlicences = ["MIT"]\n{KNOWN}'
CLOSED = '[guard]\ncooldown = "30 days"\nallow_only = ["tidewater", "mossgrove"]\n'
FETCHED = ("poetry", "pdm", "pdm, static URLs")


class Harbour(msgspec.Struct, frozen=True):
    """A client in front of a server, and the registry behind it."""

    kind: str
    client: Client
    server: Serving
    registry: Registry
    clock: FakeClock


def made_client(kind: str, place: clients.Place) -> Client:
    """Give a client; poetry and pdm come from the package registry once, into .cache/peers."""
    if kind not in FETCHED:
        return {"pip": clients.pip, "uv pip": clients.uv_pip, "uv": clients.uv}[kind](place)
    name, _, static = kind.partition(",")
    with locked(harness.CACHE / f"peers-{name}.lock", name, wait=110):
        program, why = peers.peer(name)
    if why:
        pytest.fail(why)
    if name == "poetry":
        return clients.poetry(place, program)
    return clients.pdm(place, program, *(["--static-urls"] if static else []))


def with_clients(*kinds: str) -> pytest.MarkDecorator:
    """Run a test with each of these clients; those that are fetched first need the package registry."""
    marked = (
        pytest.param(kind, marks=pytest.mark.registry if kind in FETCHED else ()) for kind in kinds
    )
    return pytest.mark.parametrize("harbour", list(marked), indirect=True)


every_client = with_clients("pip", "uv pip", "uv", "poetry", "pdm")


@pytest.fixture
def harbour(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    registry: Registry,
    env: dict[str, str],
    clock: FakeClock,
) -> Iterator[Harbour]:
    if request.param in FETCHED:
        request.getfixturevalue("reachable_registry")
    registry.add("tidewater", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0")
    registry.add("mossgrove", "2.0", uploaded=clock() - dt.timedelta(hours=2))
    registry.add("reqeusts", "1.0")
    folder = tmp_path / "project"
    folder.mkdir()
    made = serving(tmp_path / "data", (registry.url,), env=env, clock=clock, policy=POLICY)
    with made as server:
        place = clients.Place(folder, server.url, clients.clean(env))
        yield Harbour(request.param, made_client(request.param, place), server, registry, clock)


def tells(said: Said, rule: str, evidence: object) -> bool:
    """Whether a person can read which rule it was and what it saw: in words, or in the address that failed."""
    named = rule in said.text or rule.replace("/", "-") in said.text
    return not said.worked and named and str(evidence) in said.text


@every_client
def test_it_steps_back_from_a_release_in_its_cool_down(harbour: Harbour) -> None:
    said = harbour.client.install("tidewater>=1.0")
    assert said.worked, said.text
    assert harbour.client.installed == {"tidewater-1.0", "mossgrove-1.0"}


@every_client
def test_a_pinned_release_that_is_held_back_is_stopped_with_the_reason(harbour: Harbour) -> None:
    said = harbour.client.install("mossgrove==2.0")
    passes = harbour.clock() - dt.timedelta(hours=2) + dt.timedelta(days=3)
    assert tells(said, "guard/too-new", passes.date()), said.text
    assert "403" in said.text, said.text
    assert harbour.client.installed == set()


def listed(harbour: Harbour, **licences: str) -> None:
    """Put a list of licences in force, and offer releases of mossgrove: ``v1_1="MIT"``."""
    for version, licence in licences.items():
        number = version.removeprefix("v").replace("_", ".")
        harbour.registry.add("mossgrove", number, licence=licence)
    (harbour.server.data / "onward-policy.toml").write_text(LICENCES, encoding="utf-8")
    assert harbour.server.judge.refresh()


@every_client
def test_it_steps_back_from_a_newest_release_whose_licence_is_kept_out(harbour: Harbour) -> None:
    listed(harbour, v1_1="AGPL-3.0-only")
    said = harbour.client.install("tidewater>=1.0")
    assert said.worked, said.text
    assert harbour.client.installed == {"tidewater-1.0", "mossgrove-1.0"}


@every_client
def test_a_release_whose_licence_is_read_only_now_is_stopped_with_the_reason(
    harbour: Harbour,
) -> None:
    listed(harbour, v1_1="AGPL-3.0-only", v1_2="MIT")
    said = harbour.client.install("mossgrove==1.1")
    assert tells(said, "guard/licence", "AGPL-3.0-only"), said.text
    assert harbour.client.installed == set()


@with_clients("pip", "uv pip", "uv", "poetry", "pdm", "pdm, static URLs")
def test_what_is_locked_and_blocked_since_is_stopped_with_the_reason(harbour: Harbour) -> None:
    uploaded = harbour.clock() - dt.timedelta(days=10)
    (file,) = harbour.registry.add("mossgrove", "1.5", uploaded=uploaded)
    said = harbour.client.lock("mossgrove==1.5", file)
    assert said.worked, said.text
    policy = harbour.server.data / "onward-policy.toml"
    policy.write_text(CLOSED, encoding="utf-8")
    assert harbour.server.judge.refresh()
    said = harbour.client.install_locked()
    assert tells(said, "guard/too-new", (uploaded + dt.timedelta(days=30)).date()), said.text
    assert harbour.client.installed == set()


@every_client
@pytest.mark.parametrize("word", ["reqeusts", "reqeusts==1.0"])
def test_a_slip_of_the_keyboard_names_the_right_project(harbour: Harbour, word: str) -> None:
    said = harbour.client.install(word)
    assert tells(said, "guard/lookalike", "/requests/"), said.text
    assert harbour.client.installed == set()


@every_client
def test_a_project_with_nothing_but_held_releases_says_why(harbour: Harbour) -> None:
    harbour.registry.remove("mossgrove")
    harbour.registry.add("mossgrove", "0.1", uploaded=harbour.clock() - dt.timedelta(hours=2))
    said = harbour.client.install("mossgrove")
    assert tells(said, "guard/too-new", "2026-06-04"), said.text
    assert harbour.client.installed == set()


@every_client
def test_a_range_of_nothing_but_held_releases_installs_nothing(harbour: Harbour) -> None:
    said = harbour.client.install("mossgrove>1.0")
    assert not said.worked
    if harbour.kind.startswith("uv"):  # the others do not tell why a release is yanked
        assert "onward: guard/too-new: mossgrove 2.0 was uploaded" in said.text
    if harbour.kind == "pip":
        assert "Ignored the following yanked versions: 2.0" in said.text
    assert harbour.client.installed == set()
