"""How to ask for a run inside the room, and what came of it."""

import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.core.errors import EngineFailed
from onward.core.lines import lines_of
from onward.core.proc.call import ANSWER, Call, Ran

NOBODY = 65_532
"""The user and group that a program is inside: nobody on any Linux (as in distroless images)."""

HOME = "/home/nobody"
_KEPT = 1_000_000  # bytes of each output


class Bind(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder of this machine that is seen inside at ``place`` (absolute), to be read and not written."""

    source: str
    place: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to start: ``argv`` and ``folder`` as they are inside ``root``, the whole environment, seconds at most.

    Inside everything is read-only but ``/tmp`` and ``/home/nobody``, which are empty and go
    away. ``/proc`` and a few devices are there, and a network with nothing but loopback.
    The variables are not secret: the room cannot keep what it is given from the program.

    A program that goes on by itself is told to stop once it has answered an HTTP request for
    ``path`` on loopback at ``port`` (0: it is asked nothing), or once the file ``until``
    exists on this machine.
    """

    root: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = {}
    folder: str = "/"
    timeout: float = 60.0
    binds: tuple[Bind, ...] = ()
    user: int = NOBODY
    port: int = 0
    path: str = "/"
    until: str = ""


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. Without ``started`` the room could not be made (``why``), and nothing is known of the program.

    ``stopped`` says that we ended it, since it had answered (``status``, 0 for what is no HTTP, and the
    beginning of ``body``) or was seen.
    """

    started: bool
    why: str = ""
    code: int = 0
    out: str = ""
    err: str = ""
    stopped: bool = False
    status: int | None = None
    body: str = ""

    @property
    def signal(self) -> int:
        """The number of the signal that ended the program, 0 when it ended by itself."""
        return -self.code if self.code < 0 else 0


def enter(wanted: Wanted, *, python: str = sys.executable) -> Call:
    """Give the call that makes the room and starts the program in it.

    It needs Linux, and root or the right to make user namespaces; ``read`` says where that
    is lacking. When the call is killed, the kernel ends everything inside and drops the mounts.
    """
    asked = msgspec.json.encode(
        {
            "root": wanted.root,
            "argv": wanted.argv,
            "env": {"HOME": HOME, "TMPDIR": "/tmp", **wanted.env},  # noqa: S108 - inside
            "folder": wanted.folder,
            "binds": [(bind.source, bind.place) for bind in wanted.binds],
            "user": wanted.user,
            "port": wanted.port,
            "path": wanted.path,
            "until": wanted.until,
        }
    )
    return Call(
        argv=(python, "-I", "-S", str(Path(__file__).with_name("inside.py")), ANSWER),
        cwd="/" if sys.platform != "win32" else wanted.root,
        env={"PATH": "/usr/bin:/bin"},
        timeout=wanted.timeout,
        ok=(0,),
        stdin=asked,
        keep=_KEPT,
        whole_group=True,
    )


def read(ran: Ran) -> Inside:
    """Say what came of it; raises EngineFailed (``room-failed``) when the room itself broke down."""
    try:
        told = msgspec.json.decode(ran.file, type=_Told)
    except msgspec.MsgspecError as error:
        words = lines_of(ran.err.decode("utf-8", "replace").strip())
        raise EngineFailed(
            "room-failed",
            "the clean room broke down before it could say what came of the program",
            context=tuple(words[-10:]),
        ) from error
    if told.why:
        return Inside(started=False, why=told.why)
    return Inside(
        started=True,
        code=told.code,
        out=ran.out.decode("utf-8", "replace"),
        err=ran.err.decode("utf-8", "replace"),
        stopped=told.stopped,
        status=told.status,
        body=told.body,
    )


class _Told(msgspec.Struct, frozen=True):
    why: str = ""
    code: int = 0
    stopped: bool = False
    status: int | None = None
    body: str = ""
