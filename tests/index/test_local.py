"""The index on loopback: a proxy for one host only, for one uv only, and garbage ends the connection."""

import base64
import contextlib
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward.core.errors import BadInput, OutsideFailed
from onward.core.names import Name
from onward.core.net import Stream
from onward.index.local import HOST, Held, LocalIndex

FILE = "http://files.test/demo-1.0.tar.gz"


class FakeStack:
    """Knows ``demo``; answers for files with whatever ``files`` holds."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fault: Exception | None = None
        self.files: dict[str, bytes | Exception] = {FILE: b"content"}
        self.known_length = True

    def page(self, name: Name, known_mark: str) -> tuple[str, bytes | None] | None:
        self.asked.append(name)
        if self.fault:
            raise self.fault
        if name != "demo":
            return None
        return "mark1", None if known_mark == "mark1" else b'{"name": "demo"}'

    def open_page(self, name: Name) -> bytes | None:
        return b'{"open": true}' if name == "demo" else None

    def file(
        self, address: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[Stream] | None:
        self.asked.append(address)
        content = self.files.get(address)
        return None if content is None else self._stream(content, address)

    @contextlib.contextmanager
    def _stream(self, content: bytes | Exception, address: str) -> Iterator[Stream]:
        if isinstance(content, Exception):
            raise content
        length = {"content-length": str(len(content))} if self.known_length else {}
        yield Stream(
            status=200,
            headers={**length, "set-cookie": "secret", "content-type": "x/y"},
            url=address,
            chunks=iter([content[:3], content[3:]]),
        )


class Served:
    """A running index and a way to ask it."""

    def __init__(self, index: LocalIndex, stack: FakeStack) -> None:
        self.index = index
        self.stack = stack
        proxy = urlsplit(index.proxy)
        self.port = proxy.port or 0
        pair = f"{proxy.username}:{proxy.password}".encode()
        self.login = f"Basic {base64.b64encode(pair).decode()}"

    def ask(
        self, target: str, *, method: str = "GET", login: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            sent["Proxy-Authorization"] = self.login if login is None else login
            connection.request(method, target, headers=sent)
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body
        finally:
            connection.close()

    def own(self, path: str, **more: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask(f"http://{HOST}{path}", **more)

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are and give all that comes back until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            got = b""
            with contextlib.suppress(OSError):
                while piece := connection.recv(65536):
                    got += piece
            return got


@pytest.fixture
def served() -> Iterator[Served]:
    stack = FakeStack()
    index = LocalIndex({"k": stack}, lambda address: stack if address == FILE else None)
    with index.running():
        yield Served(index, stack)


def test_a_page_comes_with_a_mark_that_must_be_asked_for_each_time(served: Served) -> None:
    status, headers, body = served.own("/k/simple/demo/")

    assert (status, json.loads(body)) == (200, {"name": "demo"})
    assert headers["content-type"] == "application/vnd.pypi.simple.v1+json"
    assert (headers["etag"], headers["cache-control"]) == ('"mark1"', "no-cache")


@pytest.mark.parametrize("known", ['"mark1"', 'W/"mark1"', "mark1"])
def test_a_page_that_is_known_is_not_sent_again(served: Served, known: str) -> None:
    status, headers, body = served.own("/k/simple/demo/", If_None_Match=known)

    assert (status, body, headers["etag"]) == (304, b"", '"mark1"')


@pytest.mark.parametrize("word", ["Demo", "DEMO", "demo"])
def test_a_name_is_normalised_at_the_door(served: Served, word: str) -> None:
    assert served.own(f"/k/simple/{word}/")[0] == 200
    assert served.stack.asked == ["demo"]


def test_the_open_page_has_a_place_of_its_own(served: Served) -> None:
    assert served.own("/k/open/demo/")[2] == b'{"open": true}'
    assert served.own("/k/open/other/")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/k/",
        "/k/simple/",
        "/other/simple/demo/",
        "/k/simple/demo/more/",
        "/k/simple/../../etc/",
        "/k/simple/-bad-/",
        "/k/simple/a%2Fb/",
        "/k/files/ftp/x.org/a",
        "/k/files/file//etc/passwd",
        "/simple/demo/",
    ],
)
def test_other_paths_are_unknown_and_ask_nobody(served: Served, path: str) -> None:
    assert served.own(path)[0] in (403, 404)
    assert not any("passwd" in asked for asked in served.stack.asked)


def test_an_unknown_name_is_a_404(served: Served) -> None:
    assert served.own("/k/simple/other/")[0] == 404


@pytest.mark.parametrize(
    "target",
    [
        "http://pypi.org/simple/demo/",
        "http://127.0.0.1/k/simple/demo/",
        "http://evil.onward.localhost/k/simple/demo/",
        f"http://{HOST}.evil.org/k/simple/demo/",
        f"http://evil.org#@{HOST}/k/simple/demo/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_other_hosts_are_refused_and_remembered(served: Served, target: str) -> None:
    status, _, _ = served.ask(target)

    assert status == 403
    assert served.index.elsewhere == [target]
    assert served.stack.asked == []


def test_a_host_in_the_header_does_not_open_another(served: Served) -> None:
    assert served.ask("/k/simple/demo/", Host="pypi.org")[0] == 403
    assert served.ask("/k/simple/demo/", Host=f"{HOST}:80")[0] == 200
    assert served.ask("http://pypi.org/k/simple/demo/", Host=HOST)[0] == 403


@pytest.mark.parametrize("login", ["", "Basic b253YXJkOg==", "Basic ", "Bearer x", "\xe9\xe8"])
def test_who_does_not_know_the_login_gets_nothing(served: Served, login: str) -> None:
    for path in ("/k/simple/demo/", "/k/files/http/files.test/demo-1.0.tar.gz"):
        status, _, body = served.own(path, login=login)
        assert (status, body) == (407, b"")

    assert served.stack.asked == []


def test_each_index_has_a_login_of_its_own(served: Served) -> None:
    other = LocalIndex({})
    with other.running():
        assert urlsplit(other.proxy).password != urlsplit(served.index.proxy).password


@pytest.mark.parametrize("method", ["HEAD", "POST", "CONNECT", "PUT", "DELETE", "get"])
def test_get_only(served: Served, method: str) -> None:
    assert served.raw(f"{method} http://{HOST}/k/simple/demo/ HTTP/1.1\r\n\r\n".encode())[:12] in (
        b"HTTP/1.1 405",
        b"HTTP/1.1 407",
    )
    assert served.stack.asked == []


def test_a_connection_serves_many_requests(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    seen = []
    for path in ("/k/simple/demo/", "/k/simple/other/", "/k/files/http/files.test/demo-1.0.tar.gz"):
        connection.request(
            "GET", f"http://{HOST}{path}", headers={"Proxy-Authorization": served.login}
        )
        answer = connection.getresponse()
        seen.append((answer.status, answer.read()))
        sock = connection.sock
    connection.request(
        "GET", f"http://{HOST}/k/simple/demo/", headers={"Proxy-Authorization": served.login}
    )
    connection.getresponse().read()

    assert [status for status, _ in seen] == [200, 404, 200]
    assert seen[-1][1] == b"content"
    assert connection.sock is sock
    connection.close()


# Files


def test_a_file_is_handed_on_without_what_is_nobodys_business(served: Served) -> None:
    status, headers, body = served.own("/k/files/http/files.test/demo-1.0.tar.gz")

    assert (status, body) == (200, b"content")
    assert "set-cookie" not in headers
    assert headers["content-type"] == "x/y"


def test_the_escapes_of_a_file_address_stay(served: Served) -> None:
    served.own("/k/files/https/files.test/a%2Bb%20c.whl?token=x%26y")

    assert served.stack.asked == ["https://files.test/a%2Bb%20c.whl?token=x%26y"]


def test_a_file_of_unknown_length_ends_with_the_connection(served: Served) -> None:
    served.stack.known_length = False

    _, headers, body = served.own("/k/files/http/files.test/demo-1.0.tar.gz")

    assert (headers["connection"], body) == ("close", b"content")


def test_a_file_that_is_none_of_the_index_is_refused(served: Served) -> None:
    assert served.own("/k/files/http/other.test/x.tar.gz")[0] == 403


def test_a_file_that_is_known_to_be_wanted_passes_by_its_real_address(served: Served) -> None:
    assert served.ask(FILE)[2] == b"content"
    assert served.ask(FILE + "?x")[0] == 403


def test_a_file_that_cannot_be_had_is_remembered(served: Served) -> None:
    served.stack.files[FILE] = OutsideFailed("no-answer", "nobody there")

    status, _, _ = served.ask(FILE)

    assert status == 424
    assert [error.reference for error in served.index.failures] == ["no-answer"]


def test_who_goes_away_is_no_fault_of_the_file(served: Served) -> None:
    served.stack.files[FILE] = b"x" * 50_000_000
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        head = f"GET {FILE} HTTP/1.1\r\nProxy-Authorization: {served.login}\r\n\r\n"
        connection.sendall(head.encode())
        connection.recv(1000)
    served.ask(f"http://{HOST}/k/simple/demo/")

    assert served.index.failures == []


# What is held back


def test_what_is_held_back_is_refused_with_words_and_remembered(served: Served) -> None:
    status, headers, body = served.own("/k/held/demo/1.0%2Bcu12/demo-1.0-py3-none-any.whl.metadata")

    assert (status, headers["content-type"]) == (403, "application/problem+json")
    assert json.loads(body)["detail"] == "demo 1.0+cu12"
    assert served.index.held == [Held(key="k", name=Name("demo"), version="1.0+cu12")]
    assert served.stack.asked == []


# Faults


def test_an_index_that_cannot_be_asked_is_no_missing_name(served: Served) -> None:
    served.stack.fault = OutsideFailed("no-answer", "nobody there")

    status, _, _ = served.own("/k/simple/demo/")

    # not 404, 401 or 403: uv would go on to the next index; not 5xx: it would ask again
    assert status == 424
    assert served.index.failures == [served.stack.fault]


@pytest.mark.parametrize(
    ("fault", "code"), [(BadInput("bad-address", "x"), 400), (ValueError("x"), 500)]
)
def test_other_faults_are_remembered_too(served: Served, fault: Exception, code: int) -> None:
    served.stack.fault = fault

    assert served.own("/k/simple/demo/")[0] == code
    assert len(served.index.failures) == 1


@given(st.binary(max_size=200) | st.from_regex(rb"[A-Z]{1,7} [^ \r\n]{0,40} HTTP/1.[01]\r\n\r\n"))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_garbage_gets_nothing_and_harms_nothing(served: Served, data: bytes) -> None:
    got = served.raw(data)

    assert not got or got.startswith((b"HTTP/1.1 405", b"HTTP/1.1 407"))
    assert served.own("/k/simple/demo/")[0] == 200
    assert served.index.failures == []


@pytest.mark.parametrize(
    "data",
    [
        b"GET " + b"a" * 200_000,
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 5000,
        b"GET / HTTP/1.1\r\nx: " + b"y" * 300_000,
        b"\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
    ],
)
def test_endless_heads_end_the_connection(served: Served, data: bytes) -> None:
    served.raw(data)

    assert served.own("/k/simple/demo/")[0] == 200


def test_an_address_that_cannot_be_read_is_refused(served: Served) -> None:
    head = f"GET http://[ HTTP/1.1\r\nProxy-Authorization: {served.login}\r\n\r\n"

    assert served.raw(head.encode()).startswith((b"HTTP/1.1 4", b"HTTP/1.1 500"))


def test_it_ends_when_the_body_ends() -> None:
    index = LocalIndex({"k": FakeStack()})
    with index.running():
        served = Served(index, FakeStack())

    with pytest.raises(OSError, match=r"."):
        served.own("/k/simple/demo/")
