"""Remove libraries, and say where the code still imports them."""

from collections.abc import Sequence

from onward.core.names import parse_name
from onward.workflows.proposal import Proposal, propose
from onward.workflows.resolve import Resolver


def propose_remove(
    resolver: Resolver, words: Sequence[str], options: Sequence[str] = ()
) -> Proposal:
    """Give what removing the named libraries would do; ``options`` say from which group or extra.

    Raises BadInput for a name that is none, or that the project does not declare there.
    """
    names = [parse_name(word) for word in words]
    return propose(
        resolver, f"Remove {', '.join(names)}", lambda uv, cwd: uv.remove(cwd, names, options)
    )
