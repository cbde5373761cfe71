"""An upstream that lies, floods or never ends: always a documented answer, nothing kept, and the server goes on."""

import datetime as dt
import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from onward.core.events import Event
from tests.conftest import FakeClock
from tests.index.odd_upstream import JSON, NAME, PAGE, WHEEL, OddUpstream, odd_upstream
from tests.index.serving import Serving, serving


def test_a_page_that_lists_a_file_twice_is_shown(server: Serving, upstream: OddUpstream) -> None:
    file = upstream.file(WHEEL, b"a wheel")
    upstream.page(NAME, file, file)
    for path in (f"/refused/{NAME}/{WHEEL}", f"/project/{NAME}/?file={WHEEL}"):
        assert server.get(path, {"Accept": "text/html"}).status == 200


class Endless:
    """An answer without a length that goes on until nobody listens; ``sent`` counts its bytes."""

    def __init__(self, kind: str, head: bytes, more: bytes) -> None:
        self._kind, self._head, self._more = kind, head, more
        self.sent = 0
        self.left = threading.Event()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", self._kind)
        handler.send_header("Connection", "close")
        handler.end_headers()
        try:
            handler.wfile.write(self._head)
            while self.sent < 2_000_000_000:
                handler.wfile.write(self._more)
                self.sent += len(self._more)
        except OSError:
            self.left.set()


def test_a_page_without_end_is_left(server: Serving, upstream: OddUpstream) -> None:
    page = Endless(
        JSON, b'{"meta":{"api-version":"1.1"},"name":"tidewater","files":[', b" " * 500_000
    )
    upstream.replies[PAGE] = page
    answer = server.get(PAGE)
    assert answer.status == 502
    assert answer.json["type"] == "urn:onward:error:too-large"
    assert page.left.wait(20)
    assert page.sent < 500_000_000


def test_a_page_that_is_packed_though_nobody_asked_is_not_unpacked(
    server: Serving, upstream: OddUpstream
) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    upstream.give(PAGE, bomb, headers={"Content-Encoding": "gzip"})
    assert server.get(PAGE).status == 502


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"meta":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
        b'{"meta":{"api-version":"1.1"},"name":"tidewater","files":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b'{"meta":{"api-version":"2.0"},"name":"tidewater","files":[]}',
        b'{"meta":{"api-version":"1.1"},"name":"other","files":[]}',
        b'{"meta":{"api-version":"1.1"},"name":"tidewater","files":{}}',
        b"\xff\xfe\x00",
        b"",
        b"null",
    ],
    ids=["brackets", "deep-meta", "deep-file", "future", "other-name", "no-list", "bytes", "empty", "null"],
)  # fmt: skip
def test_what_is_no_page_of_this_project_is_told(
    server: Serving, upstream: OddUpstream, body: bytes
) -> None:
    upstream.give(PAGE, body)
    assert server.get(PAGE).status == 502
    upstream.page(NAME, upstream.file(WHEEL, b"right again"))
    assert [f["filename"] for f in server.page(NAME)["files"]] == [WHEEL]


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:70/", "data:text/html,x", "//", "http://"]
)  # fmt: skip
@pytest.mark.parametrize("what", ["page", "file", "metadata", "provenance"])
def test_a_redirect_off_the_web_is_not_followed(
    server: Serving, upstream: OddUpstream, place: str, what: str
) -> None:
    more = {"provenance": f"{upstream.root}/provenance"}
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel", **{"core-metadata": True, **more}))
    away = {"Location": place}
    target = {
        "page": PAGE,
        "file": f"/files/{WHEEL}",
        "metadata": f"/files/{WHEEL}.metadata",
        "provenance": "/provenance",
    }[what]
    upstream.give(target, b"", status=302, headers=away)
    if what == "metadata":  # the wheel itself is looked at next, and that is none
        assert server.get(f"/files/{NAME}/{WHEEL}.metadata").status == 502
        return
    asked = {
        "page": PAGE,
        "file": f"/files/{NAME}/{WHEEL}",
        "provenance": f"/integrity/{NAME}/1.0/{WHEEL}/provenance",
    }[what]
    answer = server.get(asked)
    assert answer.status == 502
    assert b"root:" not in answer.body


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/a.whl", "javascript:x", "../../../../etc/passwd", "//[bad", "\\\\host\\x"]
)  # fmt: skip
def test_a_file_off_the_web_is_not_fetched(
    server: Serving, upstream: OddUpstream, url: str
) -> None:
    upstream.page(NAME, {**upstream.file(WHEEL, b"a wheel"), "url": url})
    listed = server.page(NAME)["files"]
    answer = server.get(f"/files/{NAME}/{WHEEL}")
    assert answer.status == (502 if listed else 404)
    assert b"root:" not in answer.body


