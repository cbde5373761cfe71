"""Offline, dry run, waivers that end, several upstreams: what the server answers in each."""

import base64
import datetime as dt
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onward.adapters.database.downloads import find_downloads
from onward.cli.door import run_verb
from onward.core.finding import Finding, Release
from onward.core.folders import cache_folder
from onward.core.net import Net
from onward.workflows.guard_update import update_feed
from tests import dumps
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry

Serve = Callable[..., Any]
JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture
def serve(tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock) -> Serve:
    def start(*upstreams: str, **more: Any) -> Any:
        told = upstreams or (() if "settings" in more else (registry.url,))
        more = {"env": env, **more}
        return serving(tmp_path / "data", told, clock=clock, **more)

    return start


# -- offline --------------------------------------------------------------------------


def test_offline_serves_what_is_kept_and_says_how_old_it_is(
    serve: Serve, registry: Registry, clock: FakeClock
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    with serve() as server:
        online = server.get("/simple/tidewater/", JSON)
        assert server.get(f"/files/tidewater/{file.filename}").status == 200
    assert "onward-stale" not in online.headers
    clock.advance(days=3)
    registry.forget()
    with serve(offline=True) as server:
        page = server.get("/simple/tidewater/", JSON)
        assert page.status == 200
        assert page.headers["onward-stale"] == str(3 * 86_400)
        assert page.headers["etag"] == online.headers["etag"]
        again = server.get("/simple/tidewater/", {**JSON, "If-None-Match": page.headers["etag"]})
        assert (again.status, again.headers["onward-stale"]) == (304, str(3 * 86_400))
        got = server.get(f"/files/tidewater/{file.filename}")
        assert (got.status, got.body) == (200, file.content)
        assert "as of 4,320 minutes ago" in server.get("/project/tidewater/").body.decode()
    assert registry.requests == []


def test_offline_says_why_it_does_not_have_something(serve: Serve, registry: Registry) -> None:
    (file,) = registry.add("tidewater", "1.0")
    registry.add("fernwood", "1.0")
    with serve() as server:
        server.page("tidewater")
    registry.forget()
    with serve(offline=True) as server:
        for path in (
            "/simple/fernwood/",
            f"/files/tidewater/{file.filename}",
            f"/files/tidewater/{file.filename}.metadata",
            "/pypi/fernwood/json",
        ):
            answer = server.get(path, JSON)
            assert answer.status == 503, path
            assert answer.json["type"] == "urn:onward:error:offline"
            assert "offline" in answer.json["title"]
    assert registry.requests == []


def test_a_page_whose_index_is_away_says_so_too(
    serve: Serve, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    with serve() as server:
        server.page("tidewater")
    registry.fail("status", "*", code=503)
    clock.advance(hours=2)
    with serve() as server:
        answer = server.get("/simple/tidewater/", JSON)
        assert (answer.status, answer.headers["onward-stale"]) == (200, "7200")


def test_the_environment_takes_it_offline(
    serve: Serve, registry: Registry, env: dict[str, str]
) -> None:
    registry.add("tidewater", "1.0")
    with serve(env={**env, "ONWARD_OFFLINE": "1"}) as server:
        assert server.get("/simple/tidewater/", JSON).status == 503
    assert registry.requests == []


# -- dry run --------------------------------------------------------------------------


def test_a_dry_run_lets_through_and_says_what_it_would_have_blocked(
    serve: Serve, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    (late,) = registry.add("tidewater", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    path = f"/files/tidewater/{late.filename}"
    with serve() as server:
        enforced = server.get("/simple/tidewater/", JSON)
        assert server.get(path).status == 403
    with serve(dry_run=True) as server:
        page = server.get("/simple/tidewater/", JSON)
        assert page.headers["etag"] != enforced.headers["etag"]
        assert "BLOCKED" not in page.body.decode()
        assert not any(file.get("yanked") for file in page.json["files"])
        for _ in range(3):
            assert server.get(path).status == 200
        shown = server.get("/project/tidewater/").body.decode()
        assert 'would have been blocked by <strong class="held">guard/too-new</strong>' in shown
        assert "dry run" in shown
        (told,) = server.warnings
        assert late.filename in "".join(told.context)
        assert "guard/too-new" in told.message
        clock.advance(minutes=61)
        server.get(path)
        assert len(server.warnings) == 2
        server.jobs.write()
        held = [row.held for row in find_downloads(server.parts.database)]
        assert held == ["guard/too-new"] * 4
        assert server.parts.recorder.counts.would_block == 4
    with serve() as server:
        assert server.get("/simple/tidewater/", JSON).headers["etag"] == enforced.headers["etag"]
        assert server.get(path).status == 403


def test_malware_and_private_names_stay_blocked_in_a_dry_run(
    serve: Serve, registry: Registry, env: dict[str, str], tmp_path: Path, clock: FakeClock
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    affected = [{"package": {"ecosystem": "PyPI", "name": "tidewater"}, "versions": ["1.0"]}]
    dump = dumps.packed([dumps.document("MAL-2026-1", affected=affected)])
    address = dumps.write(tmp_path / "all.zip", dump).as_uri()
    update_feed(cache_folder(env), address, env=env, net=Net(env), now=clock())
    with serve(dry_run=True) as server:
        assert server.get(f"/files/tidewater/{bad.filename}").status == 403
        assert "guard/malicious" in server.get("/project/tidewater/").body.decode()
        for rule, blocked in (
            ("guard/private-name", True),
            ("guard/quarantined", True),
            ("guard/lookalike", False),
        ):
            found = Finding(rule=rule, subject=Release(name="acme-tools"), message="x")
            assert server.judge.blocks(found) == blocked
            assert server.judge.would_block((found,)) == (() if blocked else (found,))


# -- waivers --------------------------------------------------------------------------


def allow(server: Serving, env: dict[str, str], clock: FakeClock, *words: str) -> int:
    return run_verb(
        ("allow", *words, "--why", "looked at it", "--data", str(server.data)),
        env,
        cwd=server.data,
        clock=clock,
    )


def test_a_waiver_counts_at_once_and_ends_on_its_day(
    serve: Serve, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    row = '[guard]\ncooldown = "30 days"\n'
    registry.add("tidewater", "1.0")
    uploaded = clock() - dt.timedelta(hours=1)
    (late,) = registry.add("tidewater", "2.0", uploaded=uploaded)
    (other,) = registry.add("tidewater", "3.0", uploaded=uploaded)
    with serve(policy=row) as server:
        path = f"/files/tidewater/{late.filename}"
        assert server.get(path).status == 403
        until = clock.today + dt.timedelta(days=2)
        words = ("tidewater==2.0", "--rule", "guard/too-new", "--until", until.isoformat())
        assert allow(server, env, clock, *words) == 0
        assert server.judge.refresh()
        assert server.get(path).status == 200
        assert server.get(f"/files/tidewater/{other.filename}").status == 403
        clock.advance(days=2)  # its last day
        server.judge.refresh()
        assert server.get(path).status == 200
        clock.advance(days=1)
        assert server.judge.refresh()
        assert server.get(path).status == 403
        assert "BLOCKED-guard-too-new" in server.get("/simple/tidewater/", JSON).body.decode()


def test_a_policy_that_cannot_be_used_keeps_no_advisory_away(
    serve: Serve, registry: Registry, env: dict[str, str], tmp_path: Path, clock: FakeClock
) -> None:
    (bad,) = registry.add("tidewater", "1.0")
    affected = [{"package": {"ecosystem": "PyPI", "name": "tidewater"}, "versions": ["1.0"]}]
    dump = dumps.packed([dumps.document("MAL-2026-1", affected=affected)])
    with serve() as server:
        assert server.get(f"/files/tidewater/{bad.filename}").status == 200
        (server.data / "onward-policy.toml").write_text("[guard]\ncool = 1\n", encoding="utf-8")
        address = dumps.write(tmp_path / "all.zip", dump).as_uri()
        update_feed(cache_folder(env), address, env=env, net=Net(env), now=clock())
        server.judge.refresh()
        assert [warning.exit_code for warning in server.warnings] == [2]
        assert server.get(f"/files/tidewater/{bad.filename}").status == 403


def test_allow_names_a_folder_that_is_no_server_s(
    env: dict[str, str], tmp_path: Path, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("allow", "tidewater", "--why", "x", "--data", "nowhere")
    assert run_verb(words, env, cwd=tmp_path, clock=clock) == 2
    assert "[no-server-data]" in capsys.readouterr().err


# -- several upstreams ----------------------------------------------------------------


def test_names_that_fit_an_upstream_are_asked_for_nowhere_else(
    serve: Serve, registry: Registry, make_registry: Callable[[], Registry]
) -> None:
    private = make_registry()
    private.add("acme-tools", "1.0")
    for name in ("acme-tools", "acme-other", "tidewater"):
        registry.add(name, "99.0")
    settings = f"""
    [[upstream]]
    url = "{private.url}"
    names = ["Acme-*"]
    [[upstream]]
    url = "{registry.url}"
    """
    with serve(settings=settings) as server:
        assert server.page("acme-tools")["versions"] == ["1.0"]
        assert server.get("/simple/acme-other/", JSON).status == 404
        assert server.page("tidewater")["versions"] == ["99.0"]
        private.fail("status", "*", code=503)
        assert server.get("/simple/acme-new/", JSON).status == 502
    assert registry.paths("/simple/") == ["/simple/tidewater/"]
    assert "/simple/tidewater/" not in private.paths("/simple/")


def test_the_first_of_two_that_knows_a_name_answers(
    serve: Serve, registry: Registry, make_registry: Callable[[], Registry]
) -> None:
    first = make_registry()
    first.add("tidewater", "1.0")
    registry.add("tidewater", "99.0")
    registry.add("fernwood", "1.0")
    with serve(first.url, registry.url) as server:
        assert server.page("tidewater")["versions"] == ["1.0"]
        assert server.page("fernwood")["versions"] == ["1.0"]


def test_an_upstream_that_wants_a_login_gets_it_for_pages_and_files_alone(
    serve: Serve,
    registry: Registry,
    make_registry: Callable[[], Registry],
    env: dict[str, str],
) -> None:
    secret = secrets.token_hex(8)
    private = make_registry()
    private.set(auth=("reader", secret))
    (file,) = private.add("acme-tools", "1.0")
    (plain,) = registry.add("tidewater", "1.0")
    settings = f"""
    [[upstream]]
    url = "{private.url}"
    names = ["acme-*"]
    user_env = "ACME_USER"
    password_env = "ACME_PASSWORD"
    [[upstream]]
    url = "{registry.url}"
    """
    env = {**env, "ACME_USER": "reader", "ACME_PASSWORD": secret}
    with serve(settings=settings, env=env) as server:
        page = server.get("/simple/acme-tools/", JSON)
        assert page.status == 200
        got = server.get(f"/files/acme-tools/{file.filename}")
        assert (got.status, got.body) == (200, file.content)
        assert server.get(f"/files/acme-tools/{file.filename}.metadata").status == 200
        assert server.get(f"/files/tidewater/{plain.filename}").status == 200
        shown = server.get("/project/acme-tools/").body
        for body in (page.body, shown):
            assert secret.encode() not in body
        for path in server.data.rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path
    word = base64.b64encode(f"reader:{secret}".encode()).decode()
    assert not any(word in str(seen.headers) for seen in registry.requests)
