"""Releases from stolen accounts and pipelines, December 2024 to May 2026, with the clock set to their day.

Names, versions and days only; the files are made here. Hours are given where a report gives
them and are noon else. Of two incidents only the month or year is known; their day is made up.
The good release is the number before, taken to be a month older.
"""

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from onward.adapters.simple_api import File as Listed
from onward.adapters.simple_api import Meta, Page, artifacts_of, decode_page, write_page
from onward.adapters.tables import popular_table, starter_table
from onward.core.artifact import Artifact
from onward.core.lock import Lock, LockedPackage
from onward.core.names import Name
from onward.domain.guard.setting import Setting
from onward.domain.policy.merge import read_policy
from onward.workflows.advice import Advice
from onward.workflows.judge import IndexFacts, Judge
from tests.conftest import FakeClock
from tests.index.serving import serving
from tests.registry import Registry

PUBLIC = IndexFacts(address="https://index.example.org/simple", public=True)
HOUR = dt.timedelta(hours=1)


def at(day: str, time: str = "12:00") -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{time}:00+00:00")


def wheel_name(name: Name, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


class Incident(msgspec.Struct, frozen=True):
    """A project, its release before, and the bad ones with their times in order."""

    name: Name
    good: str
    bad: dict[str, dt.datetime]

    @property
    def last(self) -> dt.datetime:
        return max(self.bad.values())

    @property
    def releases(self) -> dict[str, dt.datetime]:
        return {self.good: min(self.bad.values()) - dt.timedelta(days=30), **self.bad}


INCIDENTS = (
    Incident(Name("ultralytics"), "8.3.40", {"8.3.41": at("2024-12-04"), "8.3.42": at("2024-12-05")}),
    Incident(Name("ultralytics"), "8.3.40", {"8.3.45": at("2024-12-07"), "8.3.46": at("2024-12-07")}),
    Incident(Name("num2words"), "0.5.14", {"0.5.15": at("2025-07-28"), "0.5.16": at("2025-07-28")}),
    Incident(Name("litellm"), "1.82.6", {
        "1.82.7": at("2026-03-24", "10:39"), "1.82.8": at("2026-03-24", "10:52"),
    }),
    Incident(Name("telnyx"), "4.87.0", {
        "4.87.1": at("2026-03-27", "03:51"), "4.87.2": at("2026-03-27", "04:07"),
    }),
    Incident(Name("elementary-data"), "0.23.2", {"0.23.3": at("2026-04-24")}),
    Incident(Name("lightning"), "2.6.1", {"2.6.2": at("2026-04-30"), "2.6.3": at("2026-04-30")}),
    Incident(Name("durabletask"), "1.4.0", {
        "1.4.1": at("2026-05-19", "12:00"), "1.4.2": at("2026-05-19", "12:17"),
        "1.4.3": at("2026-05-19", "12:35"),
    }),
    Incident(Name("mistralai"), "2.4.5", {"2.4.6": at("2026-05-11")}),
)  # fmt: skip

named = pytest.mark.parametrize("incident", INCIDENTS, ids=lambda i: f"{i.name}-{max(i.bad)}")


def judge(now: dt.datetime, locked: dict[Name, frozenset[str]]) -> Judge:
    """The guard as it is installed, with no data that knows of the incident."""
    return Judge(
        policy=read_policy(),
        advice=Advice(None, starter_table()),
        popular=popular_table(),
        setting=Setting(now=now),
        locked=locked,
    )


@named
@pytest.mark.parametrize("hours", [0, 1, 12, 71])
@pytest.mark.parametrize("locked", [True, False])
def test_each_is_held_back_while_the_good_one_may_enter(
    incident: Incident, hours: int, locked: bool
) -> None:
    files = tuple(
        Listed(
            filename=wheel_name(incident.name, version),
            url="https://files.example.org/x",
            upload_time=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        for version, time in incident.releases.items()
    )
    page = decode_page(write_page(Page(meta=Meta(), name=incident.name, files=files)))
    before = {incident.name: frozenset({incident.good})} if locked else {}
    now = incident.last if not hours else min(incident.bad.values()) + hours * HOUR
    guard = judge(now, before)

    artifacts = artifacts_of(page, incident.name, PUBLIC.address)
    judged = guard.on_releases(incident.name, artifacts, PUBLIC, page.status)

    whole = (*guard.on_name(incident.name, PUBLIC), *judged.project)
    assert not any(map(guard.blocks, whole))
    held = {v for v in artifacts if any(map(guard.blocks, judged.on(v)))}
    assert held == set(incident.bad)


@named
def test_a_lock_that_holds_the_good_one_is_in_order(incident: Incident) -> None:
    file = Artifact(
        name=incident.name,
        version=incident.good,
        source=PUBLIC.address,
        filename=wheel_name(incident.name, incident.good),
        uploaded=incident.releases[incident.good],
    )
    package = LockedPackage(
        name=incident.name, version=incident.good, source=PUBLIC.address, artifacts=(file,)
    )
    guard = judge(incident.last, {})

    found = guard.on_lock(Lock(kind="uv", packages=(package,)), PUBLIC.address)

    assert not any(map(guard.blocks, found))


@named
def test_the_server_hands_out_the_good_one_and_no_bad_one(
    incident: Incident, tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    wheels = {
        version: registry.add(incident.name, version, uploaded=time)[0]
        for version, time in incident.releases.items()
    }
    clock.now = incident.last + HOUR

    with serving(tmp_path / "data", (registry.url,), env=env, clock=clock) as server:
        listed = {file["filename"]: file for file in server.page(incident.name)["files"]}
        for version, wheel in wheels.items():
            answer = server.get(f"/files/{incident.name}/{wheel.filename}")
            if version == incident.good:
                assert answer.body == wheel.content
                assert "yanked" not in listed[wheel.filename]
            else:
                assert answer.status == 403
                assert "guard/too-new" in listed[wheel.filename]["yanked"]
