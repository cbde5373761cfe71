"""A server under siege: clients that ask without end, faults in between, and what must hold all the while."""

import contextlib
import datetime as dt
import json
import os
import random
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from onward.workflows.serving.data_folder import DATABASE_FILE
from tests.faults.besieged import JSON, Answer, Besieged
from tests.faults.uploaders import PRIVATE, Uploaders
from tests.registry import Registry

FORMS = (JSON, "application/vnd.pypi.simple.v1+html", "text/html", "application/json;q=0")
EXPECTED = {200, 206, 301, 302, 304, 400, 401, 403, 404, 405, 406, 413, 416, 422, 502, 503}
"""Every status that the server's documentation names, but 500."""

CLIENTS, UPLOADERS = 6, 3
SIZES = (100, 3_000, 3_000, 9_000, 9_000, 200_000)  # bytes of files
GRACE = 4.0  # seconds after a change of the policy until it must be in force: it looks each second
NAMES = tuple(f"meadow-{count}" for count in range(120))
BULK = tuple(f"boulder-{count}" for count in range(80))
"""Names of which only ``fill_memory`` asks: a megabyte each, more than the server keeps of files in memory."""
UNWANTED = tuple(f"thorn-{count}" for count in range(20))
"""Names that are never on the list."""


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
        self._pages: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in NAMES}
        self._fill()
        self.uploaders = Uploaders(server.data, self.wrong)
        self.uploaders.server = server
        self._wait_for_tokens()

    def _wait_for_tokens(self) -> None:
        deadline = time.monotonic() + GRACE
        while self.server.ask("/simple/", self.uploaders.tokens["reader"]).status == 401:
            assert time.monotonic() < deadline, "a new token does not count"
            self._over.wait(0.1)

    def _fill(self) -> None:
        """Offer projects with an old and a brand-new release each, and unwanted ones."""
        now = dt.datetime.now(dt.UTC)
        for name in (*NAMES, *UNWANTED):
            filler = {"filler.bin": self._random.randbytes(self._random.choice(SIZES))}
            for version, uploaded in (("1.0", now - dt.timedelta(days=900)), ("2.0", now)):
                for file in self.registry.add(
                    name, version, uploaded=uploaded, sdist=True, files=filler
                ):
                    self._contents[file.filename] = file.content
                    if version == "2.0":
                        self._young.add(file.filename)
        for name in BULK:
            bulk = {"filler.bin": self._random.randbytes(1_000_000)}
            self.registry.add(name, "1.0", uploaded=now - dt.timedelta(days=900), files=bulk)
        self.rule(narrow=False)
        self._wait_for_the_policy()

    def _wait_for_the_policy(self) -> None:
        """Wait until the server, which began without one, has read the policy: it looks each second."""
        deadline = time.monotonic() + 60
        while b"BLOCKED" not in self.server.ask(f"/simple/{UNWANTED[0]}/", {"Accept": JSON}).body:
            assert time.monotonic() < deadline, "the server does not read its policy"
            threading.Event().wait(0.05)

    def fill_memory(self) -> None:
        """Have the server keep as much as it ever does, so that what grows from then on is no cache.

        The first answer comes while the file is fetched; only one that is on the disk is kept in memory.
        """
        for name in BULK:
            filename = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
            for _ in range(2):
                assert self.server.ask(f"/files/{name}/{filename}").status == 200

    def rule(self, *, narrow: bool) -> None:
        """Write the policy: all the meadows are allowed, or in the ``narrow`` one only those that end in an even digit."""
        allowed = [name for name in NAMES if not narrow or int(name[-1]) % 2 == 0]
        policy = f"[guard]\nallow_only = {json.dumps([*allowed, *BULK])}\nprivate = {json.dumps(PRIVATE)}\n"
        path = self.server.data / "onward-policy.toml"
        (path.parent / "new").write_text(policy, encoding="utf-8")
        os.replace(path.parent / "new", path)  # noqa: PTH105 - one step, as an editor saves
        self._narrow_since = time.monotonic() if narrow else None

    def hold(self, is_over: Callable[[], bool], trouble: "Callable[[random.Random], None]") -> None:
        """Let clients ask and upload until ``is_over``, with ``trouble`` again and again."""
        self._over.clear()
        doing = (*(self._client,) * CLIENTS, *(self._uploader,) * UPLOADERS)
        clients = [
            threading.Thread(target=self._guarded, args=(what, self._random.random()))
            for what in doing
        ]
        for client in clients:
            client.start()
        try:
            while not is_over():
                trouble(self._random)
                self.registry.forget()
                self._over.wait(self._random.uniform(0.2, 1.5))
        finally:
            self._over.set()
            for client in clients:
                client.join(60)
            self.registry.faults.clear()

    def _guarded(self, what: Callable[[random.Random], None], seed: float) -> None:
        """Do ``what`` until it is over; a client that fails itself must be seen."""
        chance = random.Random(seed)
        while not self._over.is_set():
            try:
                what(chance)
            except Exception as error:  # noqa: BLE001 - a thread's exception would be lost
                self.wrong.append(f"a client failed: {error!r}")
                return

    def _uploader(self, chance: random.Random) -> None:
        self.uploaders.act(chance)
        self._over.wait(0.02)

    def _client(self, chance: random.Random) -> None:
        name = chance.choice((*NAMES, *UNWANTED[:3]))
        began = time.monotonic()
        for path, headers, filename in self._questions(chance, name):
            answer = self.server.ask(path, headers)
            self.answers[answer.status] += 1
            if not answer.status:  # it is being started again
                self._over.wait(0.05)
            self._look(path, filename, answer, began)
        if name in self._pages:
            self._look_again(chance, name)

    def _look_again(self, chance: random.Random, name: str) -> None:
        """Ask for a page with an entity tag of any time before: what is confirmed must hold now."""
        known, began = self._pages[name], time.monotonic()
        headers = {"Accept": JSON}
        if known and chance.random() < 0.8:
            headers["If-None-Match"] = chance.choice(list(known))
        answer = self.server.ask(f"/simple/{name}/", headers)
        self.answers[answer.status] += 1
        tag = answer.headers.get("etag", "")
        if answer.status == 200:
            known[tag] = answer.json["files"]
        if answer.status in (200, 304):
            for file in known[tag]:
                if "/BLOCKED" not in file["url"] and self._is_forbidden(file["filename"], began):
                    self.wrong.append(f"{answer.status} confirms a page with {file['filename']}")

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
        if self._is_forbidden(filename, began):
            self.wrong.append(f"{path} was handed out, which the policy forbids")

    def _is_forbidden(self, filename: str, began: float) -> bool:
        """Whether the policy has been against a mirrored file for long enough before ``began``."""
        name = filename.rpartition("-2.0")[0] or filename.rpartition("-1.0")[0]
        narrow = self._narrow_since
        ruled_out = narrow is not None and began - narrow > GRACE and int(name[-1]) % 2
        return filename in self._young or name.startswith("thorn") or bool(ruled_out)

    def hold_database(self, seconds: float) -> None:
        """Let nobody else write the database, as a backup or an open tool does; gives at once."""

        def hold() -> None:
            with (
                contextlib.closing(
                    sqlite3.connect(self.server.data / DATABASE_FILE, isolation_level=None)
                ) as other,
                contextlib.suppress(sqlite3.OperationalError),
            ):
                other.execute("BEGIN EXCLUSIVE")
                threading.Event().wait(seconds)
                other.execute("ROLLBACK")

        threading.Thread(target=hold, daemon=True).start()


def upstream_trouble(siege: Siege, chance: random.Random) -> None:
    """Do one thing to the upstream, the policy, or by a client that is slow."""
    registry = siege.registry
    path = chance.choice(("/simple/*", "/files/*", f"*{chance.choice(NAMES)[-2:]}*"))
    many = chance.randrange(1, 20)
    match chance.randrange(10):
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
            siege.hold_database(chance.uniform(0.1, 3.0))
        case 8:
            _go_away(siege.server.port, chance)
        case _:
            registry.faults.clear()


def _go_away(port: int, chance: random.Random) -> None:
    """Ask for something and leave before the answer, or in the middle of the question."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as client:
        words = f"GET /simple/{chance.choice(NAMES)}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        client.sendall(words[: chance.randrange(1, len(words) + 1)])
