"""Who gets in: with which token, until when, and what they are told otherwise."""

import contextlib
import datetime as dt
import http.client
import secrets
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onward.domain.grants import Action
from onward.domain.tokens import make_token
from onward.workflows.serving.tokens import TokenWish, all_tokens, new_token, revoke
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.index.tokens import a_token, basic
from tests.registry import Registry

WHEEL = "acme_web-1.0-py3-none-any.whl"
ROUTES = (
    "/simple/", "/simple", "/simple/acme-web/", "/simple/Acme_Web/", f"/files/acme-web/{WHEEL}", "/pypi/acme-web/json",
    f"/integrity/acme-web/1.0/{WHEEL}/provenance", "/project/acme-web/", "/openapi.json", "/", "/of/tomorrow",
)  # fmt: skip

Make = Callable[..., Serving]


@pytest.fixture
def make(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Make]:
    """A maker of servers with `acme-web`, whose pages need a token unless told otherwise."""
    registry.add("acme_web", "1.0", sdist=True)
    with contextlib.ExitStack() as stack:

        def made(*, read_auth: bool = True) -> Serving:
            server = serving(
                tmp_path / "data", (registry.url,), env=env, clock=clock, read_auth=read_auth
            )
            return stack.enter_context(server)

        yield made


@pytest.fixture
def server(make: Make) -> Serving:
    return make()


@pytest.mark.parametrize("path", ROUTES)
def test_without_a_token_every_route_says_how_to_get_one(
    server: Serving, registry: Registry, path: str
) -> None:
    for headers in ({}, basic("wrong"), {"Authorization": "Basic %%"}, {"Authorization": ""}):
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            answer = server.get(path, headers, method=method)
            assert answer.status == 401
            assert answer.headers["www-authenticate"] == 'Basic realm="onward"'
            assert answer.headers["content-type"] == "application/problem+json"
    assert "onward guard token new" in server.get(path).json["hint"]
    assert registry.requests == []


def test_whether_it_is_well_is_for_everyone(server: Serving) -> None:
    assert server.get("/health").status == 200
    assert server.get("/health", basic("wrong")).status == 200


@pytest.mark.parametrize("path", ROUTES)
def test_with_a_token_for_reading_every_route_answers(server: Serving, path: str) -> None:
    token = a_token(server)
    for headers in (basic(token), basic(token, "any-name"), {"Authorization": f"Bearer {token}"}):
        assert server.get(path, headers).status not in (401, 403)


def test_a_token_counts_from_the_moment_it_is_made(server: Serving) -> None:
    assert server.get("/simple/", basic(a_token(server))).status == 200  # the table is read now
    wish = TokenWish(label="new", actions=(Action.read,), projects=(), expires="never")
    parts = server.parts
    token, _ = new_token(parts.database, wish, now=parts.clock(), random=secrets.token_bytes)
    assert server.get("/simple/", basic(token.text)).status == 200


def test_a_file_comes_with_a_token(server: Serving) -> None:
    assert server.get(f"/files/acme-web/{WHEEL}", basic(a_token(server))).status == 200


@pytest.mark.parametrize("path", [path for path in ROUTES if path != "/openapi.json"])
def test_a_token_that_may_not_read_is_told_so(server: Serving, path: str) -> None:
    answer = server.get(path, basic(a_token(server, actions=(Action.upload,))))
    assert answer.status == 403
    assert answer.json["title"].startswith("the token `ci` may not read")
    assert "upload" in answer.json["detail"]


