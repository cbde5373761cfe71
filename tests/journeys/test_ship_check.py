"""``onward ship check``: what is compared and proven, and that nothing is written."""

import json

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject
from tests.domain.shipping.cyclonedx import schema_fault
from tests.journeys.test_ship_wheel import Shipping
from tests.registry import Registry


@pytest.fixture
def ship(env: dict[str, str], clock: FakeClock, project: MakeProject) -> Shipping:
    return Shipping(env, clock, project)


def check(ship: Shipping, clock: FakeClock, *words: str) -> int:
    import io

    out, err = io.StringIO(), io.StringIO()
    argv = ["ship", "check", *words]
    code = run_verb(argv, ship.env, cwd=ship.root, clock=clock, out=out, err=err)
    ship.out, ship.err = out.getvalue(), err.getvalue()
    return code


def test_all_three_are_compared_licences_listed_and_nothing_is_written(
    ship: Shipping, clock: FakeClock, registry: Registry
) -> None:
    registry.add("helper", "1.0", licence="Zlib")
    root = ship.make(
        index=registry.url, dependencies=["helper"], told='[add]\n"demo/made.py" = ""\n'
    )
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert check(ship, clock) == 0, ship.out + ship.err
    assert "[ship/wheel-only]" in ship.out
    assert "demo/made.py" in ship.out
    assert "proven: two builds are byte for byte the same" in ship.out
    assert "licence: helper 1.0: Zlib" in ship.out
    assert "licence: demo 0.1.0: unknown" in ship.out
    assert "note: no licence is known of demo" in ship.out
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_what_is_enforced_fails_and_json_says_the_same(ship: Shipping, clock: FakeClock) -> None:
    ship.make(told='[add]\n"demo/inner.py" = "x = 7"\n')
    assert check(ship, clock, "--no-reproduce", "--json") == 1
    value = json.loads(ship.out)
    assert value["schema"] == "onward.ship-check/1"
    assert "ship/differs" in {found["rule"] for found in value["findings"]}
    assert [one["name"] for one in value["licences"]] == ["demo"]


def test_the_bill_of_a_real_lock_is_what_the_schema_asks_for_and_all_licences_are_listed(
    ship: Shipping, registry: Registry
) -> None:
    registry.add("helper", "1.0", licence="Zlib", requires=("elsewhere; sys_platform == 'other'",))
    registry.add("elsewhere", "2.0")
    root = ship.make(index=registry.url, dependencies=["helper"])
    assert ship(verb="lock") == 0, ship.err
    assert ship("--no-reproduce") == 0, ship.out + ship.err
    bill = (root / "dist/demo-0.1.0.cdx.json").read_bytes()
    assert schema_fault(bill) == ""
    assert {one["name"] for one in json.loads(bill)["components"]} == {"helper", "elsewhere"}
    listed = (root / "dist/demo-0.1.0.licences.txt").read_text("utf-8").splitlines()
    assert "elsewhere 2.0  unknown (not installed here)" in listed
    assert "helper 1.0     Zlib" in listed
