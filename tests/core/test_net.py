"""The only door to the network: redirects, limits, faults, proxies, and no password in any word."""

import base64
import contextlib
import gzip
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.addresses import proxy_for
from onward.core.errors import BadInput, OnwardError, OutsideFailed
from onward.core.net import Net, Request
from onward.core.redact import redact
from onward.domain.tokens import make_token
from tests.index.odd_upstream import odd_upstream
from tests.registry import Registry

NOTHING: Mapping[str, str] = {}


def net(env: Mapping[str, str] = NOTHING, attempts: int = 3) -> Net:
    return Net(env, attempts=attempts, pause=0.001)


def words(error: OnwardError) -> str:
    return " ".join((error.message, *error.context, error.hint or ""))


@contextlib.contextmanager
def raw_server(serve: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """A server in plain sockets: ``serve(connection, number)`` for each connection in turn."""
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        number = 0
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                serve(connection, number)
            number += 1

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def head_of(connection: socket.socket) -> bytes:
    """Read one request head; empty when the other side has gone."""
    read = b""
    while b"\r\n\r\n" not in read:
        piece = connection.recv(65536)
        if not piece:
            return b""
        read += piece
    return read


def test_a_page_comes_whole_with_lower_case_headers(registry: Registry) -> None:
    registry.add("demo", "1.0")

    answer = net().get(Request(url=f"{registry.url}demo/"))

    assert answer.status == 200
    assert b"demo-1.0" in answer.body
    assert answer.headers["content-length"] == str(len(answer.body))


def test_any_status_is_an_answer(registry: Registry) -> None:
    assert net().get(Request(url=f"{registry.url}nothing/")).status == 404


def test_redirects_are_followed_and_the_last_address_is_told(registry: Registry) -> None:
    registry.add("demo", "1.0")

    answer = net().get(Request(url=f"{registry.base}/simple/demo"))

    assert (answer.status, answer.url) == (200, f"{registry.url}demo/")


def test_a_circle_of_redirects_ends(registry: Registry) -> None:
    registry.fail("redirect", "*", text=f"{registry.base}/again")

    with pytest.raises(OutsideFailed, match="redirects too often") as caught:
        net().get(Request(url=registry.url))

    assert caught.value.reference == "bad-redirect"
    assert len(registry.requests) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/html,x"])
def test_a_redirect_off_the_web_is_not_followed(registry: Registry, target: str) -> None:
    registry.fail("redirect", "*", text=target)

    with pytest.raises(OutsideFailed) as caught:
        net().get(Request(url=registry.url))

    assert caught.value.reference == "bad-redirect"


def test_the_login_does_not_follow_to_another_port(
    registry: Registry, make_registry: Callable[[], Registry]
) -> None:
    other = make_registry()
    registry.fail("redirect", "/simple/demo/", text=f"{other.url}demo/")
    address = registry.url.replace("://", "://ann:secret@")

    net().get(Request(url=f"{address}demo/"))
    net().get(Request(url=f"{registry.url}demo/", headers={"Authorization": "Basic abc"}))

    assert ["authorization" in seen.headers for seen in registry.requests] == [True, True]
    assert ["authorization" in seen.headers for seen in other.requests] == [False, False]


def test_a_login_in_the_address_is_sent_as_a_header_with_its_escapes_undone(
    registry: Registry,
) -> None:
    address = registry.url.replace("://", "://ann%40corp:p%3Aw@")

    net().get(Request(url=address))

    pair = base64.b64encode(b"ann@corp:p:w").decode()
    assert registry.requests[0].headers["authorization"] == f"Basic {pair}"


def test_an_announced_size_beyond_the_limit_is_refused_before_reading(registry: Registry) -> None:
    registry.add("demo", "1.0", files={"demo/x": "x" * 9999})

    with pytest.raises(OutsideFailed) as caught:
        net().get(Request(url=f"{registry.url}demo/", limit=100))

    assert caught.value.reference == "too-large"


def test_an_unannounced_size_beyond_the_limit_is_cut_off() -> None:
    def endless(connection: socket.socket, _number: int) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")

    with raw_server(endless) as address, pytest.raises(OutsideFailed) as caught:
        net().get(Request(url=address, limit=50_000))

    assert caught.value.reference == "too-large"


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    ("body", "reference"),
    [
        (packed(b"a" * 1_000), ""),
        (packed(b"a" * 1_001), "too-large"),
        (packed(b"a" * 50_000_000), "too-large"),
        (packed(b"a" * 1_000)[:-9], "no-answer"),
        (b"this is not packed at all", "no-answer"),
        (b"", "no-answer"),
    ],
)
def test_what_comes_packed_is_unpacked_within_the_limit(body: bytes, reference: str) -> None:
    with odd_upstream() as upstream:
        upstream.give("/page", body, headers={"Content-Encoding": "gzip"})
        asked = Request(
            url=f"{upstream.root}/page", headers={"Accept-Encoding": "gzip"}, limit=1_000
        )
        if not reference:
            assert Net({}, attempts=1).get(asked).body == b"a" * 1_000
            return
        with pytest.raises(OutsideFailed) as caught:
            Net({}, attempts=1).get(asked)
        assert caught.value.reference == reference


