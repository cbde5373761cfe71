"""One tool looks, or onward itself: from what is kept of the last answer where that still holds, else anew."""

import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from pathlib import Path

import msgspec

from onward.adapters.answers import Answer, Head, written
from onward.core.errors import OnwardError
from onward.core.finding import Finding
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.proc.stumble import is_own_fault, stumble
from onward.core.tool import CheckTool, OwnLook, failed_by, missing
from onward.workflows.checking.kept import Kept, kept_for
from onward.workflows.checking.scope import Asked, Scope, State
from onward.workflows.checking.warm import STAYS, UNWATCHED, WARM, Stay, Warmth, ask

_WHOLE = 2**40  # bytes of what a tool says that are kept: all of it


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What one tool did: how long it took, whether its answer can be trusted to be whole.

    ``kept`` says how much of the answer is from before: ``all``, ``some`` or nothing. ``lasts``:
    the answer holds until something changes that is looked at; ``stumble``: or as long as the tool also says the
    same again, by a line of ``core.proc.stumble``. ``warmth`` is what came of asking one that
    stays in memory.
    """

    tool: str
    version: str = ""
    origin: str = ""
    seconds: float = 0.0
    whole: bool = True
    kept: str = ""
    lasts: bool = False
    stumble: str = ""
    warmth: Warmth = Warmth()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A tool's part in a check: what it did, and its findings (None when it had nothing to look at)."""

    looked: Looked
    answer: Answer | None = None


class Stoppable:
    """An own look that ends at the next file once ``given_up`` is set: a thread cannot be stopped from outside."""

    def __init__(self, own: OwnLook, given_up: threading.Event) -> None:
        self.name = own.name
        self.depends = own.depends
        self._own = own
        self._given_up = given_up

    def look(self, root: Path, paths: Iterable[str]) -> Iterator[Finding]:
        """Give what there is in ``paths``; raises CancelledError when nobody waits for it any more."""
        return self._own.look(root, _WhileWanted(paths, self._given_up))


class _WhileWanted:
    """Paths that can be gone through more than once, and end the look that does when nobody waits for it any more."""

    def __init__(self, paths: Iterable[str], given_up: threading.Event) -> None:
        self._paths = tuple(paths)
        self._given_up = given_up

    def __iter__(self) -> Iterator[str]:
        for path in self._paths:
            if self._given_up.is_set():
                raise CancelledError
            yield path


def look(tool: CheckTool, scope: Scope, env: Mapping[str, str], state: State) -> Seen:
    """Let one tool look at the scope; whatever goes wrong with it becomes a finding."""
    probe = tool.probe(scope.environment, env)
    about = Looked(tool=tool.name, version=probe.version, origin=probe.origin)
    head = Head(seen_by=str(probe))
    if not probe.found:
        state.others.update(probe.looked_at)
        about = msgspec.structs.replace(about, lasts=bool(probe.looked_at))
        return _failed(about, head, missing(probe))
    target = scope.target(env)
    call = tool.call(probe, target)
    whole = tool.call(probe, msgspec.structs.replace(target, paths=())) if target.paths else call
    if call is None or whole is None:
        return Seen(looked=msgspec.structs.replace(about, lasts=True))
    kept, stay = Kept(), None
    # only what is asked about everything is kept, and of an unknown version nothing
    if tool.depends is not None and probe.version:
        asked = Asked(
            name=tool.name,
            depends=tool.depends,
            version=probe.version,
            program=probe.program,
            argv=whole.argv[1:],
        )
        kept = kept_for(asked, scope, state, whole=call.argv == whole.argv)
        stay = _stay(asked, call, scope, state)
    if kept.holds is not None:
        looked = msgspec.structs.replace(about, kept="all", lasts=True)
        return Seen(looked=looked, answer=kept.holds)
    if kept.again:
        call = tool.call(probe, msgspec.structs.replace(target, paths=kept.again)) or call
    try:
        if stay is not None:
            seen = _read(tool, head, kept, state, ask(probe, call, stay))
        else:
            seen = _run(tool, call, head, kept, state)
    except OnwardError as error:
        return _failed(about, head, failed_by(tool.name, error))
    looked = msgspec.structs.replace(seen.looked, version=probe.version, origin=probe.origin)
    if scope.warm and stay is None and tool.name in STAYS:
        looked = msgspec.structs.replace(looked, warmth=Warmth(cold=UNWATCHED))
    return msgspec.structs.replace(seen, looked=looked)


