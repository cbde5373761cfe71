"""What a running server's policy says of every release of one project."""

from onward.workflows.project_ruling import ProjectRuling, rule_on
from onward.workflows.serving.about import About
from onward.workflows.serving.rulebook import LiveJudge


def ruling(known: About, judge: LiveJudge) -> ProjectRuling:
    """Give the ruling on a project."""
    return rule_on(
        known.name,
        known.judged,
        {
            release.version: tuple(file.filename for file in release.files)
            for release in known.releases
        },
        {release.version: release.uploaded for release in known.releases},
        book=judge.policy.book(judge.now.date()),
        source=known.source,
        advice=known.advice,
    )
