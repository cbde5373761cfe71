"""A type checker that stays in memory: asked instead of a new one, and believed only as far as a new one bears it out.

Its answer counts while it finds what a new checker found last, wherever in the files that stands
by now. When it finds anything else, a new one looks, and that one's answer is the one that counts.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from onward.adapters.mypy.daemon import Answer, Dmypy, answer, is_busy, says_more, summary
from onward.core.disk import locked, remove, write_atomic
from onward.core.errors import OnwardError, OutsideFailed
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.tool import Probe

STAYS = frozenset({"mypy"})
"""The tools that can stay. ty and Pyrefly start fast, and basedpyright stays only as an editor's server."""

WARM = "warm"
"""The folder of its files, in the one that keeps answers."""

_IDLE = 1_800  # seconds after which it ends itself
_TROUBLES = 3  # crashes, hangs and wrong answers before it is left alone


class Warmth(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking one that stays: whether the answer is its own, and if not, why.

    ``started``: it was started for this. ``cold`` is empty where there is nothing to say of.
    """

    asked: bool = False
    started: bool = False
    cold: str = ""


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """Where its files are, what it was started for (settings, versions, environment) and the code there is.

    ``unchanged`` says whether the code is still as it was when the check began. ``first`` are seconds for the first
    answer, for which it reads everything, ``later`` for those after it.
    """

    folder: Path
    identity: str
    names: frozenset[str]
    unchanged: Callable[[], bool]
    first: float = 600.0
    later: float = 120.0


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the one that stays: ``confirmed`` is the digest of what a new checker found last.

    ``why`` is what the last of the ``troubles`` was.
    """

    program: str
    root: str
    identity: str = ""
    names: frozenset[str] = frozenset()
    confirmed: str = ""
    troubles: int = 0
    why: str = ""


def ask(probe: Probe, call: Call, stay: Stay) -> tuple[Ran, Warmth]:
    """Get the answer to ``call`` from the one that stays if it can be had and believed, else from a new one."""
    call = msgspec.structs.replace(call, whole_group=True)
    with contextlib.ExitStack() as holding:
        try:
            holding.enter_context(_alone(stay.folder))
        except (OutsideFailed, OSError):
            return run(call), Warmth(cold="another check is asking the one that stays")
        return _Asking(probe, call, stay).answer()


def is_there(folder: Path) -> bool:
    """Say whether one that stays has its files in ``folder``; it may have ended meanwhile."""
    return _status(folder).is_file()


def end(folder: Path, env: dict[str, str]) -> bool:
    """End the one that keeps its files in ``folder``, and forget about it; whether there was one that could be asked.

    Raises OutsideFailed (``busy``) while a check is asking it.
    """
    if not folder.is_dir():
        return False
    with _alone(folder):
        standing = _read(folder)
        remove(_standing_file(folder))
        if standing is None or not Path(standing.root).is_dir():
            return False
        like = Call(argv=(standing.program,), cwd=standing.root, env=env)
        return _end(Dmypy(standing.program, _status(folder)), like, folder)


class _Asking:
    """One question."""

    def __init__(self, probe: Probe, call: Call, stay: Stay) -> None:
        self._call = call
        self._stay = stay
        self._daemon = Dmypy(probe.program, _status(stay.folder))
        self._fresh = _Standing(
            program=probe.program, root=call.cwd, identity=stay.identity, names=stay.names
        )

    def answer(self) -> tuple[Ran, Warmth]:
        if not self._daemon.found:
            return run(self._call), Warmth(cold="there is no dmypy beside this mypy")
        standing = self._standing()
        if standing.troubles >= _TROUBLES:
            why = f"with these settings its daemon failed {_TROUBLES} times; the last time {standing.why}"
            return run(self._call), Warmth(cold=why)
        # noted before it starts, so that whoever comes after a crash knows what it was started for
        if not self._keep(standing):
            return run(self._call), Warmth(cold="its state cannot be written")
        told = self._ask()
        if told.ran is not None and summary(told.ran) == standing.confirmed != "":
            return told.ran, Warmth(asked=True, started=told.started)
        return self._anew(standing, told)

    def _standing(self) -> _Standing:
        """Give what is known; when settings are others or code is gone, the one that stays is ended first."""
        known = _read(self._stay.folder)
        if known is not None and known.identity == self._stay.identity:
            if known.names <= self._stay.names:
                return msgspec.structs.replace(known, names=self._stay.names)
            # what a removed file leaves behind it does not always see
            self._end()
            return msgspec.structs.replace(self._fresh, troubles=known.troubles, why=known.why)
        if known is not None:
            self._end()
        return self._fresh

    def _ask(self) -> Answer:
        stay = self._stay
        timeout = stay.later if is_there(stay.folder) else stay.first
        try:
            asked = run(self._daemon.ask(self._call, idle=_IDLE, timeout=timeout))
            told = answer(asked, self._call)
        except OutsideFailed as error:  # it took the question, so the process is the daemon
            with contextlib.suppress(OnwardError):
                run(self._daemon.kill(self._call))
            remove(_status(self._stay.folder))
            return Answer(why=error.message, failed=True)
        if told.failed:
            self._end()
        return told

    def _anew(self, standing: _Standing, told: Answer) -> tuple[Ran, Warmth]:
        """Let a new one look, and compare."""
        ran = run(self._call)
        confirmed, why = summary(ran), told.why
        failed = told.failed
        if not self._stay.unchanged():
            confirmed = ""
        elif told.ran is not None and says_more(ran):
            failed, why = True, "a new one has more to say, of its settings for one"
        elif told.ran is not None and confirmed and summary(told.ran) != confirmed:
            failed, why = True, "it found something else than a new one"
        if failed and told.ran is not None:
            self._end()
        if failed:
            more = {"troubles": standing.troubles + 1, "why": why}
            standing = msgspec.structs.replace(standing, **more)
        self._keep(msgspec.structs.replace(standing, confirmed=confirmed))
        return ran, Warmth(started=told.started, cold=f"its daemon failed: {why}" if why else "")

    def _end(self) -> None:
        _end(self._daemon, self._call, self._stay.folder)

    def _keep(self, standing: _Standing) -> bool:
        path = _standing_file(self._stay.folder)
        try:
            write_atomic(path, msgspec.json.encode(standing), durable=False)
        except OutsideFailed:
            return False
        return True


def _end(daemon: Dmypy, like: Call, folder: Path) -> bool:
    """End a daemon however it is; whether there was one to ask."""
    if not _status(folder).is_file():
        return False
    ended = False
    with contextlib.suppress(OnwardError):
        ran = run(daemon.stop(like))
        ended = ran.succeeded
        if is_busy(ran):
            ended = run(daemon.kill(like)).succeeded
    remove(_status(folder))
    return ended


def _alone(folder: Path) -> contextlib.AbstractContextManager[None]:
    return locked(folder / "lock", "this project's type checker", wait=0)


def _status(folder: Path) -> Path:
    return folder / "dmypy.json"


def _standing_file(folder: Path) -> Path:
    return folder / "standing.json"


def _read(folder: Path) -> _Standing | None:
    try:
        return msgspec.json.decode(_standing_file(folder).read_bytes(), type=_Standing)
    except (OSError, msgspec.MsgspecError):
        return None
