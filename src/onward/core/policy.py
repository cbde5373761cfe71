"""The nouns of the policy: a level for each rule, and where each row came from."""

import datetime as dt
from enum import StrEnum

import msgspec

from onward.core.finding import Finding


class Level(StrEnum):
    """What a finding does: ``off`` hides, ``advise`` shows, ``ratchet`` fails on new ones, ``enforce`` fails."""

    off = "off"
    advise = "advise"
    ratchet = "ratchet"
    enforce = "enforce"

    @property
    def strength(self) -> int:
        """A number to compare levels by: 0 for off up to 3 for enforce."""
        return _STRENGTH[self.value]

    @property
    def can_fail(self) -> bool:
        """Whether a finding of this level can stand in the way: ``enforce``, and ``ratchet`` when it is new."""
        return self.strength >= Level.ratchet.strength


_STRENGTH = {level.value: at for at, level in enumerate(Level)}


class Source(StrEnum):
    """Which file a value came from; later ones stand nearer to the project."""

    builtin = "builtin"
    organisation = "organisation"
    project = "project"
    option = "option"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a policy.

    ``match`` is a glob on the rule, ``among`` the rules it is limited to (empty: to none),
    ``only`` globs on the subject (empty: every subject),
    ``until`` the last day it counts, ``why`` is required when it loosens. ``where`` is for
    people: file and key path.
    """

    match: str
    level: Level
    only: tuple[str, ...] = ()
    until: dt.date | None = None
    why: str = ""
    may_loosen: bool = False
    source: Source = Source.builtin
    where: str = "onward"
    among: frozenset[str] = frozenset()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One finding with the level it got and the row that gave it; ``known`` when the baseline has it."""

    finding: Finding
    level: Level
    row: Row
    known: bool = False

    @property
    def blocks(self) -> bool:
        """Whether it stands in the way: enforced, or under ratchet and not known from before."""
        return self.level.can_fail and not self.known

    @property
    def hint(self) -> str:
        """What to do: the finding's hint, with the option that it takes to mend what does not block."""
        hint = self.finding.hint
        if self.blocks:
            return hint
        return hint.replace("`onward check --fix`", "`onward check --fix --all`")


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to all findings at once. Blocked when any of them is enforced."""

    because: tuple[Verdict, ...] = ()

    def at(self, level: Level) -> tuple[Verdict, ...]:
        """Give the verdicts of one level, in the order of the findings."""
        return tuple(v for v in self.because if v.level is level)

    @property
    def blocked(self) -> bool:
        """Whether something enforced (or a new one under ratchet) stands in the way."""
        return any(v.blocks for v in self.because)

    @property
    def level(self) -> Level:
        """The strongest level among the verdicts; ``off`` when there are none."""
        return max(
            (v.level for v in self.because), key=lambda level: level.strength, default=Level.off
        )
