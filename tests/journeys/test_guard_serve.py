"""`onward guard serve` as a person starts it: it answers at once, stops at Ctrl-C, and says why it cannot."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    registry.add("tidewater", "1.0")
    port = free_port()
    child = serve(env, tmp_path, "--port", str(port), "--data", "here", "--upstream", registry.url)
    try:
        page = _ask(f"http://127.0.0.1:{port}/simple/tidewater/")
        assert b"tidewater-1.0-py3-none-any.whl" in page
    finally:
        child.send_signal(number)
        _, err = child.communicate(timeout=30)
    assert f"http://127.0.0.1:{port}/simple/" in err
    assert "Traceback" not in err
    assert child.returncode == 0, err
    assert (tmp_path / "here" / "pages").is_dir()


def test_a_port_that_is_taken_is_said(env: dict[str, str], tmp_path: Path) -> None:
    with taken() as port:
        code, err = refused(env, tmp_path, "--port", str(port), "--data", "here")
    assert code == 4, err
    assert "[port-taken]" in err


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_without_logins_it_listens_for_this_machine_only(
    env: dict[str, str], tmp_path: Path, host: str
) -> None:
    code, err = refused(env, tmp_path, "--host", host, "--data", "here")
    assert code == 2, err
    assert "[not-loopback]" in err


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


def _ask(address: str) -> bytes:
    for _ in range(100):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=10) as answer:
            content: bytes = answer.read()
            return content
        time.sleep(0.1)
    raise AssertionError("the server did not answer")
