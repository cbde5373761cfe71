"""Names that belong to this server's own packages, and are asked for nowhere else."""

from onward.core.finding import Finding, Release
from onward.core.names import Name
from onward.domain.guard.setting import Index, claimed
from onward.shelves.deferring import DeferringJudge
from onward.shelves.guarded import PRIVATE
from onward.workflows.serving.rulebook import LiveJudge


class ClaimJudge(DeferringJudge):
    """Judges what an upstream has. A claimed name may not come from any, whoever runs it.

    ``names`` are globs on names that the settings of the server give to this very upstream:
    those may, since someone said so.
    """

    def __init__(self, judge: LiveJudge, names: tuple[str, ...] = ()) -> None:
        super().__init__(judge)
        self._live = judge
        self._names = names

    def on_name(self, name: Name, index: Index) -> tuple[Finding, ...]:
        """Judge a name before the upstream is asked for it."""
        found = [f for f in super().on_name(name, index) if f.rule != PRIVATE]
        glob = claimed(name, self._live.policy.private)
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
