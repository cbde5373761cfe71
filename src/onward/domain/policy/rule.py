"""What is written down about a rule, and the three profiles that give every rule a first level."""

from enum import StrEnum

import msgspec

from onward.core.policy import Level


class Profile(StrEnum):
    """How much is enforced before anyone has written a row; from the weakest to the strictest."""

    relaxed = "relaxed"
    standard = "standard"
    strict = "strict"

    @property
    def strictness(self) -> int:
        """A number to compare profiles by: 0 for relaxed up to 2 for strict."""
        return tuple(Profile).index(self)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the catalogue; ``explain`` and the reference are made from it.

    ``id`` is the rule's name, or ``tool/*`` for a family whose members a tool names.
    ``summary`` is one line, ``why`` a few sentences, ``remedy`` what a person does about it.
    ``relaxed``, ``standard`` and ``strict`` are its levels in each profile.
    """

    id: str
    summary: str
    why: str
    remedy: str
    relaxed: Level
    standard: Level
    strict: Level

    @property
    def is_family(self) -> bool:
        """Whether this entry stands for all rules of one tool."""
        return self.id.endswith("/*")

    def level(self, profile: Profile) -> Level:
        """Give the level that this rule has in a profile when no row says otherwise."""
        return {
            Profile.relaxed: self.relaxed,
            Profile.standard: self.standard,
            Profile.strict: self.strict,
        }[profile]
