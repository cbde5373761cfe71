"""Uploads to a server whose disk is full, at every point at which that can happen, and when there is room again."""

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.shelves.files import free_bytes
from tests.conftest import FakeClock
from tests.faults.uploaders import leftovers
from tests.index.serving import Serving, serving
from tests.index.uploading import ALL, granted, made, upload
from tests.registry import Registry

POLICY = '[guard]\nprivate = ["acme-*"]\n'


@pytest.fixture
def server(
    small_disk: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    with serving(
        small_disk / "data",
        (registry.url,),
        env=env,
        clock=clock,
        policy=POLICY,
        around=granted(ALL),
    ) as made_one:
        yield made_one


def fill(disk: Path, room: int) -> Path:
    """Leave about ``room`` bytes free; give the file that takes the rest."""
    rest = disk / "rest"
    with rest.open("wb") as file:
        file.write(bytes(max(0, free_bytes(disk) - room)))
    return rest


@pytest.mark.parametrize("room", [0, 4_096, 8_192, 20_480, 36_864, 49_152, 65_536, 98_304])
@pytest.mark.parametrize("size", [200, 30_000])
def test_an_upload_is_kept_whole_or_not_at_all(
    server: Serving, small_disk: Path, room: int, size: int
) -> None:
    old = {"acme_fern/filler": random.Random(1).randbytes(3_000)}
    new = {"acme_moss/filler": random.Random(2).randbytes(size)}
    name, content = made("acme-fern", "1.0", files=old)
    assert upload(server, "acme-fern", "1.0", files=old).status == 200
    rest = fill(small_disk, room)

    answers = [upload(server, "acme-moss", "1.0", files=new) for _ in range(2)]

    statuses = [answer.status for answer in answers]
    assert set(statuses) <= {200, 503}, answers
    if not room:
        assert 200 not in statuses
    listed = [file["filename"] for file in server.page("acme-moss")["files"]]
    assert (200 in statuses) == (made("acme-moss", "1.0")[0] in listed), (statuses, listed)
    server.jobs.tidy()
    assert leftovers(server.data) == []
    assert server.get(f"/files/acme-fern/{name}").body == content
    rest.unlink()
    assert upload(server, "acme-moss", "1.0", files=new).status == 200
    name, content = made("acme-moss", "1.0", files=new)
    assert server.get(f"/files/acme-moss/{name}").body == content
    assert leftovers(server.data) == []


def test_uploads_that_do_not_fit_take_no_room(server: Serving, small_disk: Path) -> None:
    free = free_bytes(small_disk)
    for number in range(6):
        files = {"acme_moss/filler": random.Random(number).randbytes(4_000_000)}
        assert upload(server, "acme-moss", f"1.{number}", files=files).status == 503
        server.jobs.tidy()
    assert free_bytes(small_disk) > free - 300_000


def test_pages_are_judged_and_asked_for_anew_on_a_full_disk(
    server: Serving, small_disk: Path, registry: Registry, clock: FakeClock
) -> None:
    (mirrored,) = registry.add("tidewater", "1.0")
    own, _ = made("acme-fern", "1.0")
    assert upload(server, "acme-fern", "1.0").status == 200
    for path in (f"/files/acme-fern/{own}", f"/files/tidewater/{mirrored.filename}"):
        assert server.get(path).status == 200
    rest = fill(small_disk, 0)
    policy = server.data / "onward-policy.toml"
    with policy.open("r+") as file:  # in place: there is no room for a second one
        file.write('[guard]\nprivate = ["acme*"]\n ')
    server.server.refresh()
    clock.now += dt.timedelta(hours=1)
    server.parts.pages._kept.clear()

    for name, filename in (("acme-fern", own), ("tidewater", mirrored.filename)):
        assert [file["filename"] for file in server.page(name)["files"]] == [filename]
        assert server.get(f"/files/{name}/{filename}").status == 200
    assert server.get("/ready").status == 503
    rest.unlink()
    assert server.get("/ready").status == 200
