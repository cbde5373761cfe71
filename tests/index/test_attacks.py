"""Ways around the policy by spelling: every route knows a name, a file and a path in one form only."""

import contextlib
import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry

POLICY = '[guard]\nallow_only = ["good-one", "other"]\n'
EVIL = "evil_name-1.0-py3-none-any.whl"
GOOD = "good_one-1.0-py3-none-any.whl"
RULE = b"guard/not-allowed"


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    """A server whose policy lets `good-one` and `other` through, and `evil-name` not."""
    for name in ("evil_name", "good_one", "other"):
        registry.add(name, "1.0", sdist=True)
    made = serving(tmp_path / "data", (registry.url,), env=env, clock=clock, policy=POLICY)
    with made as running:
        yield running


def raw(server: Serving, target: bytes) -> tuple[int, bytes]:
    """Ask for a target as it stands, which no well-behaved client would send."""
    with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        with contextlib.closing(answer):
            answer.begin()
            return answer.status, answer.read()


def asked_for_the_evil_file(registry: Registry) -> bool:
    return any(seen.path.endswith((EVIL, "evil_name-1.0.tar.gz")) for seen in registry.requests)


@pytest.mark.parametrize(
    "word",
    ["evil-name", "Evil-Name", "EVIL_NAME", "evil.name", "evil__name", "evil-_.name", "ev%69l-name", "%65vil%2Dname", "evil%5fname"],
)  # fmt: skip
def test_every_spelling_of_a_blocked_name_is_blocked_on_every_route(
    server: Serving, registry: Registry, word: str
) -> None:
    page = server.get(f"/simple/{word}/", {"Accept": "application/vnd.pypi.simple.v1+json"})
    while page.status == 301:
        page = server.get(
            page.headers["location"], {"Accept": "application/vnd.pypi.simple.v1+json"}
        )
    assert [
        f for f in page.json["files"] if "/files/BLOCKED-guard-not-allowed/" not in f["url"]
    ] == []
    assert page.json["files"]
    for filename in (EVIL, "evil_name-1.0.tar.gz"):
        assert server.once(f"/files/{word}/{filename}").status == 302
        answer = server.get(f"/files/{word}/{filename}")
        assert answer.status == 403
        assert RULE in answer.body
    told = server.get(f"/pypi/{word}/json").json
    assert all("/files/BLOCKED-" in f["url"] for files in told["releases"].values() for f in files)
    assert RULE in server.get(f"/project/{word}/").body
    assert not asked_for_the_evil_file(registry)


