"""Clients that upload to a besieged server, and what they know of each file they sent.

A file whose upload was answered 200 must be there with its bytes from then on, whatever happens
to the server. One that got no answer may be there whole, or not at all. All others never are.
"""

import datetime as dt
import hashlib
import random
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from onward.domain.grants import Action
from onward.workflows.serving.data_folder import database_of
from onward.workflows.serving.tokens import TokenWish, new_token
from tests.faults.besieged import FORM, Answer, Besieged, form_of
from tests.index.tokens import basic
from tests.index.uploading import made

PROJECTS = tuple(f"acme-{word}" for word in ("moss", "fern", "tide", "lake", "reed", "dune"))
PRIVATE = ("acme-*", "other-*")
BUSY = {0, 502, 503}
"""Killed, or the database is held by someone else: nothing is known then of an upload."""

_FIRST, _EACH_SECOND = 300, 5  # files, so that a short siege and a long one have some to the end
_LEFT = 64  # files on their way that may be there at once; clients are fewer


class Sent(msgspec.Struct):
    """What is known of one file name: contents by sha256 that may be there; the one that is, or that none is."""

    project: str
    may: dict[str, bytes] = {}
    won: str = ""
    deleted: bool = False  # yanked and deleted, or maybe so
    gone: bool = False  # the server said that it is deleted


class Ledger:
    """All file names that were ever uploaded; safe to share between threads."""

    def __init__(self) -> None:
        self.files: dict[str, Sent] = {}
        self.lock = threading.RLock()
        self.done: Counter[str] = Counter()
        self._number = 0

    def fresh(self, chance: random.Random, *, size: int = 0) -> tuple[str, str, bytes]:
        """Give (project, file name, content) of a release that nobody has uploaded yet; ``size`` 0: any."""
        with self.lock:
            self._number += 1
            version = f"1.{self._number}"
        project = chance.choice(PROJECTS)
        filename, content = contents_of(
            project, version, chance, source=chance.random() < 0.2, size=size
        )
        with self.lock:
            self.files[filename] = Sent(project=project)
        return project, filename, content

    def some(self, chance: random.Random) -> tuple[str, Sent] | None:
        """Give a file that is there for certain."""
        with self.lock:
            there = [(name, sent) for name, sent in self.files.items() if sent.won]
            return chance.choice(there) if there else None


def contents_of(
    project: str, version: str, chance: random.Random, *, source: bool, size: int = 0
) -> tuple[str, bytes]:
    """Give (file name, content) of a release with something random in it; a few are large."""
    size = size or chance.choice(
        (200, 5_000, 40_000, 40_000, 2_500_000 if chance.random() < 0.05 else 500)
    )
    files = {f"{project}/filler.bin": chance.randbytes(size)}
    return made(project, version, source=source, files=files)


def other_bytes(project: str, filename: str, chance: random.Random) -> bytes:
    """Give other content for a file of that name."""
    source = filename.endswith(".tar.gz")
    return contents_of(project, version_of(filename), chance, source=source)[1]


def version_of(filename: str) -> str:
    """Give the version in the name of a file."""
    return filename.removesuffix(".tar.gz").split("-")[1]