def test_a_passing_fault_is_tried_again(registry: Registry) -> None:
    registry.add("demo", "1.0")
    registry.fail("status", "*", times=1, code=503)
    registry.fail("reset", "*", times=1)

    assert net().get(Request(url=f"{registry.url}demo/")).status == 200
    assert [seen.status for seen in registry.requests] == [503, 0, 200]


def test_a_lasting_server_error_is_the_answer(registry: Registry) -> None:
    registry.fail("status", "*", code=500)

    assert net().get(Request(url=registry.url)).status == 500
    assert len(registry.requests) == 3


@pytest.mark.parametrize(
    ("kind", "why"), [("truncate", "cut short"), ("reset", "reset"), ("hang", "in time")]
)
def test_a_lasting_fault_on_the_line_is_named(registry: Registry, kind: str, why: str) -> None:
    registry.add("demo", "1.0")
    registry.fail(kind, "*")

    with pytest.raises(OutsideFailed) as caught:
        net(attempts=2).get(Request(url=f"{registry.url}demo/", timeout=0.2))

    assert caught.value.reference == "no-answer"
    assert why in words(caught.value)
    assert len(registry.requests) == 2


def test_a_cut_short_part_of_a_file_is_a_fault_too(registry: Registry) -> None:
    file = registry.add("demo", "1.0")[0]
    registry.fail("truncate", "*")
    request = Request(
        url=f"{registry.base}/files/{file.filename}", headers={"Range": "bytes=10-99"}
    )

    with pytest.raises(OutsideFailed, match="no usable answer"):
        net(attempts=1).get(request)


def test_a_drip_does_not_last_for_ever(registry: Registry) -> None:
    registry.add("demo", "1.0")
    registry.fail("drip", "*", chunk=1, seconds=0.02)
    started = time.monotonic()

    with pytest.raises(OutsideFailed) as caught:
        net(attempts=1).get(Request(url=f"{registry.url}demo/", timeout=0.05))

    assert "in time" in words(caught.value)
    assert time.monotonic() - started < 30  # the whole page would take longer than a minute


def test_connections_are_kept(registry: Registry) -> None:
    made: list[int] = []

    def two(connection: socket.socket, number: int) -> None:
        made.append(number)
        while head_of(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with raw_server(two) as address:
        asking = net()
        answers = [asking.get(Request(url=address)).body for _ in range(3)]
        asking.close()

    assert answers == [b"ok"] * 3
    assert made == [0]


def test_connections_that_died_while_idle_cost_no_attempt() -> None:
    """More of them than attempts: each was kept, and the server has closed them all since."""
    number_kept = 4
    together = threading.Barrier(number_kept)

    def close_after_one(connection: socket.socket) -> None:
        head_of(connection)
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(2 if together.n_waiting < number_kept else 0)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.close()  # without having said so

    def serve(connection: socket.socket, _number: int) -> None:
        threading.Thread(target=close_after_one, args=(connection.dup(),), daemon=True).start()

    with raw_server(serve) as address:
        asking = net(attempts=1)
        threads = [
            threading.Thread(target=asking.get, args=(Request(url=address),))
            for _ in range(number_kept)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        together.abort()

        assert asking.get(Request(url=address)).body == b"ok"
        asking.close()


def test_a_kept_connection_waits_as_long_as_this_request_says(registry: Registry) -> None:
    registry.add("demo", "1.0")
    asking = net(attempts=1)
    asking.get(Request(url=f"{registry.url}demo/", timeout=60))
    registry.fail("hang", "*")

    with pytest.raises(OutsideFailed, match="no usable answer"):
        asking.get(Request(url=f"{registry.url}demo/", timeout=0.1))


def test_a_closed_port_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(OutsideFailed) as caught:
        net(attempts=1).get(Request(url=f"http://127.0.0.1:{port}/"))

    assert caught.value.exit_code == 4


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "http://", "gopher:x", "", "no address"])
def test_an_address_of_another_kind_is_bad_input(address: str) -> None:
    with pytest.raises(BadInput):
        net().get(Request(url=address))