@pytest.mark.parametrize("read_auth", [True, False])
@pytest.mark.parametrize("kind", ["mistyped", "unknown", "expired", "revoked", "other-secret"])
def test_a_token_that_does_not_count_is_refused_even_where_anyone_may_read(
    make: Make, clock: FakeClock, kind: str, *, read_auth: bool
) -> None:
    server = make(read_auth=read_auth)
    token = a_token(server, expires="2026-06-30")
    database = server.server.parts.database
    match kind:
        case "mistyped":
            token = token[:-1] + ("a" if token[-1] != "a" else "b")
        case "unknown":
            token = make_token(secrets.token_bytes).text
        case "other-secret":
            (row,) = all_tokens(database)
            token = type(made := make_token(secrets.token_bytes))(
                id=row.id, secret=made.secret
            ).text
            kind = "unknown"
        case "expired":
            clock.now = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
        case _:
            revoke(database, "ci", now=clock())
            server.server.refresh()
    for headers in (basic(token), {"Authorization": f"Bearer {token}"}):
        answer = server.get("/simple/acme-web/", headers)
        assert answer.status == 401
        assert answer.json["type"] == f"urn:onward:error:{kind}-token"
        assert "www-authenticate" in answer.headers


def test_where_anyone_may_read_logins_for_someone_else_are_passed_over(make: Make) -> None:
    server = make(read_auth=False)
    for headers in (
        basic("from-netrc", "me"),
        {"Authorization": "Basic %"},
        {"Authorization": "Digest x"},
    ):
        assert server.get("/simple/acme-web/", headers).status == 200


def test_two_credentials_are_refused(make: Make) -> None:
    server = make(read_auth=False)
    good = basic(a_token(server))["Authorization"]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with contextlib.closing(connection):
        connection.putrequest("GET", "/simple/acme-web/")
        connection.putheader("Authorization", good)
        connection.putheader("Authorization", good)
        connection.endheaders()
        assert connection.getresponse().status == 401


def test_it_counts_until_its_moment_by_the_clock_as_it_is(
    server: Serving, clock: FakeClock
) -> None:
    token = basic(a_token(server, expires="3 hours"))
    start = clock()

    def status(**later: float) -> int:
        clock.now = start + dt.timedelta(**later)
        return server.get("/simple/", token).status

    assert status(hours=2, minutes=59, seconds=59) == 200
    assert status(hours=3) == 401
    assert status(days=400) == 401
    assert status(hours=1) == 200  # the clock was put right
    assert status(days=-400) == 200
    assert status(hours=3, microseconds=1) == 401


def test_a_last_day_counts_whole(server: Serving, clock: FakeClock) -> None:
    token = basic(a_token(server, expires="2026-06-10"))
    clock.now = dt.datetime(2026, 6, 10, 23, 59, 59, tzinfo=dt.UTC)
    assert server.get("/simple/", token).status == 200
    clock.advance(seconds=1)
    assert server.get("/simple/", token).status == 401


def test_a_revoked_token_is_out_with_the_next_refresh(server: Serving, clock: FakeClock) -> None:
    token = basic(a_token(server))
    assert server.get("/simple/", token).status == 200
    revoke(server.server.parts.database, "ci", now=clock())
    server.server.refresh()
    assert server.get("/simple/", token).status == 401


def test_without_any_refresh_it_is_out_all_the_same(server: Serving, clock: FakeClock) -> None:
    token = basic(a_token(server))
    assert server.get("/simple/", token).status == 200
    revoke(server.server.parts.database, "ci", now=clock())
    clock.advance(seconds=2)
    assert server.get("/simple/", token).status == 401


@pytest.mark.parametrize("harm", ["DROP TABLE tokens", "UPDATE tokens SET actions = '[\"all\"]'", "UPDATE tokens SET created = 'x'", "UPDATE tokens SET expires = 9e99"])  # fmt: skip
def test_a_damaged_table_lets_nobody_in(server: Serving, clock: FakeClock, harm: str) -> None:
    token = basic(a_token(server))
    assert server.get("/simple/", token).status == 200
    with contextlib.closing(sqlite3.connect(server.data / "onward.sqlite")) as other, other:
        other.execute(harm)
    clock.advance(seconds=2)
    for headers in (token, basic(make_token(secrets.token_bytes).text)):
        answer = server.get("/simple/", headers)
        assert answer.status == 503
        assert answer.json["type"] == "urn:onward:error:store-failed"
    server.server.refresh()  # goes on
    assert server.get("/simple/").status == 401
    assert server.get("/health", token).status == 200


