"""The rest of the simple repository API: the list, provenance, tracks, status, HEAD."""

import contextlib
import json
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from tests.index.odd_upstream import JSON, WHEEL, OddUpstream
from tests.index.serving import Serving, serving

HTML = "application/vnd.pypi.simple.v1+html"
ATTESTED = {"version": 1, "attestation_bundles": []}


def test_provenance_is_at_an_address_of_ours_and_kept(
    server: Serving, upstream: OddUpstream
) -> None:
    place = "/integrity/tidewater/1.0/x/provenance"
    upstream.give(place, json.dumps(ATTESTED).encode(), "application/json")
    upstream.page("tidewater", upstream.file(WHEEL, b"wheel", provenance=place))
    (file,) = server.page("tidewater")["files"]
    ours = f"/integrity/tidewater/1.0/{WHEEL}/provenance"
    assert file["provenance"] == f"../..{ours}"
    assert f'data-provenance="../..{ours}"'.encode() in server.get("/simple/tidewater/").body
    answer = server.get(ours)
    assert answer.json == ATTESTED
    assert answer.headers["content-type"] == "application/vnd.pypi.integrity.v1+json"
    del upstream.replies[place]
    assert server.get(ours).json == ATTESTED
    assert upstream.asked.count(place) == 1
    assert server.get(ours.replace("/tidewater/", "/TideWater/", 1)).status == 200
    assert server.get(ours.replace("/1.0/", "/1.1/")).status == 404
    assert server.get(ours.removesuffix("/provenance")).status == 404


@pytest.mark.parametrize(
    ("told", "body", "status"),
    [
        ("/p", b"not json", 502),
        ("/p", b"[]", 502),
        ("/p", b" " * 3_000_000, 502),
        ("/p", None, 404),
        ("file:///etc/passwd", None, 404),
        ("http://[", None, 404),
        (None, None, 404),
    ],
)
def test_provenance_that_cannot_be_had(
    server: Serving, upstream: OddUpstream, told: str | None, body: bytes | None, status: int
) -> None:
    if body is not None:
        upstream.give("/p", body, "application/json")
    upstream.page("tidewater", upstream.file(WHEEL, b"wheel", provenance=told))
    assert server.get(f"/integrity/tidewater/1.0/{WHEEL}/provenance").status == status
    assert server.get(f"/files/tidewater/{WHEEL}").body == b"wheel"


def test_a_mirror_says_what_it_tracks_and_hands_on_other_places(
    server: Serving, upstream: OddUpstream
) -> None:
    page = {
        "meta": {"api-version": "1.2", "tracks": ["https://origin.test/simple/tidewater/", "odd"]},
        "name": "tidewater",
        "files": [upstream.file(WHEEL, b"wheel")],
        "alternate-locations": ["https://other.test/simple/tidewater/", "/relative/"],
        "project-status": {"status": "archived", "reason": "done <here>"},
    }
    upstream.give("/simple/tidewater/", json.dumps(page).encode())
    told = server.page("tidewater")
    tracks = ["https://origin.test/simple/tidewater/", f"{upstream.url}tidewater/"]
    assert told["meta"] == {"api-version": "1.4", "tracks": tracks}
    assert told["alternate-locations"] == ["https://other.test/simple/tidewater/"]
    assert told["project-status"] == {"status": "archived", "reason": "done <here>"}
    html = server.get("/simple/tidewater/", {"Accept": HTML}).body.decode()
    for address in tracks:
        assert f'<meta name="pypi:tracks" content="{address}">' in html
    assert '<meta name="pypi:alternate-locations" content="https://other.test/' in html
    assert '<meta name="pypi:project-status-reason" content="done &lt;here&gt;">' in html


def test_the_list_is_what_is_kept_also_after_a_restart(
    tmp_path: Path, upstream: OddUpstream, env: dict[str, str], clock: FakeClock
) -> None:
    for name in ("tidewater", "mossgrove"):
        upstream.page(name, upstream.file(f"{name}-1.0.tar.gz", b"x"))

    def start() -> contextlib.AbstractContextManager[Serving]:
        return serving(tmp_path / "data", (upstream.url,), env=env, clock=clock)

    with start() as server:
        assert server.get("/simple/", {"Accept": JSON}).json["projects"] == []
        for name in ("tidewater", "mossgrove", "nobody"):
            server.get(f"/simple/{name}/")
    with start() as server:
        told = server.get("/simple/", {"Accept": JSON})
        assert told.json["projects"] == [{"name": "mossgrove"}, {"name": "tidewater"}]
        assert told.json["meta"]["api-version"] == "1.4"
        assert b'<a href="mossgrove/">mossgrove</a>' in server.get("/simple/").body
        assert server.get(f"/simple/?format={JSON.replace('+', '%2B')}").body == told.body
        assert server.get("/simple/", {"Accept": "image/png"}).status == 406
        assert server.get("/simple/?format=text/plain").status == 406
        assert server.get("/simple/", method="HEAD").body == b""
        lead = server.get("/simple?format=text/html")
        assert (lead.status, lead.headers["location"]) == (301, "/simple/?format=text/html")
    assert "/simple/" not in upstream.asked


@pytest.mark.parametrize("accept", ["", JSON, HTML, "text/html", "*/*"])
def test_head_is_get_without_a_body(server: Serving, upstream: OddUpstream, accept: str) -> None:
    upstream.page("tidewater", upstream.file(WHEEL, b"wheel"))
    paths = ("/simple/tidewater/", f"/files/tidewater/{WHEEL}", "/pypi/tidewater/json", "/simple/",
             "/project/tidewater/", "/health", "/simple/nobody/", "/files/tidewater/no.whl")  # fmt: skip
    for path in paths:
        get = server.get(path, {"Accept": accept} if accept else {})
        head = server.get(path, {"Accept": accept} if accept else {}, method="HEAD")
        assert (head.status, head.body) == (get.status, b""), path
        assert head.headers["content-length"] == str(len(get.body)), path
        assert head.headers["content-type"] == get.headers["content-type"], path


@pytest.mark.parametrize("kind", ["application/vnd.pypi.simple.latest+json", "latest html"])
def test_latest_is_told_by_its_number(server: Serving, upstream: OddUpstream, kind: str) -> None:
    upstream.page("tidewater", upstream.file(WHEEL, b"wheel"))
    kind = kind.replace("latest html", "application/vnd.pypi.simple.latest+html")
    told = server.get("/simple/tidewater/", {"Accept": kind}).headers["content-type"]
    assert told.partition(";")[0] == kind.replace("latest", "v1")
    by_query = server.get(f"/simple/tidewater/?format={kind.replace('+', '%2B')}")
    assert by_query.headers["content-type"] == told
