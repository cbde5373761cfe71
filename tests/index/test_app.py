"""The server's pages and files: forms, tags, refusals that say why, and an upstream that fails or lies."""

import contextlib
import datetime as dt
import gzip
import hashlib
import http.client
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"

Serve = Callable[..., Serving]


@pytest.fixture
def serve(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serve]:
    """Start a server in front of the registry: ``serve(policy="...")``."""

    with contextlib.ExitStack() as running:

        def start(policy: str = "") -> Serving:
            data = tmp_path / "data"
            made = serving(data, (registry.url,), env=env, clock=clock, policy=policy)
            return running.enter_context(made)

        yield start


def test_a_page_in_every_form_that_is_asked_for(serve: Serve, registry: Registry) -> None:
    registry.add("tidewater", "1.0", requires_python=">=3.8")
    server = serve()
    plain = server.get("/simple/tidewater/")
    assert plain.headers["content-type"] == "text/html; charset=utf-8"
    assert b'<a href="../../files/tidewater/tidewater-1.0-py3-none-any.whl#sha256=' in plain.body
    assert b'data-requires-python="&gt;=3.8"' in plain.body
    html = server.get("/simple/tidewater/", {"Accept": HTML})
    assert html.headers["content-type"] == f"{HTML}; charset=utf-8"
    assert html.body == plain.body
    page = server.get("/simple/tidewater/", {"Accept": f"{JSON}, {HTML};q=0.2, text/html;q=0.1"})
    assert page.headers["content-type"] == JSON
    assert server.get("/simple/tidewater/?format=" + JSON.replace("+", "%2B")).body == page.body
    (file,) = page.json["files"]
    assert file["url"] == "../../files/tidewater/tidewater-1.0-py3-none-any.whl"
    assert file["core-metadata"]
    assert {"filename", "hashes", "size", "upload-time", "requires-python"} <= set(file)
    assert page.json["meta"]["api-version"] == "1.4"
    assert page.json["versions"] == ["1.0"]
    assert page.headers["vary"] == "Accept, Accept-Encoding"
    assert server.get("/simple/tidewater/", {"Accept": "image/png"}).status == 406


def test_each_form_has_its_own_tag_and_a_known_one_is_not_sent_again(
    serve: Serve, registry: Registry
) -> None:
    registry.add("tidewater", "1.0")
    server = serve()
    forms = [
        {"Accept": kind} | more
        for kind in (JSON, HTML)
        for more in ({}, {"Accept-Encoding": "gzip"})
    ]
    answers = [server.get("/simple/tidewater/", form) for form in forms]
    tags = [answer.headers["etag"] for answer in answers]
    assert len(set(tags)) == 4
    assert not any(tag.startswith("W/") for tag in tags)
    for form, tag in zip(forms, tags, strict=True):
        known = server.get("/simple/tidewater/", form | {"If-None-Match": f'"other", {tag}'})
        assert (known.status, known.body, known.headers["etag"]) == (304, b"", tag)
    assert gzip.decompress(answers[1].body) == answers[0].body
    assert all(answer.headers["cache-control"] == "no-cache" for answer in answers)


@pytest.mark.parametrize(
    "path", ["/simple/Tide_Water/", "/simple/tide-water", "/simple/TIDE.WATER"]
)
def test_other_spellings_lead_to_the_one_page(serve: Serve, registry: Registry, path: str) -> None:
    registry.add("tide-water", "1.0")
    answer = serve().get(path)
    assert (answer.status, answer.headers["location"]) == (301, "/simple/tide-water/")


