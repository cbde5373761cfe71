"""A bill of materials: whole, honest about what is not resolved, and the same for the same build."""

import json
from typing import Any

from onward.domain.shipping.built import read_built
from onward.domain.shipping.sbom import of_lock, of_requirements
from tests.domain.shipping.archives import sdist, wheel
from tests.domain.shipping.cyclonedx import schema_fault

BUILT = (
    read_built("demo-1.0-py3-none-any.whl", wheel()),
    read_built("demo-1.0.tar.gz", sdist()),
)
WHEN = 1_700_000_000


def exported(**more: Any) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:random",
        "metadata": {
            "timestamp": "now",
            "tools": [{"name": "uv"}],
            "component": {"name": "demo", "bom-ref": "demo-1", "type": "library"},
        },
        "components": [
            {"type": "library", "name": "dep", "version": "2.0", "purl": "pkg:pypi/dep@2.0"}
        ],
        **more,
    }


def test_the_lock_comes_with_the_files_that_were_built() -> None:
    bill = json.loads(of_lock(exported(), "demo", "1.0", BUILT, WHEN))
    own = bill["metadata"]["component"]
    assert own["version"] == "1.0"
    assert own["purl"] == "pkg:pypi/demo@1.0"
    assert own["hashes"] == [{"alg": "SHA-256", "content": BUILT[0].sha256}]
    assert [ref["url"] for ref in own["externalReferences"]] == [one.filename for one in BUILT]
    assert bill["components"] == exported()["components"]
    assert [tool["name"] for tool in bill["metadata"]["tools"]] == ["uv", "onward"]


def test_nothing_in_it_comes_from_chance_or_the_clock() -> None:
    one = of_lock(exported(), "demo", "1.0", BUILT, WHEN)
    two = of_lock(exported(serialNumber="urn:uuid:other"), "demo", "1.0", BUILT, WHEN)
    assert one == two
    assert json.loads(one)["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    other = of_lock(exported(), "demo", "1.0", BUILT[:1], WHEN)
    assert json.loads(other)["serialNumber"] != json.loads(one)["serialNumber"]


def test_requirements_are_marked_as_not_resolved() -> None:
    asked = ["Dep_One>=2; python_version < '3.12'", "two[extra]", "???"]
    bill = json.loads(of_requirements("demo", "1.0+local", asked, BUILT, WHEN))
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["purl"] == "pkg:pypi/demo@1.0%2Blocal"
    assert any(p["name"] == "onward:resolved" for p in bill["metadata"]["properties"])
    assert [one["name"] for one in bill["components"]][:2] == ["dep-one", "two"]
    assert all("version" not in one for one in bill["components"])
    refs = [entry["ref"] for entry in bill["dependencies"]]
    assert len(refs) == len(set(refs)) == 4


def test_both_kinds_are_what_the_published_schema_asks_for() -> None:
    assert schema_fault(b'{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": "one"}')
    assert schema_fault(of_lock(exported(), "demo", "1.0", BUILT, WHEN)) == ""
    asked = ["Dep_One>=2; python_version < '3.12'", "two[extra]", "???"]
    assert schema_fault(of_requirements("demo", "1.0+local", asked, BUILT, WHEN)) == ""