@pytest.mark.parametrize(
    "path",
    [
        f"/files/good-one/{EVIL}",
        f"/files/other/{GOOD}",
        f"/files/BLOCKED-x/y/good-one/{EVIL}",
        f"/files/x/../evil-name/{EVIL}",
        f"/files/good-one/../evil-name/{EVIL}",
        f"/files/good-one/..%2Fevil-name%2F{EVIL}",
        f"/files/good-one%2F..%2Fevil-name/{EVIL}",
        f"/files//evil-name/{EVIL}",
        f"//files/evil-name/{EVIL}",
        f"/files/evil-name//{EVIL}",
        f"/files/evil-name/{EVIL}/",
        f"/files/evil-name/{EVIL}%00",
        f"/files/evil-name%00/{EVIL}",
        f"/files/evil-name/{EVIL.upper()}",
        f"/files/evil-name/{EVIL.title()}",
        f"/files/evil-name/{EVIL}.metadata.metadata",
        f"/files/evil-name/{EVIL}.provenance",
        f"/files/evil\u2024name/{EVIL}",
        f"/files/evil\uff0dname/{EVIL}",
        f"/files/\u0435vil-name/{EVIL}",
        f"/files/{'a' * 5_000}/{EVIL}",
        f"/files/evil-name/{'a' * 20_000}.whl",
        "/files/evil-name/..",
        "/files/evil-name/.",
        f"/store/files/evil-name/{EVIL}",
        "/files/../onward-policy.toml",
        "/simple/../onward-policy.toml",
        "/simple/evil-name/../../onward-policy.toml",
        "/simple//evil-name/",
        "//simple/evil-name/",
        "/simple/evil-name//",
        "/simple/evil-name/x/",
        "/simple/evil-name%00/",
        "/simple/evil\u2024name/",
        "/simple/.evil-name/",
        "/simple/evil-name./",
        "/simple/evil%20name/",
        f"/simple/{'evil-' * 4_000}name/",
        f"/simple/{'a' * 300}/",
        "/pypi//json",
        "/pypi/evil%00name/json",
        f"/pypi/{'a' * 300}/json",
        "/pypi/good-one/1.0/../../evil-name/json",
        f"/pypi/good-one/{'1' * 5_000}/json",
        f"/integrity/good-one/1.0/{EVIL}/provenance",
        f"/integrity/evil-name/1.0/{EVIL}/provenance/",
        f"/project/{'a' * 300}/",
        "/project/evil%00name/",
        "/%2e%2e/%2e%2e/etc/passwd",
    ],
)  # fmt: skip
def test_no_odd_path_gives_a_file_or_a_fault(
    server: Serving, registry: Registry, path: str
) -> None:
    status, body = raw(server, path.encode())
    assert status in (302, 400, 403, 404, 414, 431), (status, body[:200])
    assert b"Traceback" not in body
    assert not asked_for_the_evil_file(registry)
    assert server.get("/simple/good-one/").status == 200  # it is well


def test_only_the_page_decides_whatever_the_address_says(server: Serving) -> None:
    # an address of a time when the release was held back goes on to work when it no longer is
    answer = server.get(f"/files/BLOCKED-guard-too-new/2026-01-01/good-one/{GOOD}")
    assert answer.status == 200
    assert server.get(f"/files/good-one/{EVIL}").status == 404
    assert server.get(f"/files/BLOCKED-a/b/evil-name/{EVIL}").status == 403


def test_metadata_of_what_is_blocked_may_be_had_and_nothing_else_of_it(
    server: Serving, registry: Registry
) -> None:
    answer = server.get(f"/files/evil-name/{EVIL}.metadata")
    assert answer.status == 200
    assert answer.body.startswith(b"Metadata-Version:")
    assert server.get(f"/files/evil-name/{EVIL}", {"Range": "bytes=0-10"}).status == 403
    assert server.get(f"/files/evil-name/{EVIL}", method="HEAD").status == 403
    assert not asked_for_the_evil_file(registry)


@pytest.mark.parametrize(
    "header",
    [
        {"Host": "evil.test/\r\nx: y"[:9] + "<script>"},
        {"Accept": "a" * 30_000},
        {"Accept-Encoding": ",".join(["gzip;q=0.1"] * 2_000)},
        {"If-None-Match": '"' + "x" * 20_000 + '"'},
        {"Range": "bytes=" + "9" * 5_000 + "-"},
        {"Range": "bytes=5-1"},
        {"Range": "bytes=0-0,2-2"},
        {"Range": "lines=1-2"},
        {"Accept": "\xff\xfe"},
    ],
)  # fmt: skip
def test_odd_headers(server: Serving, header: dict[str, str]) -> None:
    for path in ("/simple/good-one/", f"/files/good-one/{GOOD}", "/pypi/good-one/json", "/simple/"):
        answer = server.get(path, header)
        assert answer.status in (200, 206, 400, 406, 416, 431), (path, answer.status)
        assert b"<script>" not in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "ODD"])
def test_other_methods_change_nothing(server: Serving, method: str) -> None:
    for path in ("/simple/good-one/", f"/files/good-one/{GOOD}", "/pypi/good-one/json", "/simple/"):
        assert server.get(path, method=method).status in (400, 405), path
