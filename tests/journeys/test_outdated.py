"""`onward outdated`: newest allowed against newest there is, and why there is a gap."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.dumps import document, packed, write
from tests.journeys.updating import Place
from tests.registry import Registry

YESTERDAY = dt.datetime(2026, 5, 31, 12, tzinfo=dt.UTC)


@pytest.fixture
def place(registry: Registry, project: MakeProject, env: dict[str, str], clock: FakeClock) -> Place:
    """Locked to the oldest of everything; then the world goes on."""
    registry.add("numbat", "1.0", requires=["wombat"])
    registry.add("wombat", "1.0")
    registry.add("quokka", "1.0")
    registry.add("bilby", "1.0")
    root = project(dependencies=["numbat<2", "quokka", "bilby"], index=registry.url)
    place = Place(root, env, clock)
    assert place.onward("lock").code == 0
    registry.add("numbat", "1.1")
    registry.add("numbat", "2.0")
    registry.add("numbat", "3.0rc1")
    registry.add("wombat", "1.1", yanked="broken")
    registry.add("quokka", "1.1", uploaded=YESTERDAY)
    registry.add("quokka", "1.2", requires_python=">=3.99")
    clock.advance(hours=1)
    return place


def by_name(said: Any) -> dict[str, Any]:
    return {package["name"]: package for package in said["packages"]}


def test_each_gap_has_its_reason(place: Place) -> None:
    before = place.files

    found = by_name(place.json("outdated"))

    assert {n: (p["version"], p["allowed"], p["newest"]) for n, p in found.items()} == {
        "bilby": ("1.0", None, None),
        "numbat": ("1.0", "2.0", "2.0"),
        "quokka": ("1.0", None, "1.2"),
        "wombat": ("1.0", None, None),
    }
    assert found["numbat"]["why"] == ["`numbat<2` at pyproject.toml:6 keeps 2.0 out"]
    assert found["quokka"]["why"] == ["1.2 needs Python >=3.99"]
    assert place.files == before


def test_what_the_policy_holds_back_says_until_when(registry: Registry, place: Place) -> None:
    registry.remove("quokka", "1.2")
    place.clock.advance(hours=1)

    said = place.onward("outdated")

    assert said.code == 0
    assert "quokka 1.0  stays  (newest: 1.1)" in said.out
    assert "it passes on 2026-06-03 12:00 UTC [guard/too-new]" in said.out
    assert "bilby" not in said.out
    assert "4 packages looked at, 2 with something newer." in said.out


def test_only_direct_ones(place: Place) -> None:
    assert "wombat" not in by_name(place.json("outdated", "--direct"))


def test_advisories_on_what_is_locked_are_named(place: Place, tmp_path: Path) -> None:
    dump = write(tmp_path / "all.zip", packed([document("PYSEC-2026-7", "bilby", fixed=None)]))
    assert place.onward("guard", "update", "--from", dump.as_uri()).code == 0

    assert by_name(place.json("outdated"))["bilby"]["advisories"] == ["PYSEC-2026-7"]
    assert "bilby 1.0   the newest there is" in place.onward("outdated").out


def test_what_could_not_be_looked_up_is_never_up_to_date(registry: Registry, place: Place) -> None:
    registry.fail("status", "/simple/bilby/", status=500, times=None)

    found = by_name(place.json("outdated", code=4))

    assert found["bilby"]["trouble"]
    assert found["numbat"]["allowed"] == "2.0"


def test_pins_without_a_lock_are_compared(
    registry: Registry, env: dict[str, str], clock: FakeClock, tmp_path: Path
) -> None:
    root = tmp_path / "old"
    root.mkdir()
    lines = f"--index-url {registry.url}\nnumbat==1.0\nwombat>=1\n"
    (root / "requirements.txt").write_text(lines, encoding="utf-8")
    registry.add("numbat", "1.5")
    place = Place(root, env | {"UV_DEFAULT_INDEX": registry.url}, clock)

    said = place.json("outdated")

    assert [(p["name"], p["allowed"]) for p in said["packages"]] == [("numbat", "1.5")]
    assert said["unpinned"] == ["wombat"]
