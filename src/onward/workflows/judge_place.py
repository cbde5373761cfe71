"""What is found today at one place in a project's files."""

from onward.core.finding import Finding, Place
from onward.core.tool import NOT_CHOSEN
from onward.workflows.check_project import check_project
from onward.workflows.situation import Situation


def findings_at(situation: Situation, place: Place) -> tuple[Finding, ...]:
    """Check the project and give what points at ``place``: at its line, or at the whole file when it names none.

    A tool that could not look is among them, since the place may not be as clean as it seems.
    """
    found = check_project(situation).findings
    return tuple(f for f in found if _could_not_look(f) or _points_at(f, place))


def _could_not_look(finding: Finding) -> bool:
    return finding.rule.startswith("tool/") and finding.rule != NOT_CHOSEN


def _points_at(finding: Finding, place: Place) -> bool:
    spot = finding.subject
    if not isinstance(spot, Place) or spot.path != place.path:
        return False
    if not place.line or not spot.line:
        return True
    return spot.line <= place.line <= max(spot.line, spot.end_line)
