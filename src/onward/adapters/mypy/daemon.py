"""dmypy: mypy as a process that stays, how to ask it, and which of its answers can be taken for mypy's own.

It comes with mypy. It keeps its place and its process in a status file, and works out what a change
touches instead of looking at everything anew, so that its answer may differ from mypy's.
"""

import hashlib
from pathlib import Path

import msgspec

from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran

_STARTED = "Daemon started"
_OF_ITS_OWN = (_STARTED, "Daemon stopped", "Restarting: ")
_SHORT = 15.0  # seconds for an answer that needs no look at the code


class _Told(msgspec.Struct, frozen=True):
    """What is compared of one object of ``--output json``: not where in the file it is."""

    file: str
    message: str
    severity: str
    code: str | None = None


_TOLD = msgspec.json.Decoder(_Told)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """``ran`` is what mypy would have left behind; None where that cannot be told.

    ``why`` is what there is to say of that: nothing where a file cannot be parsed. ``failed``: the daemon is at fault.
    """

    ran: Ran | None = None
    started: bool = False
    why: str = ""
    failed: bool = False


class Dmypy:
    """One daemon, known by its ``status`` file; ``program`` is the mypy that it belongs to."""

    def __init__(self, program: str, status: Path) -> None:
        mypy = Path(program)
        self._program = str(mypy.with_name("dmypy" + mypy.suffix))
        self._status = status

    @property
    def found(self) -> bool:
        """Whether mypy has it beside it."""
        return Path(self._program).is_file()

    def ask(self, cold: Call, *, idle: int, timeout: float) -> Call:
        """Give the process that asks the daemon what ``cold`` asks mypy, and starts it if it is not there.

        The daemon ends itself when nobody has asked for ``idle`` seconds. dmypy starts it anew by itself
        when mypy's version, its options or its plugins have changed.
        """
        words = ("run", "--timeout", str(idle), "--", *cold.argv[1:])
        asked = self._call(words, cold)
        return msgspec.structs.replace(asked, timeout=timeout, ok=cold.ok, whole_group=True)

    def stop(self, like: Call) -> Call:
        """Give the process that asks the daemon to end; it fails for one that is busy or gone."""
        return self._call(("stop",), like)

    def kill(self, like: Call) -> Call:
        """Give the process that ends the daemon at once.

        Only for one that took a question: the number in the status file may be another process's by now.
        """
        return self._call(("kill",), like)

    def _call(self, words: tuple[str, ...], like: Call) -> Call:
        argv = (self._program, "--status-file", str(self._status), *words)
        return Call(argv=argv, cwd=like.cwd, env=like.env, timeout=_SHORT, ok=(0,))


def is_busy(ran: Ran) -> bool:
    """Say whether a daemon was asked to end and is there, but did not answer in time."""
    return b"timed out" in (ran.out + ran.err).lower()


def answer(asked: Ran, cold: Call) -> Answer:
    """Read what ``Dmypy.ask`` left behind as what mypy would have said to ``cold``.

    For code that it cannot parse dmypy 2.4 ends with 2 as mypy does, or with 1 when it parsed that before. It ends with 2 too when the daemon
    crashed; what it does not support it says on standard error and ends with 1.
    """
    lines = lines_of(asked.out.decode("utf-8", "replace"))
    started = _STARTED in lines
    said = [line for line in lines if line.strip() and not line.startswith(_OF_ITS_OWN)]
    try:
        told = [_TOLD.decode(line) for line in said]
    except msgspec.MsgspecError:
        return Answer(started=started, why="its answer cannot be read", failed=True)
    if any(one.severity == "error" and one.code in (None, "syntax") for one in told):
        return Answer(started=started)
    if asked.code not in (0, 1) or bool(asked.code) > bool(told):
        words = lines_of((asked.err or asked.out).decode("utf-8", "replace").strip())
        last = f": {words[-1]}" if words else ""
        why = f"it ended with {asked.ended}{last}"
        # on Windows 1 is also the code of a question that was taken back
        return Answer(started=started, why=why, failed=asked.code != 1)
    code = int(any(one.severity == "error" for one in told))
    out = "".join(f"{line}\n" for line in said).encode()
    ran = Ran(call=cold, code=code, out=out, err=b"", seconds=asked.seconds)
    return Answer(ran=ran, started=started)


def says_more(ran: Ran) -> bool:
    """Say whether mypy looked at everything and has words beside it, of its settings for one: its daemon repeats none."""
    return ran.code in (0, 1) and bool(ran.err.strip())


def summary(ran: Ran) -> str:
    """Give a digest of what mypy found, wherever in the files it stands; empty where that is not all that it had to say."""
    lines = ran.out.splitlines()
    if ran.code not in (0, 1) or ran.err.strip() or ran.code > len(lines):
        return ""
    try:
        told = [_TOLD.decode(line) for line in lines if line.strip()]
    except msgspec.MsgspecError:
        return ""
    keys = sorted(f"{one.file}\0{one.severity}\0{one.code}\0{one.message}" for one in told)
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()