def test_a_page_from_a_file_says_when_it_has_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "a page.html"
    file.write_bytes(b"content")
    first = net().get(Request(url=file.as_uri()))

    again = net().get(Request(url=file.as_uri(), headers={"If-None-Match": first.headers["etag"]}))
    gone = net().get(Request(url=(tmp_path / "nothing").as_uri()))

    assert (first.status, first.body) == (200, b"content")
    assert (again.status, again.body) == (304, b"")
    assert gone.status == 404


def test_a_download_that_is_cut_short_starts_again(registry: Registry, tmp_path: Path) -> None:
    file = registry.add("demo", "1.0", files={"demo/x": "x" * 9999})[0]
    registry.fail("truncate", "/files/*", times=1)
    seen: list[tuple[int, int]] = []

    net().download(
        Request(url=f"{registry.base}/files/{file.filename}"),
        tmp_path / "got",
        lambda done, total: seen.append((done, total)),
    )

    assert (tmp_path / "got").read_bytes() == file.content
    assert seen[-1] == (len(file.content), len(file.content))


@pytest.mark.parametrize("size", [3_000, 1_000_000])
def test_what_cannot_be_written_is_no_fault_of_the_network(
    registry: Registry, tmp_path: Path, size: int
) -> None:
    """A small one fails when the file is closed, a large one on the way; neither is asked for again."""
    resource = pytest.importorskip("resource")
    file = registry.add("demo", "1.0", files={"demo/x": secrets.token_hex(size)})[0]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OutsideFailed) as caught:
            net().download(
                Request(url=f"{registry.base}/files/{file.filename}"),
                tmp_path / "got",
                lambda *_: None,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.reference == "cannot-write"


def test_a_stream_hands_on_the_body_in_pieces(registry: Registry) -> None:
    file = registry.add("demo", "1.0", files={"demo/x": "x" * 9999})[0]

    with net().stream(Request(url=f"{registry.base}/files/{file.filename}")) as answer:
        body = b"".join(answer.chunks)

    assert (answer.status, body) == (200, file.content)


def test_a_stream_that_is_cut_short_says_so(registry: Registry) -> None:
    file = registry.add("demo", "1.0")[0]
    registry.fail("truncate", "*")

    with (
        pytest.raises(OutsideFailed, match="no usable answer"),
        net().stream(Request(url=f"{registry.base}/files/{file.filename}")) as answer,
    ):
        b"".join(answer.chunks)


# Proxies


@pytest.mark.parametrize(
    ("env", "scheme", "host", "proxy"),
    [
        ({}, "https", "pypi.org", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https", "pypi.org", "http://p:1"),
        ({"https_proxy": "http://q:1", "HTTPS_PROXY": "http://p:1"}, "https", "x", "http://q:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http", "pypi.org", None),
        ({"ALL_PROXY": "http://p:1"}, "http", "pypi.org", "http://p:1"),
        ({"HTTP_PROXY": "p:1"}, "http", "pypi.org", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "pypi.org"}, "https", "pypi.org", None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": ".org, x"}, "https", "pypi.org", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "i.org"}, "https", "pypi.org", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https", "pypi.org", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ""}, "https", "pypi.org", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "http", "127.0.0.1", None),
        ({"ALL_PROXY": "http://p:1"}, "http", "onward.localhost", None),
        ({"ALL_PROXY": "http://p:1"}, "http", "::1", None),
        ({"HTTP_PROXY": "http://p:1"}, "http", "localhost.example.org", "http://p:1"),
    ],
)
def test_the_proxy_for_a_host(
    env: dict[str, str], scheme: str, host: str, proxy: str | None
) -> None:
    assert proxy_for(env, scheme, host) == proxy


