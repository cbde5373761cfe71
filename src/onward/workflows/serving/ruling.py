"""What a running server's policy says of every release of one project."""

from onward.core.names import Name
from onward.shelves.pages import Pages
from onward.workflows.project_ruling import ProjectRuling, rule_on
from onward.workflows.serving.about import about
from onward.workflows.serving.rulebook import LiveJudge


def ruling(pages: Pages, judge: LiveJudge, name: Name) -> ProjectRuling | None:
    """Give the ruling on ``name``; None when no index has it. Raises OutsideFailed when none could be asked."""
    ready = pages.page(name)
    known = about(pages, judge, name)
    if ready is None or known is None:
        return None
    return rule_on(
        name,
        ready.view.judged,
        {release.version: release.files for release in known.releases},
        {release.version: release.uploaded for release in known.releases},
        book=judge.policy.book(judge.now.date()),
        source=known.source,
        advice=known.advice,
    )
