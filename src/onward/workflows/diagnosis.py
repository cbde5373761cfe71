"""The nouns of a failed resolution. How one is found out is in ``failure``, which is only imported then."""

import msgspec

from onward.core.policy import Decision
from onward.core.project import Declared


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """An own line of the project that stands in the way, and what would replace it."""

    declared: Declared
    instead: str
    becomes: str


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out: a decision that blocks, or a conflict, or only the resolver's own words."""

    decision: Decision = Decision()
    conflict: Conflict | None = None
    words: tuple[str, ...] = ()