def test_http_goes_through_the_proxy_with_the_whole_address_and_the_proxys_login() -> None:
    heads: list[bytes] = []

    def proxy(connection: socket.socket, _number: int) -> None:
        heads.append(head_of(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with raw_server(proxy) as address:
        env = {"HTTP_PROXY": address.replace("://", "://me:pw@")}
        net(env).get(Request(url="http://ann:secret@index.example.org/simple/a/?b=c"))

    head = heads[0].decode()
    assert head.startswith("GET http://index.example.org/simple/a/?b=c HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'me:pw').decode()}" in head
    assert f"Authorization: Basic {base64.b64encode(b'ann:secret').decode()}" in head


def test_https_asks_the_proxy_for_a_tunnel_and_keeps_the_login_to_itself() -> None:
    heads: list[bytes] = []

    def proxy(connection: socket.socket, _number: int) -> None:
        heads.append(head_of(connection))
        connection.sendall(b"HTTP/1.1 502 no\r\nContent-Length: 0\r\n\r\n")

    with raw_server(proxy) as address, pytest.raises(OutsideFailed):
        net({"HTTPS_PROXY": address}, attempts=1).get(
            Request(url="https://ann:secret@index.example.org/simple/")
        )

    assert heads[0].startswith(b"CONNECT index.example.org:443 ")
    assert b"secret" not in heads[0]
    assert base64.b64encode(b"ann:secret") not in heads[0]


# No password in any word


@pytest.mark.parametrize("fault", ["reset", "hang", "truncate", "redirect"])
def test_no_error_shows_a_login(registry: Registry, fault: str) -> None:
    registry.add("demo", "1.0")
    registry.fail(fault, "*", text=f"ftp://bob:pa55word@{registry.base.partition('//')[2]}/x")
    address = registry.url.replace("://", "://ann:pa55word@")

    with pytest.raises(OutsideFailed) as caught:
        net(attempts=1).get(Request(url=f"{address}demo/", timeout=0.1))

    assert "pa55word" not in words(caught.value)


_SECRET = st.text("abcXYZ0123456789-._~!$&()*+,;=:@%?#[]^|", min_size=4)


@given(user=_SECRET, password=_SECRET)
def test_redact_leaves_nothing_of_a_login(user: str, password: str) -> None:
    shown = redact(f"cannot read https://{user}:{password}@index.example.org/simple/ now")

    assert shown == "cannot read https://****@index.example.org/simple/ now"


def test_redact_leaves_the_name_of_a_token_only() -> None:
    token = make_token(secrets.token_bytes)
    assert redact(f"a {token.text} b") == f"a onward_{token.id}_**** b"


def test_redact_hides_headers_and_tokens_in_queries() -> None:
    text = "Authorization: Basic abc123 and https://x.org/f?token=abc123&a=b"

    assert redact(text) == "Authorization: Basic **** and https://x.org/f?token=****&a=b"


def test_redact_hides_what_a_runner_is_told_to_hide() -> None:
    assert redact("a\n::add-mask::two words\nb") == "a\n::add-mask::****\nb"


@pytest.mark.parametrize("what", ["head", "redirect"])
def test_what_drips_before_the_answer_does_not_last_for_ever(what: str) -> None:
    sent: list[int] = []

    def serve(connection: socket.socket, number: int) -> None:
        asked = head_of(connection)
        if b"/there" in asked:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere")
            return
        start = b"HTTP/1.1 200 OK\r\nX-Long: "
        end = b"\r\nContent-Length: 0\r\n\r\n"
        if what == "redirect":
            start = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 400\r\n\r\n"
            end = b""
        with contextlib.suppress(OSError):
            connection.sendall(start)
            for count in range(400):
                connection.sendall(b"x")
                sent.append(count)
                threading.Event().wait(0.02)
            connection.sendall(end)

    with raw_server(serve) as address:
        request = Request(url=f"{address}/here", timeout=0.3)
        if what == "redirect":
            assert net(attempts=1).get(request).body == b"there"
        else:
            with pytest.raises(OutsideFailed, match="no usable answer") as raised:
                net(attempts=1).get(request)
            assert "did not answer in time" in words(raised.value)
    assert len(sent) < 400
