"""A server with something of everything: held back whole, a release, one file of a release, and nothing."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.core.events import Event
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry

POLICY = """[guard]
private = ["acme-*"]

[[policy]]
match = "guard/vulnerable"
only = "jinja2==2.11.2"
level = "advise"
why = "an old service <b>needs</b> it"
"""
OLD_RELEASES = 24

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def heard() -> list[Event]:
    """The events that the server told of."""
    return []


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock, heard: list[Event]
) -> Iterator[Serving]:
    fill(registry, clock)
    with serving(
        tmp_path / "data", (registry.url,), env=env, clock=clock, policy=POLICY, tell=heard.append
    ) as made:
        yield made


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The same for all tests of a module, which change nothing."""
    folder = tmp_path_factory.mktemp("lasting")
    clock = FakeClock(dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC))
    env = {"HOME": str(folder), "ONWARD_CACHE_DIR": str(folder / "cache")}
    with contextlib.ExitStack() as running:
        registry = running.enter_context(Registry())
        fill(registry, clock)
        made = serving(folder / "data", (registry.url,), env=env, clock=clock, policy=POLICY)
        server = running.enter_context(made)
        for name in ("tidewater", "jinja2", "reqeusts"):
            server.get(f"/simple/{name}/")
        yield server


def fill(registry: Registry, clock: FakeClock) -> None:
    """Put releases into the registry."""
    for minor in range(OLD_RELEASES):
        registry.add("tidewater", f"1.{minor}", sdist=True)
    registry.add("tidewater", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    for version in ("2.10", "2.11.2", "3.1.6"):
        registry.add("jinja2", version)
    registry.add("reqeusts", "1.0")


def blocked_address(server: Serving, name: str) -> str:
    """Give the first address of a project that is held back, from the root."""
    urls: list[str] = [file["url"] for file in server.page(name)["files"]]
    return next(url for url in urls if "BLOCKED-" in url).removeprefix("../..")
