"""`onward guard serve` as a person starts it: it answers at once, stops at Ctrl-C, and says why it cannot."""

import contextlib
import datetime as dt
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.workflows.serving.read_log import read_log
from tests.index.serving import free_port
from tests.registry import Registry


def serve(env: dict[str, str], cwd: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (sys.executable, "-m", "onward", "guard", "serve", *words),
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(env: dict[str, str], cwd: Path, *words: str) -> tuple[int, str]:
    child = serve(env, cwd, *words)
    _, err = child.communicate(timeout=30)
    return child.returncode, err


@contextlib.contextmanager
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port: int = other.getsockname()[1]
        yield port


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_and_stops_when_told(
    env: dict[str, str], tmp_path: Path, registry: Registry, number: signal.Signals
) -> None:
    (file,) = registry.add("tidewater", "1.0")
    port = free_port()
    child = serve(env, tmp_path, "--port", str(port), "--data", "here", "--upstream", registry.url)
    try:
        page = _ask(f"http://127.0.0.1:{port}/simple/tidewater/")
        assert b"tidewater-1.0-py3-none-any.whl" in page
        assert _ask(f"http://127.0.0.1:{port}/files/tidewater/{file.filename}") == file.content
    finally:
        child.send_signal(number)
        _, err = child.communicate(timeout=30)
    assert f"http://127.0.0.1:{port}/simple/" in err
    assert "Traceback" not in err
    assert child.returncode == 0, err
    assert (tmp_path / "here" / "pages").is_dir()
    (logged,) = read_log(tmp_path / "here", "tidewater", None, dt.datetime.now(dt.UTC)).downloads
    assert logged.filename == file.filename


def test_a_port_that_is_taken_is_said(env: dict[str, str], tmp_path: Path) -> None:
    with taken() as port:
        code, err = refused(env, tmp_path, "--port", str(port), "--data", "here")
    assert code == 4, err
    assert "[port-taken]" in err


def test_a_host_that_is_no_address_is_said(env: dict[str, str], tmp_path: Path) -> None:
    code, err = refused(env, tmp_path, "--host", "example.org", "--data", "here")
    assert code == 2, err
    assert "[bad-host]" in err


def test_an_address_that_this_machine_has_not_is_said(env: dict[str, str], tmp_path: Path) -> None:
    code, err = refused(env, tmp_path, "--host", "192.0.2.1", "--data", "here")
    assert code == 4, err
    assert "[port-taken]" in err


@pytest.mark.parametrize(
    "words",
    [
        ("--tls-cert", "a.pem"),
        ("--tls-key", "a.pem"),
        ("--tls-cert", "a.pem", "--tls-key", "a.pem"),
        ("--tls-cert", "none.pem", "--tls-key", "a.pem"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_said(
    env: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "a.pem").write_text("no certificate", encoding="utf-8")
    code, err = refused(env, tmp_path, *words, "--port", str(free_port()), "--data", "here")
    assert code == 2, err
    assert "[bad-certificate]" in err


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
@pytest.mark.parametrize(
    ("words", "status", "said", "silent"),
    [
        (("--host", "0.0.0.0"), 401, ("Reading needs a token", "TOKENS TRAVEL IN THE CLEAR"), "ANYONE"),
        (("--host", "0.0.0.0", "--read-auth", "always"), 401, ("TOKENS TRAVEL IN THE CLEAR",), "ANYONE"),
        (("--host", "0.0.0.0", "--anyone-may-read"), 200, ("ANYONE WHO REACHES",), "Reading needs"),
        (("--read-auth", "always"), 401, ("Reading needs a token", "token new LABEL --data "), "CLEAR"),
        ((), 200, ("Serving http://127.0.0.1:",), "token"),
    ],
)  # fmt: skip
def test_who_may_read_without_a_token_follows_from_where_it_listens(
    env: dict[str, str],
    tmp_path: Path,
    registry: Registry,
    words: tuple[str, ...],
    status: int,
    said: tuple[str, ...],
    silent: str,
) -> None:
    registry.add("tidewater", "1.0")
    port = free_port()
    child = serve(env, tmp_path, "--port", str(port), "--data", "here", "--upstream", registry.url, *words)  # fmt: skip
    try:
        _ask(f"http://127.0.0.1:{port}/health")
        assert _status(f"http://127.0.0.1:{port}/simple/tidewater/") == status
    finally:
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 0, err
    assert [word for word in said if word not in err] == []
    assert silent not in err


def test_none_and_always_are_not_both_to_be_had(env: dict[str, str], tmp_path: Path) -> None:
    code, err = refused(env, tmp_path, "--read-auth", "always", "--anyone-may-read")
    assert code == 2, err


def test_a_policy_that_cannot_be_used_stops_it_before_it_serves(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "onward-policy.toml").write_text("[guard]\ncool = 1\n", encoding="utf-8")
    code, err = refused(env, tmp_path, "--data", "here", "--port", str(free_port()))
    assert code == 2, err
    assert "guard.cool" in err


def test_an_upstream_that_is_no_address_is_said(env: dict[str, str], tmp_path: Path) -> None:
    code, err = refused(
        env, tmp_path, "--data", "here", "--port", str(free_port()), "--upstream", "ftp://x.test"
    )
    assert code == 2, err
    assert "[bad-upstream]" in err


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def _ask(address: str) -> bytes:
    for _ in range(100):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=10) as answer:
            content: bytes = answer.read()
            return content
        time.sleep(0.1)
    raise AssertionError("the server did not answer")


@contextlib.contextmanager
def big_file_half_read(
    env: dict[str, str], cwd: Path, registry: Registry, *words: str
) -> Iterator[tuple[subprocess.Popen[str], http.client.HTTPResponse, bytes]]:
    """Start a server, and read the first bytes of a file that no buffer holds whole."""
    noise = random.Random(3).randbytes(16_000_000)
    (wheel,) = registry.add("tidewater", "1.0", files={"tidewater/data.bin": noise})
    port = free_port()
    data = ("--port", str(port), "--data", "here", "--upstream", registry.url)
    child = serve(env, cwd, *data, *words)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        path = f"/files/tidewater/{wheel.filename}"
        assert _ask(f"http://127.0.0.1:{port}{path}") == wheel.content
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.read(1000) == wheel.content[:1000]
        yield child, answer, wheel.content[1000:]
    finally:
        connection.close()
        child.kill()
        child.communicate(timeout=30)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
def test_a_download_that_runs_is_let_finish_and_nobody_new_is_let_in(
    env: dict[str, str], tmp_path: Path, registry: Registry
) -> None:
    with big_file_half_read(env, tmp_path, registry, "--log", "json") as (child, answer, rest):
        child.send_signal(signal.SIGTERM)
        port = json.loads(child.stderr.readline() if child.stderr else "")["address"]
        _wait_until_closed(int(port.rsplit(":", 1)[1].partition("/")[0]))
        assert child.poll() is None
        assert answer.read() == rest
        _, err = child.communicate(timeout=30)
    assert child.returncode == 0
    last = json.loads(err.splitlines()[-1])
    assert (last["event"], last["unfinished"]) == ("stop", 0)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
@pytest.mark.parametrize("again", [False, True], ids=["after-its-limit", "at-a-second-signal"])
def test_whoever_never_reads_does_not_keep_it_alive(
    env: dict[str, str], tmp_path: Path, registry: Registry, again: bool
) -> None:
    grace = "600" if again else "1"
    words = ("--log", "json", "--grace", grace)
    with big_file_half_read(env, tmp_path, registry, *words) as (child, _, _):
        child.send_signal(signal.SIGTERM)
        if again:
            port = json.loads(child.stderr.readline() if child.stderr else "")["address"]
            _wait_until_closed(int(port.rsplit(":", 1)[1].partition("/")[0]))
            child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 0
    assert json.loads(err.splitlines()[-1])["event"] == "stop"


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
def test_the_log_goes_where_it_is_told_to_and_holds_no_login(
    env: dict[str, str], tmp_path: Path, registry: Registry
) -> None:
    port = free_port()
    secret = "".join(reversed("terces-a-si-siht"))
    upstream = registry.url.replace("http://", f"http://me:{secret}@")
    log = ("--log", "json", "--log-file", "server.log", "--log-access")
    child = serve(
        env, tmp_path, "--port", str(port), "--data", "here", "--upstream", upstream, *log
    )
    try:
        _ask(f"http://127.0.0.1:{port}/health?token={secret}")
        registry.fail("status", "*", code=503)
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/simple/tidewater/", timeout=20)
    finally:
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=30)
    text = (tmp_path / "server.log").read_text(encoding="utf-8")
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert events[0] == "start"
    assert events[-1] == "stop"
    assert {"access", "upstream-failed", "failed"} <= set(events)
    assert secret not in text + err
    assert "Serving http://" in err


def test_a_log_that_cannot_be_written_is_said(env: dict[str, str], tmp_path: Path) -> None:
    code, err = refused(env, tmp_path, "--data", "here", "--port", str(free_port()), "--log-file", "no/such/folder/log")  # fmt: skip
    assert code == 4, err
    assert "[no-log]" in err


def _wait_until_closed(port: int) -> None:
    for _ in range(500):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                threading.Event().wait(0.02)
        except OSError:
            return
    raise AssertionError("the server still takes connections")