def test_a_damaged_file_lets_nobody_in(server: Serving, clock: FakeClock) -> None:
    token = basic(a_token(server))
    assert server.get("/simple/", token).status == 200
    for path in server.data.glob("onward.sqlite*"):
        with path.open("r+b") as file:
            file.write(b"\xff" * path.stat().st_size)
    clock.advance(seconds=2)
    assert server.get("/simple/", token).status == 503


def test_while_another_program_writes_readers_get_in(server: Serving, clock: FakeClock) -> None:
    token = basic(a_token(server))
    other = sqlite3.connect(server.data / "onward.sqlite", isolation_level=None)
    with contextlib.closing(other):
        other.execute("BEGIN EXCLUSIVE")
        clock.advance(seconds=2)
        assert server.get("/simple/", token).status == 200
        other.execute("ROLLBACK")


def test_its_last_use_is_kept_once_a_minute_and_at_the_end(make: Make, clock: FakeClock) -> None:
    server = make()
    token = basic(a_token(server))
    database = server.server.parts.database

    def used() -> dt.datetime | None:
        (row,) = all_tokens(database)
        return row.used

    clock.advance(seconds=30)
    server.get("/simple/", token)
    server.jobs.write()
    assert used() is None
    clock.advance(seconds=30)
    server.jobs.write()
    assert used() == dt.datetime(2026, 6, 1, 12, 0, tzinfo=dt.UTC)
    clock.advance(seconds=90)
    server.jobs.write()
    server.get("/simple/", token)
    server.server.tokens.keep_uses()
    assert used() == dt.datetime(2026, 6, 1, 12, 2, tzinfo=dt.UTC)


def test_refused_tokens_are_told_once_a_minute_without_a_word_of_them(
    server: Serving, clock: FakeClock
) -> None:
    strangers = [make_token(secrets.token_bytes) for _ in range(5)]
    for stranger in strangers:
        server.get("/simple/", basic(stranger.text))
    server.get("/simple/")  # no token at all is how clients begin
    clock.advance(minutes=1)
    server.server.refresh()
    server.server.refresh()
    (warning,) = server.warnings
    assert warning.message == "5 requests came with tokens that do not count"
    assert warning.context == ("5 from 127.0.0.1",)


def test_no_answer_no_word_and_no_file_has_a_token(make: Make, clock: FakeClock) -> None:
    server = make()
    good, stranger = a_token(server), make_token(secrets.token_bytes).text
    shown = []
    for token in (good, stranger, good[:-1]):
        for path in ("/simple/", "/simple/acme-web/", "/project/none/", "/none"):
            for headers in (basic(token), {"Authorization": f"Bearer {token} x"}):
                answer = server.get(path, headers)
                shown.append(f"{answer.headers} {answer.body.decode()}")
    clock.advance(minutes=1)
    server.server.refresh()
    shown += [f"{w.message} {w.context} {w.hint}" for w in server.warnings]
    kept = [path.read_bytes() for path in server.data.rglob("*") if path.is_file()]
    shown += [content.decode("latin-1") for content in kept]
    for token in (good, stranger):
        secret = token.split("_")[2][:40]
        assert [text for text in shown if secret in text] == []


def test_a_token_for_some_projects_lists_these(server: Serving, registry: Registry) -> None:
    registry.add("evil_name", "1.0")
    everything, some = basic(a_token(server)), basic(a_token(server, "Acme_*", label="some"))
    for name in ("acme-web", "evil-name"):
        assert server.get(f"/simple/{name}/", everything).status == 200
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}

    def listed(token: dict[str, str]) -> list[str]:
        answer = server.get("/simple/", {**accept, **token})
        return [project["name"] for project in answer.json["projects"]]

    assert listed(everything) == ["acme-web", "evil-name"]
    assert listed(some) == ["acme-web"]
    assert b"evil" not in server.get("/simple/", some).body


