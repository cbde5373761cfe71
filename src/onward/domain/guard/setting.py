"""What the guard's rules may know: the policy's keys, the time, and what the data says."""

import datetime as dt
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Protocol

import msgspec

from onward.core.names import Name
from onward.domain.guard.advisories import Advisory


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of a judgement.

    ``now`` is aware; ``cooldown`` zero switches the age rules off; ``private`` and
    ``allow_only`` are globs on names (None: no list); ``licences`` are lists of globs on SPDX
    ids, each of which must let a licence in; ``platforms`` and ``python`` (lowest
    and highest minor version, as (3, 11)) say what the project must run on.
    """

    now: dt.datetime
    cooldown: dt.timedelta = dt.timedelta(days=3)
    private: tuple[str, ...] = ()
    allow_only: tuple[str, ...] | None = None
    indexes: tuple[str, ...] = ()
    licences: tuple[tuple[str, ...], ...] = ()
    platforms: tuple[str, ...] = ()
    python: tuple[int, int] = (3, 11)


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """What the data says of one project: its advisories and where they come from, and whether it is well known.

    ``stated`` is what is known of its wheels' licences, by sha256, as
    ``guard.licences.judge_licence`` takes them; None where they are not judged by the page.
    """

    advisories: tuple[Advisory, ...] = ()
    source: str = "onward"
    well_known: bool = False
    stated: Mapping[str, str | None] | None = None


class Index(Protocol):
    """What the rules need to know of an index."""

    @property
    def address(self) -> str:
        """The address, as a lock names it."""

    @property
    def public(self) -> bool:
        """Whether anyone may upload there, so that a claimed name must not come from it."""

    @property
    def remote(self) -> bool:
        """Whether it is reached over a network (not ``file:`` or a folder)."""


def claimed(name: Name, globs: tuple[str, ...]) -> str | None:
    """Give the glob that ``name`` falls under, or None."""
    return next((glob for glob in globs if fnmatchcase(name, _plain(glob))), None)


def _plain(glob: str) -> str:
    """Give a glob in the spelling of normalised names."""
    return glob.lower().replace("_", "-").replace(".", "-")
