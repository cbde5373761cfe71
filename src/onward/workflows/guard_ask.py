"""Ask an address whether an onward answers there, and who may read."""

from collections.abc import Mapping

import msgspec

from onward.adapters.uv.indexes import IndexSpec, login_for, with_login
from onward.core import env as names
from onward.core.errors import OnwardError
from onward.core.net import Net, Request
from onward.domain.guard.forms import NAME
from onward.domain.guard.ways import Guarded

PRODUCT = "onward"
"""What the server calls itself in its answer about its health."""

Login = tuple[str, str]
"""User and password; never printed."""

_LARGEST = 10_000  # bytes of an answer about its health
_LARGEST_LIST = 50_000_000  # bytes of the list of projects
_PATIENCE = 5.0  # seconds


class _Health(msgspec.Struct, frozen=True):
    status: str
    product: str = ""


class _Problem(msgspec.Struct, frozen=True):
    title: str = ""
    detail: str = ""


def silence(guard: Guarded, net: Net) -> str:
    """Say why no onward can be counted on at ``guard``; empty when one answers."""
    address = f"{guard.base}health"
    try:
        answer = net.get(Request(url=address, limit=_LARGEST, timeout=_PATIENCE))
    except OnwardError as error:
        return "; ".join((error.message, *error.context))
    if answer.status != 200:
        return f"{address} answers with status {answer.status}"
    try:
        health = msgspec.json.decode(answer.body, type=_Health)
    except msgspec.MsgspecError:
        health = None
    if health is None or health.product != PRODUCT:
        return f"what answers at {address} is no onward"
    return ""


def installers_login(guard: Guarded, env: Mapping[str, str]) -> Login | None:
    """Give the login that uv would send to ``guard`` as `guard on` names it: ``UV_INDEX_ONWARD_GUARD_*``, or netrc."""
    return login_for(IndexSpec(url=guard.url, name=NAME), env)


def own_login(guard: Guarded, env: Mapping[str, str], *, by_project: bool) -> Login | None:
    """Give the login that onward itself sends: ``ONWARD_GUARD_TOKEN``, else the installers'.

    An address that only a project names gets what the netrc file has for its host and
    nothing else: whoever wrote that project must not learn a token of somebody else's server.
    """
    if by_project:
        return login_for(IndexSpec(url=guard.url), env)
    if token := env.get(names.GUARD_TOKEN, "").strip():
        return "__token__", token
    return installers_login(guard, env)


def closed(guard: Guarded, net: Net, login: Login | None) -> str:
    """Say why nobody with ``login`` may read at ``guard``, in the server's own words; empty when they may, or it is not known."""
    request = Request(url=with_login(guard.url, login), limit=_LARGEST_LIST, timeout=_PATIENCE)
    try:
        answer = net.get(request)
    except OnwardError:
        return ""
    if answer.status not in (401, 403):
        return ""
    return "; ".join(problem_words(answer.body)) or f"it answers with status {answer.status}"


def problem_words(body: bytes) -> tuple[str, ...]:
    """Give title and detail of a problem (RFC 9457), each at most 500 letters; none for anything else."""
    try:
        said = msgspec.json.decode(body, type=_Problem)
    except msgspec.MsgspecError:
        return ()
    return tuple(word[:500] for word in (said.title, said.detail) if word)