def look_ourselves(
    own: OwnLook, scope: Scope, state: State, files: Sequence[str], day: str
) -> Seen:
    """Look for something ourselves in ``files``, or in those of them that have changed since the last time.

    What needs all files together is given all of them as ``files``, whatever is wanted of the scope.
    """
    asked = Asked(name=own.name, depends=own.depends, day=day)
    kept = kept_for(asked, scope, state, whole=scope.paths is None or not own.depends.one_by_one)
    if kept.holds is not None:
        return Seen(looked=Looked(tool=own.name, kept="all", lasts=True), answer=kept.holds)
    again = frozenset(kept.again)
    wanted = tuple(path for path in files if path in again or not kept.again)
    began = time.monotonic()
    answer, whole = kept.renewed(Head(seen_by="onward"), own.look(scope.root, wanted), state.lines)
    lasts = kept.keep(answer, state, whole=whole) or bool(own.depends.lacking)
    state.others.update(own.depends.lacking)
    seconds = time.monotonic() - began
    looked = Looked(tool=own.name, seconds=seconds, whole=whole, kept=kept.share, lasts=lasts)
    return Seen(looked=looked, answer=answer)


def _stay(asked: Asked, call: Call, scope: Scope, state: State) -> Stay | None:
    """Give what is asked of one that stays; None where none is wanted or what it depends on cannot be watched."""
    if not scope.warm or scope.kept is None or asked.name not in STAYS:
        return None
    identity = state.around(asked, call)
    if identity is None:
        return None
    return Stay(
        folder=scope.kept / WARM,
        identity=identity,
        names=frozenset(name for name in state.names if name.endswith(asked.depends.kinds)),
        unchanged=state.unchanged,
    )


def _run(tool: CheckTool, call: Call, head: Head, kept: Kept, state: State) -> Seen:
    depends = tool.depends
    with tempfile.TemporaryDirectory(prefix="onward-") as folder:
        out = str(Path(folder) / "out") if depends is not None and depends.streams else ""
        # not through a pipe: mypy sends each line by itself, and to take them one by one costs more than all else here
        keep = call.keep if out else call.keep or _WHOLE
        ran = run(msgspec.structs.replace(call, whole_group=True, out_file=out, keep=keep))
        seen = _read(tool, head, kept, state, (ran, Warmth()))
        if seen.looked.whole or kept.keys is None:
            return seen
        if is_own_fault(ran):
            looked = msgspec.structs.replace(seen.looked, lasts=True)
        else:
            looked = msgspec.structs.replace(seen.looked, stumble=stumble(ran, state.env))
        return msgspec.structs.replace(seen, looked=looked)


def _read(tool: CheckTool, head: Head, kept: Kept, state: State, said: tuple[Ran, Warmth]) -> Seen:
    ran, warmth = said
    answer, whole = kept.renewed(head, tool.read(ran), state.lines)
    # what one that stays has said is asked again, so that nothing rests on it
    lasts = not warmth.asked and kept.keep(answer, state, whole=whole)
    looked = Looked(
        tool=tool.name,
        seconds=ran.seconds,
        whole=whole,
        kept=kept.share,
        lasts=lasts,
        warmth=warmth,
    )
    return Seen(looked=looked, answer=answer)


def _failed(about: Looked, head: Head, finding: Finding) -> Seen:
    looked = msgspec.structs.replace(about, whole=False)
    return Seen(looked=looked, answer=written(head, [finding]))
