"""Who asks: the token of each request, before any route sees it.

Where anyone may read, credentials that are no token of onward are passed over: installers send
what a netrc file has for this machine, and that is meant for someone else. What was meant to be
a token and does not count is refused there too, so that a slip is noticed at once.
"""

import asyncio
import datetime as dt
import hashlib
from typing import Protocol

from onward.adapters.database.tokens import TokenRow
from onward.core.errors import BadInput, OnwardError, OutsideFailed
from onward.core.names import Name
from onward.domain.grants import NOTHING, READING, Action, Grant
from onward.domain.tokens import Token
from onward.index.answers import PROBLEM, Problem, problem_of
from onward.index.asgi import (
    CONFIRM,
    GRANT,
    App,
    Asked,
    Receive,
    Reply,
    Scope,
    Send,
    path_of,
    quick_way,
)
from onward.index.credentials import token_in
from onward.index.rooms import SAYS_MORE, is_open, wanted

_MOST = 4_096  # headers that are remembered, and as many paths
_LONGEST = 400  # letters of such a path
_LOOK_EVERY = 0.2  # seconds
_HOW = (
    "Send a token as the password of user `__token__` (or as a Bearer token)."
    " Whoever runs this server makes one: `onward guard token new LABEL`."
)


class Tokens(Protocol):
    """The tokens that there are. ``edition`` changes with them."""

    @property
    def edition(self) -> int:
        """A number that is another one when any token changed."""

    @property
    def is_fresh(self) -> bool:
        """Whether the table was read so short a while ago that it can be relied on."""

    @property
    def now(self) -> dt.datetime:
        """The current time, aware."""

    def refresh(self) -> None:
        """Read the table again; raises OutsideFailed when that cannot be done."""

    def find(self, token: Token) -> TokenRow | None:
        """Give what is kept of a token, when its secret is right."""

    def note_use(self, token: str, now: dt.datetime) -> None:
        """Remember that the token of that id was used."""

    def note_refusal(self, address: str) -> None:
        """Remember that a client at ``address`` came with a token that does not count."""


class Auth:
    """Lets a request through to ``app`` with its grant in the scope, or refuses it.

    ``required``: reading needs a token too, but for the routes that say whether the server is well.
    """

    def __init__(self, app: App, tokens: Tokens, *, required: bool) -> None:
        self._app = app
        self._quick = quick_way(app)
        self._tokens = tokens
        self._anyone = NOTHING if required else READING
        self._remembered: dict[bytes, TokenRow] = {}
        self._within: set[tuple[str, str]] = set()  # token and path of what it may read
        self._edition = 0
        self._reading: asyncio.Task[None] | None = None
        self._looked = -_LOOK_EVERY  # when the table was last read for an unknown token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3.0)."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        path = path_of(scope)
        headers = [value for name, value in scope["headers"] if name == b"authorization"]
        if is_open(path) and not (headers and path in SAYS_MORE):
            if self._anyone is NOTHING:
                scope[GRANT] = NOTHING
            await self._app(scope, receive, send)
            return
        try:
            grant = await self._grant(headers) if headers else self._anyone
        except OnwardError as error:
            if not isinstance(error, OutsideFailed):
                self._tokens.note_refusal((scope.get("client") or ("",))[0])
            await refuse(Asked(scope, send), error)
            return
        reading = scope["method"] in ("GET", "HEAD")
        if grant.token:
            scope[GRANT] = grant
            if not reading:
                scope[CONFIRM] = lambda: self._grant(headers)
        known = _reads_all(grant) or (grant.token, path) in self._within or is_open(path)
        if not (reading and known):
            asked_for = wanted(scope["method"], path)
            if not asked_for.is_within(grant):
                await forbid(Asked(scope, send), Action.read, asked_for.name)
                return
            if reading and grant.token and len(path) <= _LONGEST:
                if len(self._within) >= _MOST:
                    self._within.clear()
                self._within.add((grant.token, path))
        await self._app(scope, receive, send)

    def at_once(self, asked: Asked) -> Reply | None:
        """Give an answer that is at hand to who may read all, or was let through to this path before."""
        grant, header = self._anyone, asked.headers.get(b"authorization")
        if header is not None:
            key = hashlib.sha256(header).digest()
            row = self._remembered.get(key)
            if row is None or not self._tokens.is_fresh or self._edition != self._tokens.edition:
                return None
            try:
                grant = self._used(key, row)
            except OnwardError:
                return None
        if not _reads_all(grant) and (grant.token, asked.path) not in self._within:
            return None
        if grant.token:
            asked.scope[GRANT] = grant
        return self._quick(asked)

    async def _grant(self, headers: list[bytes]) -> Grant:
        """Give the grant of the token in the headers, or anyone's; raises BadInput for one that does not count."""
        if len(headers) > 1:
            raise BadInput("two-credentials", "there are two Authorization headers")
        await self._fresh()
        tokens, key = self._tokens, hashlib.sha256(headers[0]).digest()
        row = self._remembered.get(key)
        if row is None:
            token = token_in(headers[0])
            if token is None:
                if self._anyone is NOTHING:
                    raise BadInput("no-token", "that is no token of onward")
                return self._anyone
            row = tokens.find(token) or await self._just_made(token)
            if row is None:
                raise BadInput("unknown-token", "there is no such token on this server")
        return self._used(key, row)

    def _used(self, key: bytes, row: TokenRow) -> Grant:
        """Note that a token was used; raises BadInput when it does not count any more."""
        tokens = self._tokens
        now = tokens.now
        if row.revoked is not None:
            raise BadInput("revoked-token", f"the token `{row.label}` was revoked")
        if row.expires is not None and now >= row.expires:
            raise BadInput("expired-token", f"the token `{row.label}` has expired")
        if len(self._remembered) >= _MOST:  # one token can come with ever new user names
            self._remembered.clear()
        self._remembered[key] = row
        tokens.note_use(row.id, now)
        return row.grant

    async def _fresh(self) -> None:
        """Wait for the table to be read again when that was long ago; raises OutsideFailed when it cannot be."""
        if not self._tokens.is_fresh:
            await self._read()
        if self._edition != self._tokens.edition:
            self._edition = self._tokens.edition
            self._remembered.clear()
            self._within.clear()

    async def _just_made(self, token: Token) -> TokenRow | None:
        """Look for a token that was made since the table was read; not again and again, however many come."""
        now = asyncio.get_running_loop().time()
        if now < self._looked + _LOOK_EVERY:
            return None
        self._looked = now
        await self._read()
        return self._tokens.find(token)

    async def _read(self) -> None:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(asyncio.to_thread(self._tokens.refresh))
        await asyncio.shield(self._reading)


