"""A type checker that stays in memory: asked instead of a new one, and believed only as far as a new one bears it out.

Its answer counts while it finds what a new checker found last, wherever in the files that stands
by now. When it finds anything else, a new one looks, and that one's answer is the one that counts.
"""

import contextlib
from collections.abc import Callable, Iterable
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

UNWATCHED = "it cannot be known when it would be out of date, as a link or an editable installation leads elsewhere"

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

    ``why`` is what the last of the ``troubles`` was. ``number`` counts the starts: each has a status file of its own, as
    two that are started at once (the first by a check that was killed) would take each other's away.
    """

    program: str
    root: str
    identity: str = ""
    names: frozenset[str] = frozenset()
    confirmed: str = ""
    troubles: int = 0
    why: str = ""
    number: int = 0


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
    return any(_all(folder))


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
        return _end(standing.program, like, _all(folder))


class _Asking:
    """One question."""

    def __init__(self, probe: Probe, call: Call, stay: Stay) -> None:
        self._call = call
        self._stay = stay
        self._program = probe.program
        self._fresh = _Standing(
            program=probe.program, root=call.cwd, identity=stay.identity, names=stay.names
        )

    def answer(self) -> tuple[Ran, Warmth]:
        """Give what the daemon or a new mypy said, and which of them; raises OnwardError as ``run`` does."""
        if not Dmypy(self._program, self._stay.folder).found:
            return run(self._call), Warmth(cold="there is no dmypy beside this mypy")
        standing = self._standing()
        if standing.troubles >= _TROUBLES:
            why = f"with these settings its daemon failed {_TROUBLES} times; the last time {standing.why}"
            return run(self._call), Warmth(cold=why)
        standing, told = self._ask(standing)
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
            more = {"troubles": known.troubles, "why": known.why, "number": known.number}
            return msgspec.structs.replace(self._fresh, **more)
        self._end()
        return msgspec.structs.replace(self._fresh, number=known.number if known else 0)

    def _ask(self, standing: _Standing) -> tuple[_Standing, Answer]:
        was_there = self._is_there(standing)
        standing, told = self._asked(standing)
        if told.failed and was_there and self._is_there(standing):
            # it was killed, or fell over what its last answers have left in it
            self._end()
            standing, told = self._asked(standing)
        if told.failed:
            self._end()
        return standing, told

    def _asked(self, standing: _Standing) -> tuple[_Standing, Answer]:
        stay = self._stay
        timeout = stay.later
        if not self._is_there(standing):
            timeout = stay.first
            standing = msgspec.structs.replace(standing, number=standing.number + 1)
        # noted before it starts, so that whoever comes after a crash knows what it was started for
        if not self._keep(standing):
            return standing, Answer(why="what is known of it cannot be written")
        status = _status(stay.folder, standing.number)
        self._end(but=status)
        daemon = Dmypy(self._program, status)
        try:
            asked = run(daemon.ask(self._call, idle=_IDLE, timeout=timeout))
        except OutsideFailed as error:  # it took the question, so the process is the daemon
            with contextlib.suppress(OnwardError):
                run(daemon.kill(self._call))
            remove(status)
            return standing, Answer(why=error.message, failed=True)
        if asked.code < 0:  # nobody wants the answer any more, so no new one looks either
            raise OutsideFailed("tool-stopped", "whoever asked the one that stays was stopped")
        return standing, answer(asked, self._call)

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

    def _is_there(self, standing: _Standing) -> bool:
        return _status(self._stay.folder, standing.number).is_file()

    def _end(self, but: Path | None = None) -> None:
        _end(self._program, self._call, (one for one in _all(self._stay.folder) if one != but))

    def _keep(self, standing: _Standing) -> bool:
        path = _standing_file(self._stay.folder)
        try:
            write_atomic(path, msgspec.json.encode(standing), durable=False)
        except OutsideFailed:
            return False
        return True


def _end(program: str, like: Call, statuses: Iterable[Path]) -> bool:
    """End daemons however they are; whether one of them was there to hear it."""
    ended = False
    for status in statuses:
        daemon = Dmypy(program, status)
        with contextlib.suppress(OnwardError):
            ran = run(daemon.stop(like))
            if is_busy(ran):
                ran = run(daemon.kill(like))
            ended = ended or ran.succeeded
        remove(status)
    return ended


def _alone(folder: Path) -> contextlib.AbstractContextManager[None]:
    return locked(folder / "lock", "this project's type checker", wait=0)


def _status(folder: Path, number: int) -> Path:
    return folder / f"dmypy-{number}.json"


def _all(folder: Path) -> list[Path]:
    return list(folder.glob("dmypy-*.json"))


def _standing_file(folder: Path) -> Path:
    return folder / "standing.json"


def _read(folder: Path) -> _Standing | None:
    try:
        return msgspec.json.decode(_standing_file(folder).read_bytes(), type=_Standing)
    except (OSError, msgspec.MsgspecError):
        return None
