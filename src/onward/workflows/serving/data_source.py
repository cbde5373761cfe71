"""Which advisories a server answers the OSV API from, and what must be said of their age."""

from onward.core.errors import OutsideFailed
from onward.index.osv import OsvData
from onward.workflows.advice import feed_findings
from onward.workflows.serving.rulebook import LiveJudge


def osv_data(judge: LiveJudge) -> OsvData:
    """Give the fetched data that is in force now.

    Raises OutsideFailed (``no-feed``) when there is none: the starter table inside the package has
    few projects and no documents, and an empty answer from it would look clean.
    """
    advice = judge.advice
    found = feed_findings(advice, judge.now)
    if advice.feed is None:
        raise OutsideFailed(
            "no-feed",
            "there is no advisory data to answer from",
            context=tuple(finding.message for finding in found),
            hint="`onward guard update` fetches it.",
        )
    return OsvData(
        feed=advice.feed,
        source=advice.source,
        warning="; ".join(finding.message for finding in found),
    )
