"""A server as a process of its own, which may be killed at any moment and started again."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.index.uploading import BOUNDARY, fields_of, form

REPOSITORY = Path(__file__).resolve().parents[2]
JSON = "application/vnd.pypi.simple.v1+json"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


class Answer(msgspec.Struct, frozen=True):
    """What came back; status 0 for a connection that failed or broke off."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)


class Besieged:
    """The server at ``port`` over ``data``; ``module`` is what Python runs as the command."""

    def __init__(
        self,
        data: Path,
        upstream: str,
        env: Mapping[str, str],
        port: int,
        *,
        module: Sequence[str] = ("onward",),
    ) -> None:
        self.data = data
        self.port = port
        self.kills = 0
        self._env = {**env, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'src'}"}
        self._upstream = upstream
        self._errors = data.parent / "errors.txt"
        self.child = self.start(module)

    def start(self, module: Sequence[str] = ("onward",)) -> subprocess.Popen[bytes]:
        """Start it again, and wait until it answers."""
        words = ["guard", "serve", "--port", str(self.port), "--data", str(self.data)]
        with self._errors.open("ab") as errors:
            child = subprocess.Popen(
                [sys.executable, "-m", *module, *words, "--upstream", self._upstream],
                env=self._env,
                stderr=errors,
            )
        self.child = child
        deadline = time.monotonic() + 60
        while self.ask("/health").status != 200:
            assert child.poll() is None, self.said
            assert time.monotonic() < deadline, "the server did not start"
            threading.Event().wait(0.02)
        return child

    @property
    def said(self) -> str:
        """What the server has written to stderr."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """End it at once, whatever it is doing, and start it again."""
        self.child.kill()
        self.child.wait(30)
        self.kills += 1
        self.start()

    def stop(self) -> int:
        """Ask it to stop and give its exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(60)

    def end(self) -> None:
        """End it for good, in whatever state it is."""
        self.child.kill()
        self.child.wait(30)

    def memory(self) -> float:
        """Give the resident memory in MB (Linux)."""
        lines = Path(f"/proc/{self.child.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a path, and read the answer to its end; a held file's address leads to the one that says why."""
        answer = self.once("GET", path, headers)
        place = answer.headers.get("location", "")
        return self.once("GET", place, headers) if answer.status == 302 and place else answer

    def page(self, name: str) -> list[dict[str, Any]] | None:
        """Give the files on a project's page; None when it was not given."""
        answer = self.ask(f"/simple/{name}/", {"Accept": JSON})
        files: list[dict[str, Any]] | None = answer.json["files"] if answer.status == 200 else None
        return [] if answer.status == 404 else files

    def upload(
        self, filename: str, content: bytes, headers: Mapping[str, str], digest: str = ""
    ) -> Answer:
        """Upload a file as clients do; ``digest`` is another sha256 than its own."""
        body = form_of(filename, content, digest)
        return self.once("POST", "/legacy/", {**FORM, **headers}, body)

    def once(
        self, method: str, path: str, headers: Mapping[str, str] | None, body: bytes | None = None
    ) -> Answer:
        """Ask one time, and follow nothing."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            with contextlib.closing(connection):
                connection.request(method, path, body=body, headers=dict(headers or {}))
                answer = connection.getresponse()
                content = answer.read()
                return Answer(
                    answer.status, content, {k.lower(): v for k, v in answer.getheaders()}
                )
        except (OSError, http.client.HTTPException):
            return Answer(0)


def form_of(filename: str, content: bytes, digest: str = "") -> bytes:
    """Give the form that uploads a file; ``digest`` is another sha256 than its own."""
    stem, version = filename.removesuffix(".tar.gz").split("-")[:2]
    fields = fields_of(stem.replace("_", "-"), version, filename, content)
    if digest:
        fields = [(key, digest if key == "sha256_digest" else value) for key, value in fields]
    return form(fields, filename, content)
