"""What stands around the whole application: counts what is answered, and makes an answer of a fault.

It is on the way of every request, so it does little: a few additions, and words only for
what went wrong.
"""

import itertools
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec

from onward.core.errors import OnwardError
from onward.core.events import Event, Fact, Listener, Weight, unheard
from onward.core.finding import Finding
from onward.domain.grants import Grant
from onward.index.answers import PROBLEM, Problem
from onward.index.asgi import (
    FAILURE,
    GRANT,
    HELD,
    App,
    Asked,
    Receive,
    Reply,
    Scope,
    Send,
    quick_way,
)

ROUTES = frozenset(
    ("simple", "files", "integrity", "pypi", "project", "refused", "osv", "v1", "legacy", "manage", "health", "ready", "metrics", "openapi.json")
)  # fmt: skip
"""First parts of a path that are counted apart; all others are ``other``, so that nobody can make up labels."""


class Count:
    """Answers of one route and status: how many, their bytes, the seconds they took."""

    __slots__ = ("answers", "seconds", "sent")

    def __init__(self) -> None:
        self.answers = 0
        self.sent = 0
        self.seconds = 0.0


class Traffic:
    """What was answered since the start. Written on the event loop only; read from anywhere.

    ``counts`` is by (route, status), ``held`` the refusals by rule, ``running`` the answers
    that are being given now, ``broken`` those that broke off.
    """

    def __init__(self) -> None:
        self.counts: dict[tuple[str, int], Count] = {}
        self.held: dict[str, int] = {}
        self.running = 0
        self.broken = 0


class Watch:
    """The application ``app``, watched. ``tell`` hears of refusals and faults, and of every answer with ``access``.

    ``start`` is a word that no other run of the server has: request ids begin with it.
    """

    def __init__(
        self,
        app: App,
        traffic: Traffic,
        *,
        start: str,
        tell: Listener = unheard,
        access: bool = False,
    ) -> None:
        self._app = app
        self._quick = quick_way(app)
        self._traffic = traffic
        self._tell = tell
        self._access = access
        numbers = itertools.count(1)
        self._number = lambda: f"{start}-{next(numbers)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3.0)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, self._number)
        traffic = self._traffic
        traffic.running += 1
        began = time.perf_counter()
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:
            await self._fault(scope, answer, error)
            if not answer.done:
                raise  # the client sees that its answer breaks off
        finally:
            traffic.running -= 1
            if answer.status >= 400:
                self._trouble(scope, answer)
            self._count(scope, answer.status, answer.sent, time.perf_counter() - began)

    def at_once(self, asked: Asked) -> Reply | None:
        """Give an answer that is at hand, and count it."""
        began = time.perf_counter()
        try:
            reply = self._quick(asked)
        except Exception:  # noqa: BLE001 - the usual way meets it again, and tells of it
            return None
        if reply is not None:
            took = time.perf_counter() - began
            self._count(asked.scope, reply.status, len(reply.body), took)
        return reply

    def _count(self, scope: Scope, status: int, sent: int, took: float) -> None:
        room = scope["path"][1:].partition("/")[0]
        key = (room if room in ROUTES else "other", status)
        count = self._traffic.counts.get(key)
        if count is None:
            count = self._traffic.counts[key] = Count()
        count.answers += 1
        count.sent += sent
        count.seconds += took
        if self._access:
            self._tell(_access(scope, status, sent, took))

    async def _fault(self, scope: Scope, answer: "_Answer", error: Exception) -> None:
        """Answer 500 where nothing was answered yet, and tell what it was."""
        known = error if isinstance(error, OnwardError) else error.__cause__
        if isinstance(known, OnwardError):
            scope[FAILURE] = known
        else:
            words = "".join(traceback.format_exception(error))
            facts = {"request": answer.number, **_asked(scope), "traceback": words}
            self._tell(Event(kind="fault", weight=Weight.error, facts=facts))
        if not answer.begun:
            await answer.fault()
        elif not answer.done:
            self._traffic.broken += 1
            if isinstance(known, OnwardError):
                facts = {**_asked(scope), **_why(known)}
                self._tell(Event(kind="broken-off", weight=Weight.warning, facts=facts))

    def _trouble(self, scope: Scope, answer: "_Answer") -> None:
        held: tuple[Finding, ...] = scope.get(HELD, ())
        if held:
            rule = held[0].rule
            self._traffic.held[rule] = self._traffic.held.get(rule, 0) + 1
            words = " ".join(dict.fromkeys(finding.rule for finding in held))
            facts = {**_asked(scope), "rules": words, "on": str(held[0].subject)}
            self._tell(Event(kind="held-back", facts=facts))
        failure = scope.get(FAILURE)
        if answer.status >= 500 and isinstance(failure, OnwardError):
            facts = {
                "request": answer.number,
                "status": answer.status,
                **_asked(scope),
                **_why(failure),
            }
            weight = Weight.error if answer.status == 500 else Weight.warning
            self._tell(Event(kind="failed", weight=weight, facts=facts))


class _Answer:
    """One answer on its way: hands on what is sent, and remembers what it was."""

    __slots__ = ("_headers", "_made", "_number", "_send", "begun", "done", "sent", "status")

    def __init__(self, send: Send, number: Callable[[], str]) -> None:
        self._send = send
        self._made = number
        self._number = ""
        self._headers: Iterable[tuple[bytes, bytes]] = ()
        self.status = 0
        self.sent = 0
        self.begun = False
        self.done = False

    @property
    def number(self) -> str:
        """The id of the request, made when someone first wants it."""
        if not self._number:
            self._number = self._made()
        return self._number

    def send(self, message: MutableMapping[str, Any]) -> Awaitable[None]:
        """Hand on a message of the application."""
        kind = message["type"]
        if kind == "http.response.body":
            self.sent += len(message.get("body", b""))
            self.done = not message.get("more_body", False)
        elif kind == "http.response.start":
            self.begun = True
            self.status = message["status"]
            self._headers = message.get("headers", ())
            if self.status >= 500:
                told = (b"x-request-id", self.number.encode("ascii"))
                message = {**message, "headers": [*self._headers, told]}
        return self._send(message)

    async def fault(self) -> None:
        """Answer that onward is at fault."""
        problem = Problem(
            type="urn:onward:error:fault",
            title="a fault of onward",
            status=500,
            detail="Nothing was done. The server's log has the details under the request's id.",
            instance=f"urn:onward:request:{self.number}",
        )
        body = msgspec.json.encode(problem)
        headers = [
            (b"content-type", PROBLEM.encode("ascii")),
            (b"cache-control", b"no-store"),
            (b"content-length", b"%d" % len(body)),
        ]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _asked(scope: Scope) -> dict[str, Fact]:
    grant = scope.get(GRANT)
    client = scope.get("client")
    facts: dict[str, Fact] = {
        "method": scope["method"],
        "path": scope["path"],
        "client": client[0] if client else None,
    }
    if isinstance(grant, Grant) and grant.label:
        facts["who"] = grant.label
    return facts


def _why(error: OnwardError) -> dict[str, Fact]:
    return {"error": error.reference, "message": error.message, "context": "; ".join(error.context)}


def _access(scope: Scope, status: int, sent: int, took: float) -> Event:
    agent = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
    facts: dict[str, Fact] = {
        **_asked(scope),
        "status": status,
        "bytes": sent,
        "ms": round(took * 1000, 2),
        "agent": agent,
    }
    return Event(kind="access", facts=facts)