def test_a_file_on_another_host_is_fetched_and_its_hash_decides(
    server: Serving, upstream: OddUpstream
) -> None:
    with odd_upstream() as other:
        right = {**other.file(WHEEL, b"as promised"), "url": f"{other.root}/files/{WHEEL}"}
        wrong = upstream.file(f"{NAME}-2.0-py3-none-any.whl", b"as promised")
        other.give(f"/files/{wrong['filename']}", b"as planned!", "application/octet-stream")
        upstream.page(NAME, right, {**wrong, "url": f"{other.root}/files/{wrong['filename']}"})
        assert server.get(f"/files/{NAME}/{WHEEL}").body == b"as promised"
        assert server.get(f"/files/{NAME}/{wrong['filename']}").status == 502


def test_a_file_that_is_larger_than_its_page_says_is_left(
    server: Serving, upstream: OddUpstream
) -> None:
    listed = upstream.file(WHEEL, b"a wheel")
    upstream.page(NAME, listed)
    file = Endless("application/octet-stream", b"a wheel", b"x" * 100_000)
    upstream.replies[f"/files/{WHEEL}"] = file
    assert server.get(f"/files/{NAME}/{WHEEL}").status == 502
    assert file.left.wait(20)
    for _ in range(200):  # another thread takes it away
        if not (left := list((server.data / "coming").iterdir())):
            break
        threading.Event().wait(0.02)
    assert left == []


def test_a_page_of_twenty_thousand_files_is_a_page(server: Serving, upstream: OddUpstream) -> None:
    file = upstream.file(WHEEL, b"a wheel")
    many = [{**file, "filename": f"{NAME}-1.{count}-py3-none-any.whl"} for count in range(20_000)]
    upstream.give(PAGE, json.dumps(
        {"meta": {"api-version": "1.1"}, "name": NAME, "files": many}
    ).encode())  # fmt: skip
    assert len(server.page(NAME)["files"]) == 20_000


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html><title>Down for repairs</title><a href='/'>Home</a></html>", "text/html"),
        (b"<html><a href='/login?next=/simple/tidewater/'>Sign in</a></html>", "text/html"),
        (b'{"error":"try later"}', "application/json"),
        (b'{"meta":{"api-version":"1.1"},"name":"other","files":[]}', JSON),
        (b"", JSON),
    ],
    ids=["repairs", "login", "error", "other-name", "empty"],
)
def test_what_is_no_page_does_not_take_the_place_of_one(
    server: Serving, upstream: OddUpstream, clock: FakeClock, body: bytes, kind: str
) -> None:
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel"))
    assert "onward-stale" not in server.get(PAGE).headers
    upstream.give(PAGE, body, kind)
    clock.now += dt.timedelta(hours=1)
    for _ in range(2):
        server.parts.pages._kept.clear()  # as after a restart, or under a new policy
        answer = server.get(PAGE)
        assert (answer.status, answer.headers["onward-stale"]) == (200, "3600")
        assert server.get(f"/files/{NAME}/{WHEEL}").body == b"a wheel"
    upstream.page(NAME)
    server.parts.pages._kept.clear()
    answer = server.get(PAGE, {"Accept": JSON})
    assert (answer.json["files"], answer.headers.get("onward-stale")) == ([], None)


def test_a_page_of_html_without_files_is_one_when_it_speaks_of_the_project(
    server: Serving, upstream: OddUpstream, clock: FakeClock
) -> None:
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel"))
    assert len(server.page(NAME)["files"]) == 1
    upstream.give(PAGE, b"<html><body><h1>Links for Tidewater</h1></body></html>", "text/html")
    clock.now += dt.timedelta(hours=1)
    server.parts.pages._kept.clear()
    assert server.page(NAME)["files"] == []


def test_an_answer_that_is_no_page_is_told_of(
    tmp_path: Path, upstream: OddUpstream, env: dict[str, str], clock: FakeClock
) -> None:
    told: list[Event] = []
    with serving(tmp_path / "d", (upstream.url,), env=env, clock=clock, tell=told.append) as server:
        upstream.page(NAME, upstream.file(WHEEL, b"a wheel"))
        assert server.get(PAGE).status == 200
        upstream.give(PAGE, b"{}")
        clock.now += dt.timedelta(hours=1)
        server.parts.pages._kept.clear()
        assert server.get(PAGE).status == 200
    assert [event.facts["why"] for event in told if event.kind == "upstream-failed"] == ["bad-page"]


