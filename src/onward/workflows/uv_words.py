"""Tell the outside world's faults from the project's own by what uv said."""

from onward.adapters.uv import build as uv_build
from onward.core.errors import OutsideFailed
from onward.core.lines import lines_of
from onward.core.proc.call import Ran

_NETWORK = (
    "error sending request", "failed to fetch", "failed to download", "dns error", "connection refused",
    "connection reset", "operation timed out", "error trying to connect", "status server error",
)  # fmt: skip


def outside_if_network(ran: Ran) -> None:
    """Raise OutsideFailed when uv's words say that the registry or the network is what failed."""
    said = "\n".join(uv_build.last_words(ran))
    if any(word in said.lower() for word in _NETWORK):
        raise OutsideFailed(
            "registry-failed",
            "the registry did not give what the build needs",
            context=tuple(lines_of(said)),
            hint="Try again when it answers, or use `--offline` with what uv has in its cache.",
        )
