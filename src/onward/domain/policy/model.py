"""The policy in force for one project: its rows, its settings, and where each of them was said."""

import datetime as dt
import hashlib
from functools import cached_property

import msgspec

from onward.core.policy import Row
from onward.core.project import Kind
from onward.domain.policy.checks import Checks
from onward.domain.policy.decide import Rulebook
from onward.domain.policy.rule import Profile

DEFAULT_COOLDOWN = dt.timedelta(days=3)
BY_DEFAULT = "onward's default"


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Effective rows and settings.

    ``rows`` stand in the order in which sources are asked: option, project, organisation,
    builtin. ``platforms`` empty means this machine's; ``allow_only`` None means that there is
    no list; ``indexes`` empty means those the machine is set to; ``licences`` are lists of which
    each must let a licence in. ``private`` and
    ``allow_only`` are patterns on normalised names. ``tasks`` maps a name to one command
    line or to a list of words. ``origins`` maps each setting to file and key path.
    """

    rows: tuple[Row, ...]
    kind: Kind | None = None
    python: str | None = None
    platforms: tuple[str, ...] = ()
    profile: Profile = Profile.standard
    cooldown: dt.timedelta = DEFAULT_COOLDOWN
    private: tuple[str, ...] = ()
    allow_only: tuple[str, ...] | None = None
    indexes: tuple[str, ...] = ()
    licences: tuple[tuple[str, ...], ...] = ()
    tasks: dict[str, str | tuple[str, ...]] = {}
    check: Checks = Checks()
    origins: dict[str, str] = {}

    @cached_property
    def digest(self) -> str:
        """A sha256 in hex over everything that can change a decision; the day is not in it."""
        rows = [
            (row.source, row.match, row.only, row.level, row.until, row.may_loosen)
            for row in self.rows
        ]
        settings = (
            self.kind,
            self.python,
            self.platforms,
            self.profile,
            self.cooldown.total_seconds(),
            self.private,
            self.allow_only,
            self.indexes,
            self.licences,
        )
        return hashlib.sha256(msgspec.json.encode((rows, settings))).hexdigest()

    def book(self, today: dt.date) -> Rulebook:
        """Give the rows that count on a day, ready for many verdicts."""
        return Rulebook(self.rows, today)