INTEGRITY = f"/integrity/{NAME}/1.0/{WHEEL}/provenance"
NONE_ATTESTED = b'{"version":1,"attestation_bundles":[]}'


@pytest.mark.parametrize("what", ["provenance", "metadata", "tail", "file"])
@pytest.mark.parametrize("way", ["named", "redirected"])
def test_a_public_index_leads_to_nothing_inside(
    tmp_path: Path, env: dict[str, str], clock: FakeClock, what: str, way: str
) -> None:
    index = "http://index.invalid"  # which only the proxy knows
    with odd_upstream() as proxy, odd_upstream() as inside:
        reached = {**env, "http_proxy": proxy.root}
        upstreams = (f"{index}/simple/",)
        listed = inside.file(WHEEL, b"a wheel")
        inside.give(f"/files/{WHEEL}.metadata", b"Metadata-Version: 2.1\nName: tidewater\n")
        inside.give(INTEGRITY, NONE_ATTESTED)
        where = inside.root if way == "named" else index
        listed["url"] = f"{where}/files/{WHEEL}"
        listed["provenance"] = f"{where}{INTEGRITY}"
        listed["core-metadata"] = what == "metadata"
        page = {"meta": {"api-version": "1.1"}, "name": NAME, "files": [listed]}
        proxy.give(f"{index}{PAGE}", json.dumps(page).encode())
        for path in (f"/files/{WHEEL}", f"/files/{WHEEL}.metadata", INTEGRITY):
            away = {"Location": f"{inside.root}{path}"}
            proxy.give(f"{index}{path}", b"", status=302, headers=away)
        with serving(tmp_path / "data", upstreams, env=reached, clock=clock) as server:
            assert server.get(PAGE).status == 200
            end = {"file": "", "provenance": ""}.get(what, ".metadata")
            answer = server.get(
                INTEGRITY if what == "provenance" else f"/files/{NAME}/{WHEEL}{end}"
            )
            assert answer.status == 502
            assert answer.json["type"] == "urn:onward:error:private-address"
            assert inside.asked == []


def test_what_another_upstream_of_the_server_has_may_be_inside(
    tmp_path: Path, env: dict[str, str], clock: FakeClock
) -> None:
    index = "http://index.invalid"
    with odd_upstream() as proxy, odd_upstream() as inside:
        listed = inside.file(WHEEL, b"a wheel")
        listed["url"] = f"{inside.root}/files/{WHEEL}"
        page = {"meta": {"api-version": "1.1"}, "name": NAME, "files": [listed]}
        proxy.give(f"{index}{PAGE}", json.dumps(page).encode())
        upstreams, reached = (f"{index}/simple/", inside.url), {**env, "http_proxy": proxy.root}
        with serving(tmp_path / "data", upstreams, env=reached, clock=clock) as server:
            assert server.get(f"/files/{NAME}/{WHEEL}").body == b"a wheel"


@pytest.mark.parametrize(
    "body",
    [b'{"secret":"s3"}', b'{"version":1}', b'{"version":"1","attestation_bundles":[]}', b"[]"],
)
def test_what_is_no_provenance_is_not_handed_on(
    server: Serving, upstream: OddUpstream, body: bytes
) -> None:
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel", provenance="/provenance"))
    upstream.give("/provenance", body)
    answer = server.get(INTEGRITY)
    assert (answer.status, answer.json["type"]) == (502, "urn:onward:error:bad-provenance")
    upstream.give("/provenance", NONE_ATTESTED)
    assert server.get(INTEGRITY).body == NONE_ATTESTED


@pytest.mark.parametrize("body", [b"secret", b"Name: other\n", b"", b"Name:\nX: tidewater\n"])
def test_what_is_no_metadata_of_the_project_is_not_handed_on(
    server: Serving, upstream: OddUpstream, body: bytes
) -> None:
    upstream.page(NAME, upstream.file(WHEEL, b"a wheel", **{"core-metadata": True}))
    upstream.give(f"/files/{WHEEL}.metadata", body)
    answer = server.get(f"/files/{NAME}/{WHEEL}.metadata")
    assert (answer.status, answer.json["type"]) == (502, "urn:onward:error:bad-metadata")
    right = b"Metadata-Version: 2.1\r\nname:  Tidewater \r\n\r\nwords"
    upstream.give(f"/files/{WHEEL}.metadata", right)
    assert server.get(f"/files/{NAME}/{WHEEL}.metadata").body == right
