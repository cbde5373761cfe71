"""A judge that hands every question on: the ground for those that answer one of them otherwise."""

import datetime as dt
from collections.abc import Mapping, Sequence

from onward.core.artifact import Artifact, Status
from onward.core.finding import Finding
from onward.core.names import Name
from onward.domain.guard.releases import Judged
from onward.domain.guard.setting import Index
from onward.shelves.guarded import PageJudge


class DeferringJudge:
    """Answers what ``judge`` answers; for each question see ``guarded.PageJudge``."""

    def __init__(self, judge: PageJudge) -> None:
        self._judge = judge

    @property
    def now(self) -> dt.datetime:
        """The current time, aware."""
        return self._judge.now

    def digest(self, name: Name) -> str:
        """Give a text that changes when a judgement on ``name`` could."""
        return self._judge.digest(name)

    def on_name(self, name: Name, index: Index) -> tuple[Finding, ...]:
        """Judge a name before any page is asked for."""
        return self._judge.on_name(name, index)

    def on_releases(
        self, name: Name, releases: Mapping[str, Sequence[Artifact]], index: Index, status: Status
    ) -> Judged:
        """Judge all releases of a project."""
        return self._judge.on_releases(name, releases, index, status)

    def blocks(self, finding: Finding) -> bool:
        """Say whether the policy lets this finding stop an installation."""
        return self._judge.blocks(finding)
