"""What a running server's policy says of every release of one project."""

from onward.shelves.to_clients import MADE_UP
from onward.workflows.project_ruling import ProjectRuling, rule_on
from onward.workflows.serving.about import About
from onward.workflows.serving.rulebook import LiveJudge


def ruling(known: About, judge: LiveJudge) -> ProjectRuling:
    """Give the ruling on a project; a release that was made up to tell a reason is none."""
    releases = [r for r in known.releases if not r.version.startswith(MADE_UP)]
    return rule_on(
        known.name,
        known.judged,
        {r.version: tuple(file.filename for file in r.files) for r in releases},
        {r.version: r.uploaded for r in releases},
        book=judge.policy.book(judge.now.date()),
        source=known.source,
        advice=known.advice,
    )
