"""The lines that start a web program: run here by this Python, asked on loopback as the browser would."""

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from onward.domain.apps.launcher import NO_BROWSER, PORT, launcher
from onward.domain.apps.model import App, Kind

SITE = """
def app(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]

def create_app():
    return app
"""


@pytest.mark.parametrize("entry", ["site_of_ours:app", "site_of_ours:create_app()"])
def test_an_app_of_wsgi_is_served(tmp_path: Path, entry: str) -> None:
    (tmp_path / "site_of_ours.py").write_text(SITE, encoding="utf-8")
    app = App(slug="d", name="D", version="1", kind=Kind.web, entry=entry, path="/tea")
    (tmp_path / "start.py").write_text(launcher(app), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, NO_BROWSER: "1", PORT: str(port)}
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "start.py")],
        cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith(f"http://127.0.0.1:{port}/tea")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/tea", timeout=20) as answer:
                assert answer.read() == b"/tea"
        finally:
            server.terminate()
