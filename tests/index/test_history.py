"""Rules on a project's history through the server: a new project, a release that lost its attestation."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from tests.index.odd_upstream import OddUpstream, odd_upstream
from tests.index.serving import serving
from tests.registry import Registry

ALLOWED = """
[[policy]]
match = "guard/new-project"
only = "tidewater"
level = "off"
why = "looked at by the platform team"
"""


@pytest.fixture
def upstream() -> Iterator[OddUpstream]:
    with odd_upstream() as found:
        yield found


def test_a_new_project_is_refused_whole_until_it_is_allowed(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    (wheel,) = registry.add("tidewater", "1.0", uploaded=clock() - dt.timedelta(days=5))
    plain, data = f"/files/tidewater/{wheel.filename}", tmp_path / "data"

    with serving(data, (registry.url,), env=env, clock=clock) as server:
        (file,) = server.page("tidewater")["files"]
        assert (
            "yanked" not in file
        )  # with a name that is blocked whole, installers show the address
        assert file["url"].startswith("../../files/BLOCKED-guard-new-project/2026-06-10/tidewater/")
        answer = server.get(plain)
        assert answer.status == 403
        assert "is new and not well known" in answer.json["detail"]
        told = server.get("/project/tidewater/").body.decode()
        assert "guard/new-project" in told

        (data / "onward-policy.toml").write_text(ALLOWED, encoding="utf-8")
        assert server.judge.refresh()
        assert server.get(plain).body == wheel.content

        (data / "onward-policy.toml").write_text("# no rules\n", encoding="utf-8")
        assert server.judge.refresh()
        assert server.get(plain).status == 403
        clock.advance(days=9)
        assert server.get(plain).body == wheel.content


def test_by_default_a_new_project_of_an_own_index_is_let_through(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    (wheel,) = registry.add("tidewater", "1.0", uploaded=clock() - dt.timedelta(days=5))

    own = f'[[upstream]]\nurl = "{registry.url}"\nnames = ["tide*"]\n'

    with serving(tmp_path / "data", (), env=env, clock=clock, settings=own) as server:
        assert server.get(f"/files/tidewater/{wheel.filename}").body == wheel.content
    # what was judged as an own index's is judged anew when it is no longer one
    with serving(tmp_path / "data", (registry.url,), env=env, clock=clock) as server:
        assert server.get(f"/files/tidewater/{wheel.filename}").status == 403


def test_a_release_that_lost_its_attestation_is_stepped_over(
    tmp_path: Path, upstream: OddUpstream, env: dict[str, str], clock: FakeClock
) -> None:
    names = [f"tidewater-1.{minor}-py3-none-any.whl" for minor in range(4)]
    came = (clock() - dt.timedelta(days=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    upstream.page(
        "tidewater",
        *(upstream.file(name, b"wheel", provenance="/integrity/x") for name in names[:3]),
        upstream.file(names[3], b"wheel", **{"upload-time": came}),
    )

    with serving(tmp_path / "data", (upstream.url,), env=env, clock=clock) as server:
        *before, bare = server.page("tidewater")["files"]

        assert not any("yanked" in file for file in before)
        assert bare["yanked"].startswith("onward: guard/provenance-lost: tidewater 1.3")
        answer = server.get(bare["url"].removeprefix("../.."))
        assert answer.status == 403
        assert "1.0, 1.1, 1.2" in answer.json["detail"]
        page = server.get(f"/refused/tidewater/{names[3]}", {"Accept": "text/html"})
        assert b"onward allow &#39;tidewater==1.3&#39; --rule guard/provenance-lost" in page.body
