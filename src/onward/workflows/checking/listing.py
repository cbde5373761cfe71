"""Which Python files a check looks at: ruff's own list, kept as long as names and settings stay the same."""

from collections.abc import Mapping

import msgspec

from onward.adapters.answers import Head, opened, written
from onward.adapters.ruff import tools as ruff
from onward.core.errors import OnwardError
from onward.core.proc.call import Call
from onward.core.proc.run import run
from onward.workflows.checking.scope import Asked, Scope, State


def python_files(scope: Scope, env: Mapping[str, str], state: State) -> tuple[str, ...] | None:
    """Give the wanted Python files (notebooks too), relative with ``/``; None when ruff cannot tell."""
    if scope.paths == ():
        return ()
    probe = ruff.find(scope.environment, env)
    if not probe.found:
        return None
    target = scope.target(env)
    everything = ruff.files(probe, msgspec.structs.replace(target, paths=()))
    keys = None
    if everything and scope.kept and probe.version:
        asked = Asked(
            name="files",
            depends=ruff.LINT.depends,
            version=probe.version,
            program=probe.program,
            argv=everything.argv[1:],
        )
        keys = state.keys(asked)
    place = scope.kept / "files.answer" if scope.kept else None
    old = opened(place) if keys and place else None
    if keys and old and old.head.frame == keys.frame:
        return tuple(path for path in old.head.digests if scope.wants(path))
    listed = _listed(everything if keys else ruff.files(probe, target))
    if listed is not None and keys and place:
        digests = {path: keys.digests.get(path, b"") for path in listed}
        written(Head(seen_by=str(probe), frame=keys.frame, digests=digests), ()).save(place)
    return None if listed is None else tuple(path for path in listed if scope.wants(path))


def _listed(call: Call | None) -> tuple[str, ...] | None:
    if call is None:
        return ()
    try:
        return ruff.read_files(run(msgspec.structs.replace(call, whole_group=True)))
    except OnwardError:
        return None
