"""Whatever path is asked for, a token for some projects makes nothing happen on any other."""

import asyncio
import datetime as dt
import secrets
from collections.abc import MutableMapping
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.database.tokens import TokenRow
from onward.core.names import Name, is_name, parse_name
from onward.domain.grants import Action, Grant
from onward.domain.tokens import Token, make_token
from onward.index.app import IndexApp
from onward.index.asgi import Receive, Scope, Send
from onward.index.auth import Auth
from onward.index.rooms import wanted
from onward.shelves.files import Files
from onward.shelves.gate import Gate
from onward.shelves.pages import Pages, Ready

ACME = Grant(label="ci", token="0123456789", actions=frozenset({Action.read}), projects=("acme-*",))
PIECES = (
    "simple", "files", "integrity", "pypi", "project", "refused", "legacy", "manage", "yank", "osv", "health", "acme-web", "Acme_Web",
    "acme-", "evil-name", "Evil_Name", "evil.name", "..", ".", "", "%2F", "json", "provenance", "1.0",
    "x-1.0-py3-none-any.whl", "acme-web%2Fevil-name", "acme-web\0", "\u0435vil-name", " evil-name", "evil-name ", "acme-web\n",
)  # fmt: skip
paths = st.lists(st.sampled_from(PIECES), max_size=8).map(lambda pieces: "/" + "/".join(pieces))


class Asking:
    """Pages that only note which projects they were asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def hit(self, name: Name) -> tuple[Ready, bool] | None:
        self.asked.add(name)
        return None

    def page(self, name: Name, *, anew: bool = False) -> Ready | None:
        del anew
        self.asked.add(name)
        return None


class OneToken:
    """A table with one token, which has just been read (``index.auth.Tokens``)."""

    edition = 1
    is_fresh = True
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)

    def __init__(self, token: Token, grant: Grant) -> None:
        self._row = TokenRow(
            id=token.id, label="ci", digest=token.digest, grant=grant, created=self.now
        )

    def refresh(self) -> None:
        """Nothing to read."""

    def find(self, token: Token) -> TokenRow | None:
        return self._row if token.fits(self._row.digest) else None

    def note_use(self, token: str, now: dt.datetime) -> None:
        """Nothing to note."""

    def note_refusal(self, address: str) -> None:
        """Nothing to note."""


def ask(pages: Asking, method: str, path: str, grant: Grant) -> int:
    """Ask in this process with a token of that grant, and give the status."""
    token = make_token(secrets.token_bytes)
    header = f"Bearer {token.text}".encode()
    said: list[MutableMapping[str, Any]] = []

    async def more(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    files, gate = cast(Files, object()), cast(Gate, object())
    index = IndexApp(cast(Pages, pages), files, more, gate=gate, known=lambda _name: ())
    auth = Auth(index, OneToken(token, grant), required=True)
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "scheme": "http"}
    asyncio.run(auth({**scope, "headers": [(b"authorization", header)]}, receive, send))
    return int(said[0]["status"])


@given(st.sampled_from(("GET", "HEAD", "POST", "DELETE", "ODD")), paths)
def test_no_path_makes_another_project_be_looked_at(method: str, path: str) -> None:
    pages = Asking()
    status = ask(pages, method, path, ACME)
    assert {parse_name(name) for name in pages.asked if is_name(name)} <= {"acme-web", "acme"}
    assert status in (301, 403, 404, 405)


@given(paths)
def test_a_token_for_all_projects_is_held_from_none(path: str) -> None:
    everything, anyone = Asking(), Asking()
    grant = Grant(token="0123456789", actions=frozenset({Action.read}))
    assert ask(everything, "GET", path, grant) != 403
    if ask(anyone, "GET", path, ACME) == 403:
        assert anyone.asked == set()
    else:
        assert anyone.asked == everything.asked


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/simple/Evil_Name/", "evil-name"),
        ("/simple/Evil_Name", "evil-name"),
        ("/files/Evil.Name/x.whl", "evil-name"),
        ("/files/BLOCKED-a/acme-web/Evil.Name/x.whl", "evil-name"),
        ("/integrity/evil-name/1.0/x.whl/provenance", "evil-name"),
        ("/pypi/evil-name/1.0/json", "evil-name"),
        ("/project/EVIL-name/", "evil-name"),
        ("/simple/acme-web/evil-name/", None),
        ("/files/evil-name/", "evil-name"),
        ("/files/evil-name/x/y", None),
        ("//simple/evil-name/", None),
        ("/a/route/of/tomorrow", None),
        ("/", None),
    ],
)
def test_which_project_a_path_is_about(path: str, name: str | None) -> None:
    found = wanted("GET", path)
    assert found.name == name
    assert not found.about_none
    assert not found.is_within(ACME)


@pytest.mark.parametrize(
    ("method", "path", "actions", "expected"),
    [
        ("GET", "/simple/", {"read"}, True),
        ("GET", "/simple/", {"upload"}, False),
        ("POST", "/legacy/", {"upload"}, True),
        ("POST", "/osv/v1/query", {"read"}, True),
        ("POST", "/osv/v1/query", {"upload"}, False),
        ("GET", "/simple/acme-web/", {"upload"}, False),
        ("DELETE", "/files/acme-web/x.whl", {"delete"}, True),
        ("DELETE", "/files/evil-name/x.whl", {"delete"}, False),
        ("POST", "/a/route/of/tomorrow", {"upload"}, False),
    ],
)
def test_what_a_token_for_some_projects_reaches(
    method: str, path: str, actions: set[str], expected: bool
) -> None:
    grant = Grant(token="x", actions=frozenset(map(Action, actions)), projects=("acme-*",))
    assert wanted(method, path).is_within(grant) is expected
