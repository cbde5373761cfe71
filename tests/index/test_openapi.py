"""The routes keep to their own description, whatever is asked (schemathesis against ``/openapi.json``)."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import negative_data_rejection

from onward.adapters.feed.dump import compile_dump
from onward.adapters.feed.store import feed_path
from onward.domain.grants import Action
from tests import dumps
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.index.tokens import a_token, basic
from tests.registry import Registry

POLICY = '[guard]\nallow_only = ["tidewater", "mossgrove"]\n'
DESCRIPTION = Path(__file__).parents[2] / "src/onward/index/openapi.json"
NAMES = ("tidewater", "TideWater", "mossgrove", "fernwood")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    clock = FakeClock(dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC))
    folder = tmp_path_factory.mktemp("described")
    with Registry() as registry:
        registry.add("tidewater", "1.0", sdist=True)
        registry.add("mossgrove", "2.0", uploaded=clock() - dt.timedelta(hours=2))
        registry.add("fernwood", "1.0")
        env = {"HOME": str(folder), "ONWARD_CACHE_DIR": str(folder / "cache")}
        dump = dumps.write(folder / "all.zip", dumps.several(10))
        compile_dump(dump, feed_path(folder / "cache"), source="a test", fetched=clock())
        data = folder / "data"
        with serving(data, (registry.url,), env=env, clock=clock, policy=POLICY) as made:
            yield made


schema = schemathesis.openapi.from_dict(json.loads(DESCRIPTION.read_text(encoding="utf-8")))
FILES = ("tidewater-1.0.tar.gz", "tidewater-1.0-py3-none-any.whl.metadata", "mossgrove-2.0-py3-none-any.whl")  # fmt: skip


@schema.hook
def map_path_parameters(_context: Any, given: dict[str, Any] | None) -> dict[str, Any] | None:
    """Ask for what is there in every second case: what is made up is 404 almost always."""
    if not given:
        return given
    there = {
        "id": ("TEST-2026-1", "TEST-2026-9"),
        "name": NAMES,
        "version": ("1.0", "2.0"),
        "filename": FILES,
    }
    count = sum(len(str(value)) for value in given.values())
    if count % 2:
        return given
    return {
        key: there[key][count // 2 % len(there[key])] if key in there else value
        for key, value in given.items()
    }


@schema.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_what_is_answered_is_what_the_description_says(
    case: "schemathesis.Case[Any]", server: Serving
) -> None:
    case.call_and_validate(
        base_url=f"http://127.0.0.1:{server.port}",
        # words of a query that we do not know are passed over, as clients of an index expect
        excluded_checks=[negative_data_rejection],
    )


def test_the_description_is_served_as_it_stands(server: Serving) -> None:
    answer = server.get("/openapi.json")
    assert answer.status == 200
    assert answer.json == json.loads(DESCRIPTION.read_text(encoding="utf-8"))


def test_what_a_token_cannot_reach_is_described_too(
    tmp_path: Path, env: dict[str, str], clock: FakeClock
) -> None:
    described = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["paths"]
    missing = []
    with serving(tmp_path / "data", (), env=env, clock=clock, read_auth=True, offline=True) as made:
        narrow = basic(a_token(made, "acme-*", actions=(Action.delete,)))
        for path, methods in described.items():
            for method, one in methods.items():
                asked = path.format(name="tidewater", version="1.0", filename=FILES[0], id="X")
                for headers in ({}, narrow):
                    answer = made.once(asked, headers, method=method.upper())
                    if str(answer.status) not in one["responses"]:
                        missing.append((path, answer.status))
    assert missing == []