@pytest.mark.parametrize("word", ["evil-name", "Evil-Name", "EVIL_NAME", "evil.name", "evil-_.name", "ev%69l-name", "%65vil%2Dname", "evil%5fname"])  # fmt: skip
def test_no_spelling_reaches_another_project(
    server: Serving, registry: Registry, word: str
) -> None:
    wheel = "evil_name-1.0-py3-none-any.whl"
    registry.add("evil_name", "1.0")
    everything, some = basic(a_token(server)), basic(a_token(server, "acme-*", label="some"))
    routes = (
        f"/simple/{word}/", f"/simple/{word}", f"/files/{word}/{wheel}", f"/files/{word}/{wheel}.metadata",
        f"/files/a/b/{word}/{wheel}", f"/files/acme-web/acme-web/{word}/{wheel}", f"/pypi/{word}/json", f"/pypi/{word}/1.0/json",
        f"/integrity/{word}/1.0/{wheel}/provenance", f"/project/{word}/", f"/project/{word}",
    )  # fmt: skip
    for path in routes:
        for method in ("GET", "HEAD", "POST", "DELETE"):
            answer = server.get(path, some, method=method)
            assert answer.status == 403
            assert answer.headers["content-type"] == "application/problem+json"
    assert registry.requests == []
    for path in routes:
        assert server.get(path, everything).status not in (401, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/files/acme-web/../evil-name/evil_name-1.0-py3-none-any.whl",
        "/files/acme-web/..%2Fevil-name%2Fevil_name-1.0-py3-none-any.whl",
        "/files//evil-name/evil_name-1.0-py3-none-any.whl",
        "//files/evil-name/evil_name-1.0-py3-none-any.whl",
        "/files/acme-web%2F..%2Fevil-name/evil_name-1.0-py3-none-any.whl",
        "/files/evil-name%2Fevil_name-1.0-py3-none-any.whl",
        "/files%2Fevil-name%2Fevil_name-1.0-py3-none-any.whl",
        "/simple/acme-web/../evil-name/",
        "/simple/acme-web%2F..%2Fevil-name/",
        "/simple//evil-name/",
        "//simple/evil-name/",
        "/./simple/evil-name/",
        "/simple/evil-name/?x=/simple/acme-web/",
        "/simple/evil-name;/simple/acme-web/",
        "/simple/evil-name%00acme-web/",
        "/simple/acme-web%0a/",
        "/SIMPLE/evil-name/",
        "/pypi/acme-web/1.0/../../evil-name/json",
        "/project/acme-web/../evil-name/",
        "/project//evil-name/",
        "/health/../simple/evil-name/",
        "/health%2F..%2Fsimple/evil-name/",
        "/osv/../simple/evil-name/",
        "/legacy/../files/evil-name/evil_name-1.0-py3-none-any.whl",
    ],
)
def test_no_odd_path_reaches_another_project(
    server: Serving, registry: Registry, path: str
) -> None:
    registry.add("evil_name", "1.0")
    token = basic(a_token(server, "acme-*"))["Authorization"]
    head = f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: {token}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
        connection.sendall(head.encode())
        with contextlib.closing(http.client.HTTPResponse(connection)) as answer:
            answer.begin()
            assert answer.status in (400, 403, 404)
            assert b"Traceback" not in answer.read()
    assert [seen.path for seen in registry.requests if "evil" in seen.path] == []


def test_what_one_token_was_let_read_is_not_let_to_another(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    registry.add("alpha", "1.0")
    registry.add("beta", "1.0")
    made = serving(tmp_path / "data", (registry.url,), env=env, clock=clock, read_auth=True)
    with made as server:
        alpha = basic(a_token(server, "alpha", label="a"))
        beta = basic(a_token(server, "beta", label="b"))
        for _ in range(2):  # the second time it is remembered
            for path in ("/simple/alpha/", "/files/alpha/alpha-1.0-py3-none-any.whl"):
                assert server.get(path, alpha).status == 200
                assert server.get(path, beta).status == 403
                assert server.get(path).status == 401
            assert server.get("/simple/alpha/", alpha, method="POST").status in (403, 405)