class Uploaders:
    """What uploading clients do against ``server`` over ``data``; ``wrong`` collects whatever must not be."""

    server: Besieged

    def __init__(self, data: Path, wrong: list[str]) -> None:
        self.data = data
        self.wrong = wrong
        self.ledger = Ledger()
        self.answers: Counter[int] = Counter()
        self.most_left = 0
        self._began = time.monotonic()
        self.tokens = {
            "good": self.token("good", Action.upload),
            "manager": self.token("manager", Action.upload, Action.yank, Action.delete),
            "narrow": self.token("narrow", Action.upload, projects=("other-*",)),
            "reader": self.token("reader", Action.read),
            "unknown": basic("onward_" + "0" * 20),
            "none": {},
        }

    def token(
        self, label: str, *actions: Action, projects: tuple[str, ...] = ("acme-*",)
    ) -> dict[str, str]:
        """Make a token beside the server, and give the header that has it."""
        wish = TokenWish(label=label, actions=actions, projects=projects, expires="90 days")
        with database_of(self.data, make=True) as database:
            now = dt.datetime.now(dt.UTC)
            token, _ = new_token(database, wish, now=now, random=secrets.token_bytes)
        return basic(token.text)

    def act(self, chance: random.Random) -> None:
        """Do one thing."""
        most = _FIRST + _EACH_SECOND * (time.monotonic() - self._began)
        full = len(self.ledger.files) >= most
        acts: list[tuple[Callable[[random.Random], object], int]] = [
            (self.fresh, 0 if full else 6),
            (self._pair, 0 if full else 2),
            (self._wrong_hash, 0 if full else 1),
            (self._cut, 0 if full else 3),
            (self._unwelcome, 2),
            (self._again, 3),
            (self._other_bytes, 2),
            (self._delete, 0 if full else 1),
            (self._look, 6),
        ]
        do = chance.choices([act for act, _ in acts], [weight for _, weight in acts])[0]
        do(chance)
        self._look_for_leftovers()

    def send(self, filename: str, content: bytes) -> Answer:
        """Upload a file, and take down what may be of it now."""
        sha256 = hashlib.sha256(content).hexdigest()
        answer = self.server.upload(filename, content, self.tokens["good"])
        self.answers[answer.status] += 1
        if answer.status not in {*BUSY, 200, 400, 401, 403, 409}:
            self.wrong.append(
                f"upload of {filename} answered {answer.status}: {answer.body[:200]!r}"
            )
        with self.ledger.lock:
            sent = self.ledger.files[filename]
            if answer.status in BUSY:
                sent.may[sha256] = content
            if answer.status == 200:
                sent.may[sha256] = content
                if sent.won not in ("", sha256):
                    self.wrong.append(f"two contents of {filename} were taken")
                sent.won = sha256
        return answer

    def _expect(self, answer: Answer, what: str, *statuses: int) -> None:
        self.ledger.done[what] += 1
        if answer.status not in {*BUSY, *statuses}:
            self.wrong.append(f"{what} was answered {answer.status}: {answer.body[:200]!r}")

    def fresh(self, chance: random.Random) -> Answer:
        """Upload a new file."""
        _, filename, content = self.ledger.fresh(chance)
        answer = self.send(filename, content)
        self._expect(answer, "a new file", 200)
        return answer

    def _pair(self, chance: random.Random) -> None:
        """Two at once of one file name, with different contents: one of them at most is taken."""
        project, filename, content = self.ledger.fresh(chance)
        other = other_bytes(project, filename, chance)
        got: list[Answer] = []
        twins = [
            threading.Thread(target=lambda one: got.append(self.send(filename, one)), args=(one,))
            for one in (content, other)
        ]
        for twin in twins:
            twin.start()
        for twin in twins:
            twin.join()
        for answer in got:
            self._expect(answer, "one of two at once", 200, 409)
        statuses = [answer.status for answer in got]
        if statuses.count(200) > 1 or statuses.count(409) > 1:
            self.wrong.append(f"two at once of {filename} were answered {statuses}")

    def _wrong_hash(self, chance: random.Random) -> None:
        _, filename, content = self.ledger.fresh(chance)
        answer = self.server.upload(filename, content, self.tokens["good"], digest="0" * 64)
        self.answers[answer.status] += 1
        self._expect(answer, "a wrong hash", 400)

    def _cut(self, chance: random.Random) -> None:
        """Send a part of the form, and go: none of it may ever be seen."""
        _, filename, content = self.ledger.fresh(chance)
        body = form_of(filename, content)
        words = {**FORM, **self.tokens["good"], "Content-Length": str(len(body)), "Host": "x"}
        lines = "".join(f"{key}: {value}\r\n" for key, value in words.items())
        whole = f"POST /legacy/ HTTP/1.1\r\n{lines}\r\n".encode() + body
        self.ledger.done["cut in the middle"] += 1
        try:
            with socket.create_connection(("127.0.0.1", self.server.port), 5) as client:
                client.sendall(whole[: chance.randrange(1, len(whole) - 1)])
        except OSError:
            return

    def _unwelcome(self, chance: random.Random) -> None:
        """Come with a token that does not count, or not for this."""
        some = self.ledger.some(chance)
        if some is None:
            return
        filename, sent = some
        token, status = chance.choice(
            (("narrow", 403), ("reader", 403), ("unknown", 401), ("none", 401))
        )
        answer = self.server.upload(filename, sent.may[sent.won], self.tokens[token])
        self.answers[answer.status] += 1
        self._expect(answer, f"a token that may not ({token})", status)

    def _again(self, chance: random.Random) -> None:
        some = self.ledger.some(chance)
        if some is not None:
            filename, sent = some
            answer = self.send(filename, sent.may[sent.won])
            gone = (409,) if sent.deleted else ()  # maybe only just now
            self._expect(answer, "the same again", 200, *gone)

    def _other_bytes(self, chance: random.Random) -> None:
        some = self.ledger.some(chance)
        if some is None:
            return
        filename, sent = some
        content = other_bytes(sent.project, filename, chance)
        answer = self.server.upload(filename, content, self.tokens["good"])
        self.answers[answer.status] += 1
        self._expect(answer, "other bytes under a name that is taken", 409)

    def _delete(self, chance: random.Random) -> None:
        """Yank a release and delete its file: from then on it is never there again."""
        some = self.ledger.some(chance)
        if some is None or some[1].deleted:
            return
        filename, sent = some
        token = self.tokens["manager"]
        place = f"/manage/{sent.project}/{version_of(filename)}/yank"
        answer = self.server.once("POST", place, token, b"")
        self._expect(answer, "a yank", 200, *((404,) if sent.deleted else ()))
        if answer.status != 200:
            return
        sent.deleted = True
        answer = self.server.once("DELETE", f"/manage/files/{sent.project}/{filename}", token)
        self._expect(answer, "a delete", 200, 404)
        sent.gone = sent.gone or answer.status == 200

    def _look(self, chance: random.Random) -> None:
        some = self.ledger.some(chance)
        if some is None:
            return
        filename, sent = some
        maybe_deleted, gone = sent.deleted, sent.gone
        answer = self.server.ask(f"/files/{sent.project}/{filename}")
        self.ledger.done["a file that must be there"] += 1
        self._judge_bytes(filename, sent, answer, maybe_deleted or sent.deleted, gone)

    def _judge_bytes(
        self, filename: str, sent: Sent, answer: Answer, maybe_deleted: bool, gone: bool
    ) -> None:
        if answer.status == 200 and answer.body != sent.may[sent.won]:
            self.wrong.append(f"{filename} has other bytes than were uploaded")
        if answer.status == 200 and gone:
            self.wrong.append(f"{filename} is there although it was deleted")
        if answer.status not in {*BUSY, 200, *((404,) if maybe_deleted else ())}:
            self.wrong.append(f"{filename} was taken and is answered {answer.status}")

    def _look_for_leftovers(self) -> None:
        left = sum(1 for _ in (self.data / "coming").glob("*"))
        self.most_left = max(self.most_left, left)
        if left > _LEFT:
            self.wrong.append(f"{left} files are on their way")

    def settle(self) -> None:
        """Insist, on a server that nobody troubles any more, on every file and on nothing beside them."""
        for project in PROJECTS:
            listed = {
                file["filename"]: file["hashes"]["sha256"]
                for file in self.server.page(project) or ()
                if file[
                    "hashes"
                ]  # what stands on the page of a claimed name that nobody has has none
            }
            for filename, sent in self.ledger.files.items():
                if sent.project == project:
                    self._settle_one(filename, sent, listed.pop(filename, ""))
            if listed:
                self.wrong.append(f"{project} lists what nobody uploaded: {sorted(listed)}")
        deadline = time.monotonic() + 20
        while (left := leftovers(self.data)) and time.monotonic() < deadline:
            threading.Event().wait(0.1)  # it tidies up once a second
        self.wrong += left
        halves = [p for pattern in (".*.tmp", "*#*") for p in self.data.rglob(pattern)]
        if len(halves) > 10 * self.server.kills:  # they go when they are a day old
            self.wrong.append(
                f"{len(halves)} halves of files were left by {self.server.kills} kills"
            )

    def _settle_one(self, filename: str, sent: Sent, listed: str) -> None:
        if sent.gone and listed:
            self.wrong.append(f"{filename} is listed although it was deleted")
        if sent.won and listed != sent.won and not (sent.deleted and not listed):
            self.wrong.append(f"{filename} was taken and is lost (its page says {listed!r})")
        if listed and listed not in sent.may:
            self.wrong.append(f"{filename} is listed with bytes that never came whole: {listed}")
        answer = self.server.ask(f"/files/{sent.project}/{filename}")
        if answer.status != (200 if listed else 404):
            self.wrong.append(f"{filename} is listed as {listed!r} and answered {answer.status}")
        if listed and hashlib.sha256(answer.body).hexdigest() != listed:
            self.wrong.append(f"{filename} has other bytes than its page says")
        self.ledger.done["there at the end" if listed else "not there at the end"] += 1


def leftovers(data: Path) -> list[str]:
    """Give what lies in the data folder of a server at rest though no row names it."""
    wrong = [f"{path} was left on its way" for path in (data / "coming").glob("*")]
    with database_of(data) as database, database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT filename, sha256, metadata_sha256 IS NOT NULL FROM own_files WHERE deleted IS NULL"
        ).all()
    named = set()
    for filename, sha256, has_metadata in rows:
        named.add(f"own/{sha256[:2]}/{sha256}/{filename}")
        if has_metadata:
            named.add(f"own/{sha256[:2]}/{sha256}/{filename}.metadata")
    store = data / "store"
    files = (path for path in (store / "own").rglob("*") if path.is_file() and "#" not in path.name)
    there = {path.relative_to(store).as_posix() for path in files}
    wrong += [f"{key} is kept and no row names it" for key in sorted(there - named)]
    return wrong + [f"{key} has a row and no bytes" for key in sorted(named - there)]
