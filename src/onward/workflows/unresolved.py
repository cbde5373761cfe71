"""How a resolution fails: as errors that the workflows which asked turn into words."""

from collections.abc import Sequence

from onward.adapters.uv.commands import (
    is_unsolvable,
    outside_failure,
    unreadable_requirement,
    words_of,
)
from onward.core.errors import BadInput, EngineFailed, OnwardError, Refused
from onward.core.proc.call import Ran
from onward.core.redact import redact
from onward.index.local import Held, LocalIndex


class Unsolvable(OnwardError):
    """uv found no set of versions; the workflow that asked turns this into words.

    ``unbuilt``: something would have had to be built, and builds were off.
    """

    def __init__(self, words: tuple[str, ...], *, unbuilt: bool = False) -> None:
        super().__init__("no-solution", "no set of versions fits", context=words)
        self.unbuilt = unbuilt


class HeldBack(OnwardError):
    """uv needs releases that the policy holds back: they were asked for by number."""

    def __init__(self, held: tuple[Held, ...], words: tuple[str, ...]) -> None:
        super().__init__("held-back", "something that is held back is needed", context=words)
        self.held = held


def failure_of(  # noqa: PLR0911 - one return for each kind of failure
    ran: Ran, served: LocalIndex
) -> OnwardError:
    """Give the error for a run of uv that failed, with what went wrong behind ``served`` first."""
    if served.held:
        return HeldBack(tuple(served.held), words_of(ran))
    if served.failures:
        return served.failures[0]
    if served.elsewhere:
        return _unguarded_address(served.elsewhere)
    if (bad := unreadable_requirement(ran)) is not None:
        return bad
    if is_unsolvable(ran):
        return Unsolvable(words_of(ran), unbuilt=b"--no-build" in ran.err)
    if (outside := outside_failure(words_of(ran))) is not None:
        return outside
    kind = BadInput if ran.code == 2 else EngineFailed
    return kind(
        "uv-failed",
        f"`uv {ran.call.argv[1]}` did not work ({ran.ended})",
        context=words_of(ran),
    )


def _unguarded_address(asked: Sequence[str]) -> Refused:
    return Refused(
        "unguarded-address",
        "the project takes something over plain http from an address that is none of its indexes",
        context=tuple(redact(address) for address in dict.fromkeys(asked)),
        hint="Use https there, or make the place an index of the project (`[[tool.uv.index]]`).",
    )
