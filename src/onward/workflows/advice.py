"""What is known about vulnerable and malicious releases: the fetched data, or the starter table until then."""

import datetime as dt
from functools import lru_cache
from pathlib import Path

from onward.adapters.feed.store import FRESH_DAYS, Feed, feed_path, open_feed
from onward.adapters.tables import starter_table
from onward.core.finding import Certainty, Finding, Whole
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory, merged
from onward.domain.guard.tables import StarterTable

_KEPT = 20_000
"""Names whose answers are kept: a server is asked for any name that someone can think of."""


class Advice:
    """Advisories on any project, and which data says so.

    ``feed`` is the fetched data where there is any, ``starter`` what onward was installed
    with, ``unreadable`` whether fetched data is there but cannot be read. Answers are kept,
    so asking again costs nothing; safe to share between a few threads.
    """

    def __init__(
        self, feed: Feed | None, starter: StarterTable, *, unreadable: bool = False
    ) -> None:
        self._feed = feed
        self._starter = starter
        self.unreadable = unreadable
        self._merged = lru_cache(_KEPT)(self._look_up)

    def about(self, name: Name) -> tuple[Advisory, ...]:
        """Give the advisories on ``name``, one per problem (see ``merged``), withdrawn ones left out.

        Raises OutsideFailed (``feed-broken``) when the fetched data is damaged.
        """
        return self._merged(name)

    def _look_up(self, name: Name) -> tuple[Advisory, ...]:
        return merged((self._feed or self._starter).about(name))

    @property
    def feed(self) -> Feed | None:
        """The fetched data; None when only the starter table answers."""
        return self._feed

    @property
    def is_starter(self) -> bool:
        """Whether only the starter table answers, which knows the most used projects and nothing new."""
        return self._feed is None

    @property
    def date(self) -> dt.date:
        """The day of the newest thing the data knows."""
        return self._feed.info.as_of.date() if self._feed else self._starter.date

    @property
    def source(self) -> str:
        """Which data answers, in words, with its date."""
        if self._feed:
            return f"OSV dump of {self.date.isoformat()}, {self._feed.info.entries:,} entries"
        return f"starter table of {self.date.isoformat()}, {self._starter.packages} packages"

    @property
    def digest(self) -> str:
        """A mark that changes when the data does."""
        return self._feed.info.digest if self._feed else f"starter {self._starter.digest}"


def open_advice(cache: Path) -> Advice:
    """Open the advisory data in the cache folder, or the starter table when there is none to read."""
    path = feed_path(cache)
    feed = open_feed(path)
    return Advice(feed, starter_table(), unreadable=feed is None and path.is_file())


def feed_findings(advice: Advice, now: dt.datetime) -> tuple[Finding, ...]:
    """Give a ``guard/feed-old`` finding when the data is missing or more than seven days old.

    Its certainty is unknown: what such data does not name may still be vulnerable.
    """
    day = advice.date.isoformat()
    if advice.is_starter:
        why = (
            "the advisory data cannot be read" if advice.unreadable else "there is no advisory data"
        )
        message = f"{why} but the {advice.source}: anything else was not looked up"
    elif (now.date() - advice.date).days > FRESH_DAYS:
        message = f"the advisory data is of {day}, more than {FRESH_DAYS} days old"
    else:
        return ()
    return (
        Finding(
            rule="guard/feed-old",
            subject=Whole(),
            message=message,
            hint="`onward guard update` fetches it.",
            facts={"source": advice.source, "date": day},
            certainty=Certainty.unknown,
        ),
    )