def test_a_file_is_fetched_once_kept_and_given_in_parts(serve: Serve, registry: Registry) -> None:
    (wheel,) = registry.add("tidewater", "1.0", files={"tidewater/data.bin": bytes(300_000)})
    server = serve()
    path = f"/files/tidewater/{wheel.filename}"
    assert server.get(path).body == wheel.content
    assert server.get(path).body == wheel.content
    part = server.get(path, {"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, wheel.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(wheel.content)}"
    assert server.get(path, {"Range": "bytes=-5"}).body == wheel.content[-5:]
    assert server.get(path, {"Range": f"bytes={len(wheel.content)}-"}).status == 416
    assert server.get(path, method="HEAD").headers["content-length"] == str(len(wheel.content))
    fetched = [seen for seen in registry.requests if seen.path.endswith(wheel.filename)]
    assert len(fetched) == 1


def test_metadata_comes_from_the_wheel_where_upstream_has_none(
    serve: Serve, registry: Registry
) -> None:
    registry.set(core_metadata=False)
    (wheel,) = registry.add("tidewater", "1.0", requires=["mossgrove"])
    answer = serve().get(f"/files/tidewater/{wheel.filename}.metadata")
    assert answer.status == 200
    assert b"Requires-Dist: mossgrove" in answer.body


def test_a_release_in_its_cool_down_is_yanked_its_file_refused_and_says_why(
    serve: Serve, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    (late,) = registry.add("tidewater", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    server = serve()
    old, new = server.page("tidewater")["files"]
    assert "yanked" not in old
    assert new["yanked"].startswith("onward: guard/too-new: tidewater 2.0 was uploaded")
    assert new["url"].startswith("../../files/BLOCKED-guard-too-new/2026-")
    for path in (new["url"].removeprefix("../.."), f"/files/tidewater/{late.filename}"):
        answer = server.get(path)
        assert answer.status == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert "guard/too-new" in answer.json["title"]
        assert "cool-down" in answer.json["detail"]
        assert server.get(f"{path}.metadata").status == 200
    assert not [seen for seen in registry.requests if seen.path.endswith(late.filename)]
    clock.advance(days=3)
    assert server.get(f"/files/tidewater/{late.filename}").body == late.content


def test_a_project_with_nothing_but_held_releases_is_listed_without_yanks(
    serve: Serve, registry: Registry, clock: FakeClock
) -> None:
    lately = clock() - dt.timedelta(hours=1)
    registry.add("six", "0.1", uploaded=lately)  # well known, so that it does not count as new
    registry.add("six", "0.2", uploaded=lately)
    server = serve()
    files = server.page("six")["files"]
    assert [file.get("yanked", False) for file in files] == [False, False]
    assert all("/BLOCKED-guard-too-new/" in file["url"] for file in files)
    for file in files:
        assert server.get(file["url"].removeprefix("../..")).status == 403


def test_the_old_address_of_a_held_file_leads_to_the_one_that_says_why(
    serve: Serve, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    (late,) = registry.add("tidewater", "2.0", uploaded=clock() - dt.timedelta(hours=1))
    server = serve()
    answer = server.once(f"/files/tidewater/{late.filename}", method="HEAD")
    assert answer.status == 302
    assert answer.headers["location"].startswith("/files/BLOCKED-guard-too-new/2026-06-04/")
    assert answer.headers["cache-control"] == "no-store"
    assert server.once(answer.headers["location"]).status == 403
    clock.advance(days=3)
    assert server.once(f"/files/tidewater/{late.filename}").status == 200


def test_a_private_name_never_reaches_upstream(serve: Serve, registry: Registry) -> None:
    registry.add("acme-core", "99.0")
    policy = '[guard]\nprivate = ["acme-*"]\n'
    server = serve(policy)
    (file,) = server.page("acme-core")["files"]
    assert "/files/BLOCKED-guard-private-name/" in file["url"]
    assert registry.requests == []


def test_the_policy_is_read_again_while_it_runs(serve: Serve, registry: Registry) -> None:
    (wheel,) = registry.add("tidewater", "1.0")
    server = serve()
    path = f"/files/tidewater/{wheel.filename}"
    before = server.get("/simple/tidewater/", {"Accept": JSON})
    assert server.get(path).status == 200
    policy = server.data / "onward-policy.toml"
    policy.write_text('[guard]\nallow_only = ["mossgrove"]\n', encoding="utf-8")
    assert server.judge.refresh()
    after = server.get("/simple/tidewater/", {"Accept": JSON})
    assert after.headers["etag"] != before.headers["etag"]
    assert "guard/not-allowed" in server.get(path).json["title"]
    policy.write_text("[guard]\nallow_onyl = []\n", encoding="utf-8")
    server.judge.refresh()
    assert "allow_only" in str(server.warnings[0].context)
    assert server.get(path).status == 403  # the policy before stays


def test_a_policy_that_is_taken_away_stays_in_force(serve: Serve, registry: Registry) -> None:
    (wheel,) = registry.add("tidewater", "1.0")
    server = serve('[guard]\nallow_only = ["mossgrove"]\n')
    path = f"/files/tidewater/{wheel.filename}"
    assert server.get(path).status == 403
    policy = server.data / "onward-policy.toml"
    policy.unlink()  # as an editor does for a moment
    server.judge.refresh()
    assert server.get(path).status == 403
    assert server.warnings[0].reference == "policy-gone"
    policy.write_text("# no rules\n", encoding="utf-8")
    server.judge.refresh()
    assert server.get(path).status == 200


def test_a_policy_that_is_emptied_stays_in_force(serve: Serve, registry: Registry) -> None:
    (wheel,) = registry.add("tidewater", "1.0")
    server = serve('[guard]\nallow_only = ["mossgrove"]\n')
    path = f"/files/tidewater/{wheel.filename}"
    policy = server.data / "onward-policy.toml"
    for step, content in enumerate(["", " \n", None, ""]):  # editors go through some of these
        policy.unlink(missing_ok=True)
        if content is not None:
            policy.write_text(content, encoding="utf-8")
        server.judge.refresh()
        assert server.get(path).status == 403, step
    said = [warning.reference for warning in server.warnings]
    assert said == ["policy-empty", "policy-empty", "policy-gone", "policy-empty"]
    assert server.judge.trouble is not None
    policy.write_text('[guard]\nallow_only = ["tidewater"]\n', encoding="utf-8")
    server.judge.refresh()
    assert server.get(path).status == 200
    assert server.judge.trouble is None


def test_an_empty_policy_after_none_is_no_trouble(serve: Serve, registry: Registry) -> None:
    (wheel,) = registry.add("tidewater", "1.0")
    server = serve()
    (server.data / "onward-policy.toml").write_text("", encoding="utf-8")
    server.judge.refresh()
    assert server.get(f"/files/tidewater/{wheel.filename}").status == 200
    assert not server.warnings


def test_an_upstream_that_is_away_leaves_the_page_that_is_kept(
    serve: Serve, registry: Registry
) -> None:
    registry.add("tidewater", "1.0")
    server = serve()
    before = server.get("/simple/tidewater/")
    registry.fail("status", "*", code=503)
    assert server.get("/simple/tidewater/").body == before.body
    unknown = server.get("/simple/mossgrove/")
    assert unknown.status == 502
    assert unknown.headers["content-type"] == "application/problem+json"


def test_a_file_that_is_not_what_its_page_promised_is_refused_or_cut_and_not_kept(
    serve: Serve, registry: Registry
) -> None:

    noise = random.Random(7).randbytes(900_000)
    (wheel,) = registry.add("tidewater", "1.0", files={"tidewater/data.bin": noise})
    server = serve()
    server.page("tidewater")
    registry.fail("corrupt", f"*/{wheel.filename}", times=1)
    with contextlib.suppress(http.client.IncompleteRead, ConnectionError):
        assert server.get(f"/files/tidewater/{wheel.filename}").status == 502
    whole = server.get(f"/files/tidewater/{wheel.filename}").body
    assert hashlib.sha256(whole).hexdigest() == hashlib.sha256(wheel.content).hexdigest()


@pytest.mark.parametrize(
    "path",
    [
        "/files/tidewater/../../etc/passwd",
        "/files/tidewater/..%2f..%2fetc%2fpasswd",
        "/files/%2e%2e/x",
        "/files/tidewater/nothing-1.0.tar.gz",
        "/files/BLOCKED-x/y/tidewater/nothing.whl",
        "/files/a/b/c",
        "/simple/%00/",
        "/simple/..%2f/",
    ],
)
def test_odd_paths_are_not_found(serve: Serve, registry: Registry, path: str) -> None:
    registry.add("tidewater", "1.0")
    assert serve().get(path).status == 404


def test_only_reading(serve: Serve, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    assert serve().get("/simple/tidewater/", method="DELETE").status == 405
