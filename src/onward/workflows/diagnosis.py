"""The nouns of a failed resolution. How one is found out is in ``failure``, which is only imported then."""

import msgspec

from onward.core.policy import Decision
from onward.core.project import Role


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """An own line of the project that stands in the way, and what would replace it.

    ``becomes`` is the version that a requirement would then be locked at; empty where
    ``line`` is no requirement but the Python that the project asks for. ``role`` and
    ``group`` say where a requirement stands.
    """

    place: str
    line: str
    instead: str
    becomes: str
    role: Role = Role.main
    group: str = ""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out: a decision that blocks, or a conflict, or only the resolver's own words."""

    decision: Decision = Decision()
    conflict: Conflict | None = None
    words: tuple[str, ...] = ()