def _reads_all(grant: Grant) -> bool:
    return not grant.projects and Action.read in grant.actions


async def allowed(asked: Asked, action: Action, name: Name | None = None) -> bool:
    """Whether whoever asks may do this; False when it has been answered that they may not."""
    if asked.grant.may(action, name):
        return True
    await forbid(asked, action, name)
    return False


async def forbid(asked: Asked, action: Action, name: Name | None) -> None:
    """Answer that whoever asks may not: 401 when nobody said who asks, else 403."""
    problem = refusal(asked.grant, action, name)
    await asked.json(problem.status, problem, PROBLEM, challenge(problem))


def refusal(grant: Grant, action: Action, name: Name | None = None) -> Problem:
    """Give what ``forbid`` answers."""
    what = f"{action} `{name}`" if name else action
    if not grant.token:
        return _unknown(BadInput("token-needed", f"a token is needed to {what} here"))
    return Problem(
        type="urn:onward:error:token-too-narrow",
        title=f"the token `{grant.label}` may not {what}",
        status=403,
        detail=f"It is for: {', '.join(sorted(grant.actions))}; on: {', '.join(grant.projects) or 'all projects'}.",
        hint="Ask whoever runs this server for a token that may: `onward guard token new LABEL`.",
    )


def challenge(problem: Problem) -> dict[str, str]:
    """Give the header that goes with a 401 (RFC 7617): clients ask for, or look up, a user name and a password."""
    return {"www-authenticate": 'Basic realm="onward"'} if problem.status == 401 else {}


async def refuse(asked: Asked, error: OnwardError) -> None:
    """Answer why a token does not count: 401, or what the database failed of."""
    outside = isinstance(error, OutsideFailed)
    problem = problem_of(asked.scope, error) if outside else _unknown(error)
    await asked.json(problem.status, problem, PROBLEM, challenge(problem))


def _unknown(error: OnwardError) -> Problem:
    return Problem(
        type=f"urn:onward:error:{error.reference}",
        title=error.message,
        status=401,
        detail="; ".join(error.context),
        hint=_HOW,
    )
