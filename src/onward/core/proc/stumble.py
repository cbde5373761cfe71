"""A tool that could not look: how it was asked and a mark of what it said, to ask it once more and compare.

What it stumbled over may lie elsewhere (a full disk, no memory), so its words are not believed a second time. But
where it says the very same again, and nothing else has changed, all that was made of its words is the same too. Only
an error in its own code comes from what it was given and from nothing else.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.core.errors import OnwardError
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run

_QUICK = 10.0  # seconds; for a slower one the ordinary path says what it waits for
_PIECE = 1 << 20  # bytes


_OWN_FAULTS = frozenset({
    b"AssertionError", b"AttributeError", b"IndexError", b"KeyError", b"NameError", b"NotImplementedError", b"SyntaxError",
    b"TypeError", b"UnboundLocalError", b"UnicodeDecodeError", b"ValueError", b"ZeroDivisionError",
})  # fmt: skip
"""Python's errors that a full disk, missing memory or a signal never raise."""


class _Stumble(msgspec.Struct, frozen=True, kw_only=True):
    """A call without its environment: of that only what is not in onward's own, so that no login is written down."""

    argv: tuple[str, ...]
    cwd: str
    keep: int
    in_file: bool
    changed: dict[str, str]
    dropped: tuple[str, ...]
    said: str


def is_own_fault(ran: Ran) -> bool:
    """Whether a tool written in Python fell over an error in its own code: its traceback (CPython) ends with one."""
    if ran.code != 1 or b"Traceback (most recent call last):" not in ran.err:
        return False
    last = ran.err.rstrip().rpartition(b"\n")[2]
    return last.partition(b":")[0] in _OWN_FAULTS


def stumble(ran: Ran, env: Mapping[str, str]) -> str:
    """Give one line that ``says_the_same`` reads, for a tool started from ``env``; empty where it is not worth it."""
    call = ran.call
    if ran.seconds > _QUICK or call.stdin:
        return ""
    known = _Stumble(
        argv=call.argv,
        cwd=call.cwd,
        keep=call.keep,
        in_file=bool(call.out_file),
        changed={name: value for name, value in call.env.items() if env.get(name) != value},
        dropped=tuple(name for name in env if name not in call.env),
        said=_mark(ran),
    )
    try:
        return msgspec.json.encode(known).decode()
    except UnicodeEncodeError:  # a word that is no Unicode
        return ""


def says_the_same(line: str, env: Mapping[str, str]) -> bool:
    """Ask the tool of a line of ``stumble`` again, and say whether it said the same to the letter."""
    try:
        known = msgspec.json.decode(line, type=_Stumble)
    except msgspec.MsgspecError:
        return False
    left = {name: value for name, value in env.items() if name not in known.dropped}
    with tempfile.TemporaryDirectory(prefix="onward-") as folder:
        call = Call(
            argv=known.argv,
            cwd=known.cwd,
            env=left | known.changed,
            keep=known.keep,
            whole_group=True,
            out_file=str(Path(folder) / "out") if known.in_file else "",
        )
        try:
            return _mark(run(call)) == known.said
        except OnwardError:
            return False


def _mark(ran: Ran) -> str:
    told = hashlib.sha256()
    for part in (str(ran.code).encode(), ran.out, ran.err, ran.file):
        told.update(b"%d " % len(part))
        told.update(part)
    if ran.call.out_file:
        with Path(ran.call.out_file).open("rb") as file:
            while piece := file.read(_PIECE):
                told.update(piece)
    return told.hexdigest()
