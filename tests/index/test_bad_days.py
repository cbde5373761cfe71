"""Days on which something beside the server is wrong: an upstream that hangs, odd answers, a clock that was set, made-up names."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import pytest

from onward.core.errors import OnwardError, OutsideFailed
from onward.core.names import Name
from onward.workflows.serving.background import Background
from tests.conftest import FakeClock
from tests.index.odd_upstream import JSON, NAME, PAGE, WHEEL, OddUpstream
from tests.index.serving import Serving
from tests.index.tokens import a_token, basic


@pytest.mark.parametrize("route", ["/simple/", "/project/"])
def test_an_upstream_that_hangs_holds_up_nothing_that_is_here(
    server: Serving, upstream: OddUpstream, clock: FakeClock, route: str
) -> None:
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel"))
    assert server.get(f"/files/{NAME}/{WHEEL}").body == b"a wheel"
    token = a_token(server)
    waiting = threading.Semaphore(0)

    def hang(handler: BaseHTTPRequestHandler) -> None:
        waiting.release()
        upstream.over.wait(60)
        handler.close_connection = True

    names = [f"made-up-{number}" for number in range(45)]
    for name in names:
        upstream.replies[f"/simple/{name}/"] = hang
    with ThreadPoolExecutor(len(names)) as clients:
        asked = [clients.submit(server.get, f"{route}{name}/") for name in names]
        try:
            for (
                _
            ) in names:  # each of them waits now, not only as many as there are threads for files
                assert waiting.acquire(timeout=10)
            clock.now += dt.timedelta(seconds=3)  # the tokens must be read again
            for path in (PAGE, f"/files/{NAME}/{WHEEL}", f"{PAGE}?format=text/html", "/simple/"):
                assert server.get(path, basic(token)).status == 200, path
        finally:
            upstream.over.set()
        assert {answer.result().status for answer in asked} <= {404, 502}


def test_those_who_ask_for_the_same_page_take_one_thread(
    server: Serving, upstream: OddUpstream
) -> None:
    waiting, go_on = threading.Semaphore(0), threading.Event()
    file = upstream.file(WHEEL, b"a wheel")
    upstream.page(NAME, file)
    page, upstream.replies["/simple/other/"] = upstream.replies[PAGE], upstream.replies[PAGE]
    upstream.page("other")

    def slow(handler: BaseHTTPRequestHandler) -> None:
        waiting.release()
        go_on.wait(60)
        page(handler)

    upstream.replies[PAGE] = slow
    with ThreadPoolExecutor(90) as clients:
        asked = [clients.submit(server.get, PAGE) for _ in range(90)]
        assert waiting.acquire(timeout=10)
        assert server.get("/simple/other/").status == 200
        go_on.set()
        assert {answer.result().status for answer in asked} == {200}
    assert upstream.asked.count(PAGE) == 1


def test_made_up_names_leave_nothing_on_the_disk(server: Serving, upstream: OddUpstream) -> None:
    before = sum(path.is_file() for path in server.data.rglob("*"))
    for number in range(30):
        assert server.get(f"/simple/made-up-{number}/").status == 404
    assert sum(path.is_file() for path in server.data.rglob("*")) == before
    upstream.asked.clear()
    assert server.get("/simple/made-up-7/").status == 404
    assert upstream.asked == []  # it is remembered all the same


def test_a_name_that_comes_to_be_is_seen_when_its_absence_is_old(
    server: Serving, upstream: OddUpstream, clock: FakeClock
) -> None:
    assert server.get(PAGE).status == 404
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel"))
    assert server.get(PAGE).status == 404
    clock.now += dt.timedelta(hours=1)
    assert server.get(PAGE).status == 200


def test_a_release_that_was_let_in_by_a_wrong_clock_is_held_back_again(
    server: Serving, upstream: OddUpstream, clock: FakeClock
) -> None:
    young = (clock.now - dt.timedelta(hours=1)).isoformat()
    upstream.page(NAME, {**upstream.file(WHEEL, b"a wheel"), "upload-time": young})
    right = clock.now
    clock.now += dt.timedelta(days=400)
    assert server.get(f"/files/{NAME}/{WHEEL}").status == 200
    clock.now = right
    assert server.get(f"/files/{NAME}/{WHEEL}").status == 403
    server.server.parts.pages._kept.clear()
    assert server.get(f"/files/{NAME}/{WHEEL}").status == 403


@pytest.mark.parametrize("etag", ['"a"\r\n "b"', '"a"\r\n\t' + "x" * 60_000, '"\xff\x00"'])
def test_an_odd_entity_tag_of_an_upstream_is_no_fault_of_ours(
    server: Serving, upstream: OddUpstream, clock: FakeClock, etag: str
) -> None:
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel"))
    page = upstream.replies[PAGE]

    def tagged(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        body = b'{"meta":{"api-version":"1.1"},"name":"tidewater","files":[]}'
        handler.wfile.write(b"")
        for name, value in (("Content-Type", JSON), ("Content-Length", str(len(body)))):
            handler.send_header(name, value)
        handler.send_header("ETag", etag)
        handler.end_headers()
        handler.wfile.write(body)

    upstream.replies[PAGE] = tagged
    assert server.get(PAGE).status == 200
    upstream.replies[PAGE] = page
    clock.now += dt.timedelta(hours=1)
    server.server.parts.pages._kept.clear()
    assert [file["filename"] for file in server.page(NAME)["files"]] == [WHEEL]


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:99999/", "http://[::1/", "http://h\u00fc\u00df.invalid/\u00fc", "http://127.0.0.1:x/"]
)  # fmt: skip
@pytest.mark.parametrize("what", ["page", "file", "url", "provenance"])
def test_an_address_that_is_none_is_a_fault_of_the_upstream(
    server: Serving, upstream: OddUpstream, place: str, what: str
) -> None:
    listed = upstream.file(WHEEL, b"a wheel", provenance=f"{upstream.root}/provenance")
    if what == "url":
        listed["url"] = f"{place}{WHEEL}"
    upstream.page(NAME, listed)
    away = {"Location": place.encode().decode("latin-1")}
    target = {"page": PAGE, "file": f"/files/{WHEEL}", "provenance": "/provenance"}.get(what, "/no")
    upstream.give(target, b"", status=302, headers=away)
    asked = {
        "page": PAGE,
        "provenance": f"/integrity/{NAME}/1.0/{WHEEL}/provenance",
    }.get(what, f"/files/{NAME}/{WHEEL}")
    answer = server.get(asked)
    assert answer.status in ((404, 502) if what == "url" else (502,))
    assert answer.json["status"] == answer.status


def test_an_address_that_is_none_in_html_is_left_out(
    server: Serving, upstream: OddUpstream
) -> None:
    listed = upstream.file(WHEEL, b"a wheel")
    hashed = f"sha256={listed['hashes']['sha256']}"
    body = f"""<!doctype html><base href="http://[::1/">
        <a href="http://[::1/{WHEEL}#{hashed}">x</a>
        <a href="/files/{WHEEL}#{hashed}">{WHEEL}</a>"""
    upstream.give(PAGE, body.encode(), "text/html")
    assert [file["filename"] for file in server.page(NAME)["files"]] == [WHEEL]


def test_a_token_for_some_projects_asks_for_advisories_where_uv_asks(server: Serving) -> None:
    token = a_token(server, "some-*")
    for root in ("/osv", ""):
        answer = server.get(
            f"{root}/v1/query",
            {**basic(token), "Content-Type": "application/json"},
            method="POST",
            body=b'{"package":{"name":"jinja2","ecosystem":"PyPI"}}',
        )
        assert (
            answer.status == 503
        )  # there is no data here; the token is not what stands in the way


def test_headers_beyond_all_measure_are_not_read(server: Serving) -> None:
    assert server.get("/health", {"Accept": "a" * 200_000}).status in (400, 431)


def test_what_goes_on_beside_goes_on_after_a_fault_and_tells_of_it(
    server: Serving, upstream: OddUpstream
) -> None:
    policy = server.data / "onward-policy.toml"
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel"))
    assert server.get(f"/files/{NAME}/{WHEEL}").status == 200
    policy.write_bytes(b"\xff\xfe")
    server.server.refresh()
    assert len(server.warnings) == 1
    policy.write_text('[guard]\nallow_only = ["other"]\n', encoding="utf-8")
    server.server.refresh()
    assert server.get(f"/files/{NAME}/{WHEEL}").status == 403


def test_a_job_outlives_whoever_should_hear_of_its_faults() -> None:
    done = threading.Event()
    told: list[OnwardError] = []

    def work() -> None:
        if told:
            done.set()
        raise OutsideFailed("no-answer", "it does not work today")

    def warn(error: OnwardError) -> None:
        told.append(error)
        raise BrokenPipeError

    job = Background(work, seconds=0.001, warn=warn)
    job.start()
    assert done.wait(10)
    job.stop()


def test_the_advisories_of_made_up_names_are_not_kept_for_ever(server: Serving) -> None:
    advice = server.judge.advice
    for number in range(25_000):
        advice.about(Name(f"made-up-{number}"))
    assert advice._merged.cache_info().currsize <= 20_000


def test_a_kept_file_that_was_cut_short_is_fetched_again(
    server: Serving, upstream: OddUpstream
) -> None:
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel"))
    assert server.get(f"/files/{NAME}/{WHEEL}").body == b"a wheel"
    (kept,) = server.data.joinpath("store").rglob(WHEEL)
    kept.write_bytes(b"a wh")
    assert server.get(f"/files/{NAME}/{WHEEL}").body == b"a wheel"
    assert kept.read_bytes() == b"a wheel"
    upstream.asked.clear()
    assert server.get(f"/files/{NAME}/{WHEEL}").body == b"a wheel"
    assert upstream.asked == []


@pytest.mark.parametrize("folder", ["pages", "views"])
def test_a_folder_that_cannot_be_written_costs_time_and_no_page(
    server: Serving, upstream: OddUpstream, clock: FakeClock, folder: str
) -> None:
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel"))
    (server.data / folder).write_bytes(b"")  # where a folder should be
    assert server.page(NAME)["versions"] == ["1.0"]
    assert server.get(f"/files/{NAME}/{WHEEL}").body == b"a wheel"
    clock.now += dt.timedelta(hours=1)
    server.server.parts.pages._kept.clear()
    assert server.page(NAME)["versions"] == ["1.0"]
    (server.data / folder).unlink()
    assert server.get(PAGE).status == 200
    assert list((server.data / folder).rglob(NAME)) == []  # it is in memory, and is kept next time
