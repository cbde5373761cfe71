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


ASYNC = """
async def app(scope, receive, send):
    pass
"""
# What hypercorn's `serve` does as far as it matters here: it takes the socket that `bind` names, and answers.
HYPERCORN = """
import socket

async def serve(app, config):
    (bind,) = config.bind
    listening = socket.socket(fileno=int(bind.removeprefix("fd://")))
    while True:
        asked, _ = listening.accept()
        asked.recv(1000)
        asked.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\nConnection: close\\r\\n\\r\\n/tea")
        asked.close()
"""
NOT_HERE = "import sys\nsys.modules['uvicorn'] = None\n"


def start(tmp_path: Path, code: str, entry: str) -> Path:
    (tmp_path / "site_of_ours.py").write_text(code, encoding="utf-8")
    app = App(slug="d", name="D", version="1", kind=Kind.web, entry=entry, path="/tea")
    script = tmp_path / "start.py"
    script.write_text(launcher(app), encoding="utf-8")
    return script


def test_an_asgi_app_is_served_by_hypercorn_where_uvicorn_is_not_there(tmp_path: Path) -> None:
    package = tmp_path / "hypercorn"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "asyncio.py").write_text(HYPERCORN, encoding="utf-8")
    (package / "config.py").write_text("class Config: pass\n", encoding="utf-8")
    start(tmp_path, NOT_HERE + ASYNC, "site_of_ours:app")
    answers(tmp_path)


def test_an_asgi_app_without_a_server_says_what_to_add(tmp_path: Path) -> None:
    script = start(tmp_path, NOT_HERE + ASYNC, "site_of_ours:app")
    env = {**os.environ, NO_BROWSER: "1", PORT: "0"}
    ran = subprocess.run(
        [sys.executable, "-S", str(script)], env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr.strip() == "nothing here serves an ASGI app: `onward add uvicorn`"


@pytest.mark.parametrize("entry", ["site_of_ours:app", "site_of_ours:create_app()"])
def test_an_app_of_wsgi_is_served(tmp_path: Path, entry: str) -> None:
    start(tmp_path, SITE, entry)
    answers(tmp_path)


def answers(tmp_path: Path) -> None:
    """Start it as a person would, and ask for its page."""
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
