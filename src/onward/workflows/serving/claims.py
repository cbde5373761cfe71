"""Names that belong to this server's own packages, and are asked for nowhere else."""

import datetime as dt
from collections.abc import Mapping, Sequence

from onward.core.artifact import Artifact, Status
from onward.core.finding import Finding, Release
from onward.core.names import Name
from onward.domain.guard.releases import Judged
from onward.domain.guard.setting import Index, claimed
from onward.shelves.guarded import PRIVATE
from onward.workflows.serving.rulebook import LiveJudge


class ClaimJudge:
    """Judges what an upstream has. A claimed name may not come from any, whoever runs it.

    ``names`` are globs on names that the settings of the server give to this very upstream:
    those may, since someone said so.
    """

    def __init__(self, judge: LiveJudge, names: tuple[str, ...] = ()) -> None:
        self._judge = judge
        self._names = names

    @property
    def now(self) -> dt.datetime:
        """The current time, aware."""
        return self._judge.now

    def digest(self, name: Name) -> str:
        """Give a text that changes when a judgement on ``name`` could; see ``PageJudge``."""
        return self._judge.digest(name)

    def on_name(self, name: Name, index: Index) -> tuple[Finding, ...]:
        """Judge a name before the upstream is asked for it."""
        found = [f for f in self._judge.on_name(name, index) if f.rule != PRIVATE]
        glob = claimed(name, self._judge.policy.private)
        if glob is None or claimed(name, self._names):
            return tuple(found)
        claim = Finding(
            rule=PRIVATE,
            subject=Release(name=name, source=index.address),
            message=f"`{name}` is a private name (`{glob}`): it comes from the packages of this server only",
            hint="Upload it to this server, or narrow the claim in `guard.private`.",
            facts={"claim": glob, "index": index.address},
        )
        return (claim, *found)

    def on_releases(
        self, name: Name, releases: Mapping[str, Sequence[Artifact]], index: Index, status: Status
    ) -> Judged:
        """Judge all releases of a project."""
        return self._judge.on_releases(name, releases, index, status)

    def blocks(self, finding: Finding) -> bool:
        """Say whether the policy lets this finding stop an installation."""
        return self._judge.blocks(finding)
