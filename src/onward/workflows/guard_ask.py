"""Ask an address whether an onward answers there, and what it says of a project."""

import msgspec

from onward.core.errors import OnwardError
from onward.core.net import Net, Request
from onward.domain.guard.ways import Guarded

_LARGEST = 10_000  # bytes of an answer about its health
_PATIENCE = 5.0  # seconds


class _Health(msgspec.Struct, frozen=True):
    status: str


def silence(guard: Guarded, net: Net) -> str:
    """Say why no onward can be counted on at ``guard``; empty when one answers."""
    address = f"{guard.base}health"
    try:
        answer = net.get(Request(url=address, limit=_LARGEST, timeout=_PATIENCE))
    except OnwardError as error:
        return "; ".join((error.message, *error.context))
    if answer.status == 200:
        try:
            msgspec.json.decode(answer.body, type=_Health)
        except msgspec.MsgspecError:
            return f"what answers at {address} is no onward"
        return ""
    return f"{address} answers with status {answer.status}"
