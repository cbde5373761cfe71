"""What the server answers when something is wrong: statuses, and words that clients show (RFC 9457)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from onward.core.errors import BadInput, OnwardError, OutsideFailed, Refused
from onward.core.finding import Finding
from onward.index.asgi import FAILURE, Asked, Scope

PROBLEM = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem in the words of RFC 9457; ``findings`` and ``hint`` are ours."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    hint: str = ""
    instance: str = ""
    findings: tuple[dict[str, Any], ...] = ()


def problem_of(scope: Scope, error: OnwardError) -> Problem:
    """Give the answer for an error: the error tree of the command line, as statuses.

    What the outside did wrong is 502 (503 for the own store, and while told to stay offline), what is refused 403, what the
    client can mend 400, what is ours 500. The error is left in the request's ``scope`` for the
    log; of the own disk the client is told less, since where things lie here is none of its business.
    """
    scope[FAILURE] = error
    own = error.reference in _OF_THE_DISK
    return Problem(
        type=f"urn:onward:error:{error.reference}",
        title=_OF_THE_DISK.get(error.reference) or error.message,
        status=_status(error),
        detail="" if own else "; ".join(error.context),
        hint=error.hint or "",
    )


_OF_THE_DISK = {
    "cannot-write": "the server cannot write to its disk",
    "disk-full": "the disk of the server is full",
    "store-failed": "",
    "feed-broken": "",
}
"""What clients are told instead, and no details, where an error may name places on the server's disk (empty: what it says itself)."""


def blocked(what: str, found: Sequence[Finding], address: str) -> Problem:
    """Give the answer for a file that the policy holds back: 403, with rule and evidence.

    ``address`` is the page that says more.
    """
    first = found[0]
    return Problem(
        type=f"urn:onward:rule:{first.rule}",
        title=f"onward holds back {what} [{first.rule}]",
        status=403,
        detail=" ".join((*(f"{f.message} [{f.rule}]." for f in found), f"More: {address}")),
        hint=first.hint,
        findings=tuple(
            {"rule": f.rule, "message": f.message, "facts": f.facts, "hint": f.hint} for f in found
        ),
    )


async def not_found(asked: Asked, why: str) -> None:
    """Answer 404 with ``why``."""
    await asked.json(404, Problem(title="not found", status=404, detail=why), PROBLEM)


async def not_acceptable(asked: Asked) -> None:
    """Answer 406: the client takes none of the forms there are (PEP 691)."""
    await asked.json(406, NOT_ACCEPTABLE, PROBLEM)


NOT_ACCEPTABLE = Problem(
    title="not acceptable", status=406, detail="JSON or HTML of the simple API is what there is"
)


def _status(error: OnwardError) -> int:
    if (status := _BY_REFERENCE.get(error.reference)) is not None:
        return status
    for kind, status in ((BadInput, 400), (Refused, 403), (OutsideFailed, 502)):
        if isinstance(error, kind):
            return status
    return 500


_BY_REFERENCE = {
    "store-failed": 503,
    "disk-full": 503,
    "cannot-write": 503,
    "no-feed": 503,
    "offline": 503,
    "feed-broken": 503,
    "owner-unknown": 503,
    "no-such-release": 404,
    "no-such-file": 404,
    "file-exists": 409,
    "file-was-deleted": 409,
    "not-yanked": 409,
    "upload-too-large": 413,
}
"""Statuses that say more than the kind of an error does."""
