"""Whether a server can do its work now: its store, its database, its policy, its advisory data."""

from collections.abc import Callable

import msgspec

from onward.core.disk import remove, write_atomic
from onward.core.errors import OnwardError
from onward.workflows.serving.build import Parts


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: fine or not, and a sentence."""

    name: str
    fine: bool
    words: str


_BLOCK = 4_096  # bytes


def readiness(parts: Parts) -> tuple[Check, ...]:
    """Look at everything that an answer may need; asks no upstream.

    Old advisory data is no reason to be unready unless the policy enforces ``guard/feed-old``.
    """
    return (
        _tried("store", lambda: _write(parts), "can be written"),
        _tried("database", parts.database.check, "answers"),
        _policy(parts),
        _feed(parts),
    )


def _tried(name: str, what: Callable[[], object], fine: str) -> Check:
    try:
        what()
    except OnwardError as error:
        return Check(name=name, fine=False, words="; ".join((error.message, *error.context)))
    return Check(name=name, fine=True, words=fine)


def _write(parts: Parts) -> None:
    probe = parts.data / "ready.probe"
    write_atomic(probe, bytes(_BLOCK), durable=False)  # an empty file fits on a full disk
    remove(probe)


def _policy(parts: Parts) -> Check:
    trouble = parts.judge.trouble
    if trouble is None:
        return Check(name="policy", fine=True, words="in force as it stands in its file")
    words = "; ".join((trouble.message, *trouble.context))
    return Check(name="policy", fine=False, words=f"{words}; the one before is in force")


def _feed(parts: Parts) -> Check:
    old = parts.judge.old_data()
    words = " ".join(finding.message for finding in old) or parts.judge.advice.source
    fine = not any(parts.judge.blocks(finding) for finding in old)
    return Check(name="feed", fine=fine, words=words)
