"""Write uv.lock for what pyproject.toml says now, judged, without installing."""

from collections.abc import Sequence

from onward.workflows.proposal import Proposal, propose
from onward.workflows.resolve import Resolver


def propose_lock(resolver: Resolver, *, upgrade: Sequence[str] | None = None) -> Proposal:
    """Give what locking would do; ``upgrade`` names what may move (empty: everything, None: only what must)."""
    return propose(resolver, "Lock", lambda uv, cwd: uv.lock(cwd, upgrade=upgrade))
