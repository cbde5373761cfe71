"""`onward guard serve` as a person starts it: it answers at once, stops at Ctrl-C, and says why it cannot."""

import contextlib
import datetime as dt
import os
import signal
import socket
import subprocess
import sys
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
        (("--read-auth", "always"), 401, ("Reading needs a token",), "CLEAR"),
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
