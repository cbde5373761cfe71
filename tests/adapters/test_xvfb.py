"""Screens that nobody sees, by the real Xvfb."""

import shutil
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from onward.adapters import xvfb
from onward.core.proc.call import Ran
from onward.core.proc.run import run

_AT_ONCE = 8


@pytest.mark.skipif(
    shutil.which("Xvfb") is None, reason="Xvfb is not on this machine (apt install xvfb)"
)
def test_screens_that_start_at_the_same_moment_have_numbers_of_their_own(tmp_path: Path) -> None:
    program = shutil.which("Xvfb") or ""
    files = [tmp_path / f"{number}" for number in range(_AT_ONCE)]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        servers = [
            threads.submit(run, xvfb.screen(program, file, {"PATH": "/usr/bin:/bin"}, 60))
            for file in files
        ]
        numbers = [_number(file, server) for file, server in zip(files, servers, strict=True)]
        for number in set(numbers):
            xvfb.Screen(number).__exit__()
    assert len(set(numbers)) == _AT_ONCE
    assert [server.result().code for server in servers] == [0] * _AT_ONCE


def _number(file: Path, server: "Future[Ran]") -> int:
    end = time.monotonic() + 30
    while time.monotonic() < end and not server.done():
        said = file.read_text(encoding="ascii") if file.exists() else ""
        if said.endswith("\n"):
            return int(said)
        time.sleep(0.05)
    raise AssertionError("Xvfb gave no number")
