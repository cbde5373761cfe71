"""Which advisories a server answers the OSV API from, and what must be said of their age."""

from functools import lru_cache

from onward.adapters.feed.store import Feed
from onward.core.errors import OutsideFailed
from onward.index.osv import About, OsvData
from onward.workflows.advice import feed_findings
from onward.workflows.serving.rulebook import LiveJudge

_KEPT = 4_096  # projects whose advisories are kept read; most have none


class DataSource:
    """Gives the fetched data that is in force at the moment (``index.osv.Source``); safe to share between threads."""

    def __init__(self, judge: LiveJudge) -> None:
        self._judge = judge
        self._kept: tuple[Feed, About] | None = None

    def __call__(self) -> OsvData:
        """Give the data as of now.

        Raises OutsideFailed (``no-feed``) when there is none: the starter table inside the package
        has few projects and no documents, and an empty answer from it would look clean.
        """
        advice = self._judge.advice
        found = feed_findings(advice, self._judge.now)
        if advice.feed is None:
            raise OutsideFailed(
                "no-feed",
                "there is no advisory data to answer from",
                context=tuple(finding.message for finding in found),
                hint="`onward guard update` fetches it.",
            )
        return OsvData(
            feed=advice.feed,
            about=self._about(advice.feed),
            source=advice.source,
            warning="; ".join(finding.message for finding in found),
        )

    def _about(self, feed: Feed) -> About:
        kept = self._kept
        if kept is None or kept[0] is not feed:
            kept = self._kept = (feed, lru_cache(_KEPT)(feed.about))
        return kept[1]
