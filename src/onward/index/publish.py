"""Routes that change the own packages: the legacy upload API (twine, ``uv publish``), yank and delete.

What is refused is told as ``application/problem+json``. A status of 409 means that the file's
name is taken, which twine and uv know.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from onward.core.errors import BadInput, OnwardError, Refused
from onward.core.names import Name, is_name, parse_name
from onward.domain.grants import Action
from onward.domain.shipping.uploads import read_filename
from onward.index.answers import PROBLEM, Problem, not_found, problem_of
from onward.index.asgi import App, Asked, Receive, Scope, Send
from onward.index.auth import allowed, refuse
from onward.index.threads import Outside
from onward.index.uploads import (
    Body,
    FormReader,
    GoneError,
    Limits,
    Taken,
    TooSlowError,
    Upload,
    new_path,
    too_large,
)

_LONGEST_REASON = 1_000  # letters
_LARGEST_BODY = 20_000  # bytes of the JSON of a yank
_AT_ONCE = 8  # uploads that are looked at
_READ_ON = 50_000_000  # bytes that are still read of a refused upload, so that its client hears why


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a release: its files, the reason if they are yanked, whether they are deleted."""

    project: Name
    version: str
    files: tuple[str, ...]
    yanked: str | None = None
    deleted: bool = False


class Packages(Protocol):
    """The own packages. All methods raise OnwardError, and may take their time."""

    def take(self, upload: Upload) -> Taken:
        """Keep an uploaded file."""

    def yank(self, name: Name, version: str, reason: str | None) -> Changed:
        """Yank a release for a reason, or (None) take that back."""

    def delete(self, name: Name, filename: str) -> Changed:
        """Delete a file of a yanked release."""


class _Yank(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str = ""


class PublishApp:
    """Answers ``/legacy/`` and ``/manage/``; hands every other path to ``more``.

    Uploads are received in ``folder``.
    """

    def __init__(
        self, packages: Packages, folder: Path, more: App, *, limits: Limits | None = None
    ) -> None:
        self._packages = packages
        self._folder = folder
        self._more = more
        self._limits = limits or Limits()
        # a database that someone else holds keeps these waiting, not those who read files and tokens
        self._work = Outside(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3.0)."""
        asked = Asked(scope, send) if scope["type"] == "http" else None
        room, _, rest = asked.path[1:].partition("/") if asked else ("", "", "")
        if asked is None or room not in ("legacy", "manage") or (room == "legacy" and rest):
            await self._more(scope, receive, send)
            return
        body = Body(receive, self._limits.patience)
        try:
            answer = self._upload if room == "legacy" else self._manage
            await answer(asked, body, rest)
        except OnwardError as error:
            with contextlib.suppress(GoneError):
                await body.drain(_READ_ON)
            problem = problem_of(asked.scope, error)
            await asked.json(problem.status, problem, PROBLEM)
        except TooSlowError:
            problem = Problem(title="the request did not come to its end in time", status=408)
            await asked.json(408, problem, PROBLEM)
        except GoneError:  # maybe only half of the connection is closed, and someone still listens
            problem = Problem(title="the request broke off before its end", status=400)
            await asked.json(400, problem, PROBLEM)

    async def _upload(self, asked: Asked, body: Body, rest: str) -> None:
        del rest
        if asked.method != "POST":
            await asked.answer(405, {"allow": "POST"})
            return
        if not await _allowed(asked, body, Action.upload, None):
            return
        length = asked.header(b"content-length")
        most = self._limits.file + self._limits.fields + self._limits.field
        if length.isdigit() and (len(length) > 18 or int(length) > most):
            problem = problem_of(asked.scope, too_large(self._limits.file))
            await asked.json(problem.status, problem, PROBLEM)  # nobody waits for all of that
            return

        def begin(filename: str) -> None:
            name = read_filename(filename).name
            if not asked.grant.may(Action.upload, name):
                raise Refused(
                    "token-too-narrow",
                    f"the token `{asked.grant.label}` may not upload `{name}`",
                    hint="Ask whoever runs this server for a token that may.",
                )

        form = FormReader(new_path(self._folder), self._limits, begin, asked.grant.token)
        try:
            upload = await form.read(body, asked.header(b"content-type"))
            lost = await asked.lost()  # who sends slowly may have been shut out since
            taken = None if lost else await self._work(self._packages.take, upload)
        finally:
            await asyncio.to_thread(form.close)
        await (refuse(asked, lost) if lost else asked.json(200, taken))

    async def _manage(self, asked: Asked, body: Body, rest: str) -> None:
        match rest.split("/"):
            case [word, version, ("yank" | "unyank") as what] if is_name(word):
                name, method, action = parse_name(word), "POST", Action.yank
                call = self._yanking(name, version, undo=what == "unyank")
            case ["files", word, filename] if is_name(word):
                name, method, action = parse_name(word), "DELETE", Action.delete
                call = self._deleting(name, filename)
            case _:
                await not_found(asked, "no such route; see /openapi.json")
                return
        if asked.method != method:
            await asked.answer(405, {"allow": method})
            return
        if not await _allowed(asked, body, action, name):
            return
        content = await body.whole(_LARGEST_BODY)
        await asked.json(200, await self._work(call, content))

    def _yanking(self, name: Name, version: str, *, undo: bool) -> Callable[[bytes], Changed]:
        def call(body: bytes) -> Changed:
            return self._packages.yank(name, version, None if undo else _reason(body))

        return call

    def _deleting(self, name: Name, filename: str) -> Callable[[bytes], Changed]:
        def call(body: bytes) -> Changed:
            del body
            return self._packages.delete(name, filename)

        return call


def check_reason(reason: str) -> str:
    """Give a reason for a yank as it is kept: one line; raises BadInput (``bad-reason``)."""
    text = " ".join(reason.split())
    if len(text) > _LONGEST_REASON or not text.isprintable():
        raise BadInput(
            "bad-reason",
            f"the reason for a yank is one line of up to {_LONGEST_REASON} letters",
        )
    return text


def _reason(body: bytes) -> str:
    if not body.strip():
        return ""
    try:
        return check_reason(msgspec.json.decode(body, type=_Yank).reason)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadInput(
            "bad-request",
            "the body cannot be read",
            context=(str(error),),
            hint='Send nothing, or JSON like {"reason": "broken on Windows"}.',
        ) from error


async def _allowed(asked: Asked, body: Body, action: Action, name: Name | None) -> bool:
    """Whether whoever asks may do this; False when it has been answered that they may not."""
    if not asked.grant.may(action, name):
        await body.drain(_READ_ON)
    return await allowed(asked, action, name)
