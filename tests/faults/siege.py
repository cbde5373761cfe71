"""A server under siege: clients that ask without end, faults in between, and what must hold all the while."""

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
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tests.registry import Registry

JSON = "application/vnd.pypi.simple.v1+json"
FORMS = (JSON, "application/vnd.pypi.simple.v1+html", "text/html", "application/json;q=0")
EXPECTED = {200, 206, 301, 302, 304, 400, 401, 403, 404, 405, 406, 413, 416, 422, 502, 503}
"""Every status that the server's documentation names, but 500."""

GRACE = 4.0  # seconds after a change of the policy until it must be in force: it looks each second
NAMES = tuple(f"meadow-{count}" for count in range(120))
UNWANTED = tuple(f"thorn-{count}" for count in range(20))
"""Names that are never on the list."""


class Answer(msgspec.Struct, frozen=True):
    """What came back; status 0 for a connection that failed or broke off."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Besieged:
    """The server as a process of its own, which may be killed and started again."""

    def __init__(self, data: Path, upstream: str, env: Mapping[str, str], port: int) -> None:
        self.data = data
        self.port = port
        self._env = dict(env)
        self._upstream = upstream
        self._errors = data.parent / "errors.txt"
        self.child = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        words = ["guard", "serve", "--port", str(self.port), "--data", str(self.data)]
        with self._errors.open("ab") as errors:
            child = subprocess.Popen(
                [sys.executable, "-m", "onward", *words, "--upstream", self._upstream],
                env=self._env,
                stderr=errors,
            )
        deadline = time.monotonic() + 60
        while self.ask("/health").status != 200:
            assert child.poll() is None, self.said
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)
        return child

    @property
    def said(self) -> str:
        """What the server has written to stderr."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """End it at once, whatever it is doing, and start it again."""
        self.child.kill()
        self.child.wait(30)
        self.child = self._start()

    def stop(self) -> int:
        """Ask it to stop and give its exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(60)

    def memory(self) -> float:
        """Give the resident memory in MB (Linux)."""
        lines = Path(f"/proc/{self.child.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a path, and read the answer to its end; a held file's address leads to the one that says why."""
        answer = self._once(path, headers or {})
        place = answer.headers.get("location", "")
        return self._once(place, headers or {}) if answer.status == 302 and place else answer

    def _once(self, path: str, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            with contextlib.closing(connection):
                connection.request("GET", path, headers=dict(headers))
                answer = connection.getresponse()
                body = answer.read()
                return Answer(answer.status, body, {k.lower(): v for k, v in answer.getheaders()})
        except (OSError, http.client.HTTPException):
            return Answer(0)


class Siege:
    """Clients and faults against one server; ``wrong`` collects whatever must not be."""

    def __init__(self, server: Besieged, registry: Registry, seed: int) -> None:
        self.server = server
        self.registry = registry
        self.wrong: list[str] = []
        self.answers: Counter[int] = Counter()
        self._random = random.Random(seed)
        self._over = threading.Event()
        self._contents: dict[str, bytes] = {}
        self._young: set[str] = set()
        self._narrow_since: float | None = None
        self._fill()

    def _fill(self) -> None:
        """Offer projects with an old and a brand-new release each, and unwanted ones."""
        now = dt.datetime.now(dt.UTC)
        for name in (*NAMES, *UNWANTED):
            filler = {"filler.bin": self._random.randbytes(self._random.randrange(100, 200_000))}
            for version, uploaded in (("1.0", now - dt.timedelta(days=900)), ("2.0", now)):
                for file in self.registry.add(
                    name, version, uploaded=uploaded, sdist=True, files=filler
                ):
                    self._contents[file.filename] = file.content
                    if version == "2.0":
                        self._young.add(file.filename)
        self.rule(narrow=False)

    def rule(self, *, narrow: bool) -> None:
        """Write the policy: all the meadows are allowed, or in the ``narrow`` one only those that end in an even digit."""
        allowed = [name for name in NAMES if not narrow or int(name[-1]) % 2 == 0]
        policy = f"[guard]\nallow_only = {json.dumps(allowed)}\n"
        path = self.server.data / "onward-policy.toml"
        (path.parent / "new").write_text(policy, encoding="utf-8")
        os.replace(path.parent / "new", path)  # noqa: PTH105 - one step, as an editor saves
        self._narrow_since = time.monotonic() if narrow else None

    def hold(self, seconds: float, trouble: "Callable[[random.Random], None]") -> None:
        """Let eight clients ask for ``seconds``, with ``trouble`` again and again."""
        self._over.clear()
        clients = [
            threading.Thread(target=self._client, args=(self._random.random(),)) for _ in range(8)
        ]
        for client in clients:
            client.start()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            trouble(self._random)
            self.registry.forget()
            self._over.wait(self._random.uniform(0.2, 1.5))
        self._over.set()
        for client in clients:
            client.join(60)
        self.registry.faults.clear()

    def _client(self, seed: float) -> None:
        chance = random.Random(seed)
        while not self._over.is_set():
            name = chance.choice((*NAMES, *UNWANTED[:3]))
            began = time.monotonic()
            for path, headers, filename in self._questions(chance, name):
                answer = self.server.ask(path, headers)
                self.answers[answer.status] += 1
                self._look(path, filename, answer, began)

    def _questions(
        self, chance: random.Random, name: str
    ) -> Iterator[tuple[str, dict[str, str], str]]:
        """Give (path, headers, name of the file that is asked for or empty)."""
        word = chance.choice((name, name.upper(), name.replace("-", "_")))
        yield f"/simple/{name}/", {"Accept": chance.choice(FORMS)}, ""
        page = self.server.ask(f"/simple/{name}/", {"Accept": JSON})
        listed: list[dict[str, Any]] = json.loads(page.body)["files"] if page.status == 200 else []
        for file in chance.sample(listed, min(2, len(listed))):
            path = file["url"].removeprefix("../..")
            yield path, {}, file["filename"]
            yield f"{path}.metadata", {}, ""
            # a stranger who knows how addresses look leaves the reason out
            yield f"/files/{word}/{file['filename']}", {}, file["filename"]
        yield chance.choice(
            (f"/pypi/{word}/json", f"/project/{word}/", "/simple/", "/%00", "/files/../x", f"/simple/{word}")
        ), {}, ""  # fmt: skip

    def _look(self, path: str, filename: str, answer: Answer, began: float) -> None:
        if answer.status and answer.status not in EXPECTED:
            self.wrong.append(f"{path} answered {answer.status}: {answer.body[:200]!r}")
        if not filename or answer.status != 200:
            return
        if answer.body != self._contents.get(filename, b""):
            self.wrong.append(f"{path} gave other bytes")
        name = filename.rpartition("-2.0")[0] or filename.rpartition("-1.0")[0]
        last = int(name[-1])
        narrow = self._narrow_since
        ruled_out = narrow is not None and began - narrow > GRACE and last % 2
        if filename in self._young or name.startswith("thorn") or ruled_out:
            self.wrong.append(f"{path} was handed out, which the policy forbids")


def upstream_trouble(siege: Siege, chance: random.Random) -> None:
    """Do one thing to the upstream, the policy, or by a client that is slow."""
    registry = siege.registry
    path = chance.choice(("/simple/*", "/files/*", f"*{chance.choice(NAMES)[-2:]}*"))
    many = chance.randrange(1, 20)
    match chance.randrange(9):
        case 0:
            registry.fail("status", path, code=chance.choice((403, 404, 429, 500, 503)), times=many)
        case 1:
            registry.fail("garbage", path, times=many)
        case 2:
            registry.fail("truncate", path, times=many)
        case 3:
            registry.fail("corrupt", path, times=many)
        case 4:
            registry.fail("reset", path, times=many)
        case 5:
            registry.fail("hang", path, seconds=2.0, times=min(many, 4))
        case 6:
            siege.rule(narrow=chance.random() < 0.5)
        case 7:
            _go_away(siege.server.port, chance)
        case _:
            registry.faults.clear()


def _go_away(port: int, chance: random.Random) -> None:
    """Ask for something and leave before the answer, or in the middle of the question."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as client:
        words = f"GET /simple/{chance.choice(NAMES)}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        client.sendall(words[: chance.randrange(1, len(words) + 1)])
