"""``uv python list``: every Python that uv can find, each one started by uv to be sure of its version."""

from collections.abc import Mapping
from pathlib import PurePath

import msgspec

from onward.core.errors import EngineFailed
from onward.core.proc.call import Call, Ran


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One CPython: full version, its program, and whether it is a build of another kind (free-threaded, debug)."""

    version: str
    path: str
    variant: str = ""


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    implementation: str
    path: str | None
    variant: str = "default"


def list_call(program: str, cwd: str, env: Mapping[str, str]) -> Call:
    """Give the call that lists what is installed; it downloads nothing and asks nobody."""
    argv = (
        program,
        "python",
        "list",
        "--only-installed",
        "--offline",
        "--no-config",
        "--output-format",
        "json",
    )
    return Call(argv=argv, cwd=cwd, env=dict(env), timeout=120)


def read_list(ran: Ran) -> tuple[Listed, ...]:
    """Give the Pythons uv (0.13) listed, each folder once, in uv's order (newest first).

    Raises EngineFailed for an output that this reader does not know.
    """
    try:
        entries = msgspec.json.decode(ran.out, type=list[_Entry])
    except msgspec.MsgspecError as error:
        raise EngineFailed(
            "uv-output",
            "`uv python list` said something that onward does not understand",
            context=(ran.out[:300].decode("utf-8", "replace"),),
        ) from error
    found: dict[tuple[str, str], Listed] = {}
    for entry in entries:
        if entry.implementation == "cpython" and entry.path:
            variant = "" if entry.variant == "default" else entry.variant
            listed = Listed(version=entry.version, path=entry.path, variant=variant)
            found.setdefault((entry.version, str(PurePath(entry.path).parent)), listed)
    return tuple(found.values())
