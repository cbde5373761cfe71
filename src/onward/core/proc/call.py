"""A process to start, and what came of it, as values."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from onward.core.proc.signals import signal_name

ANSWER = "{answer}"
"""In the words of a call: the path of a new file that the program writes its answer to."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One process: an argument list (never a shell line), a folder, the whole environment.

    ``ok`` lists the exit codes that the tool documents as success; any other code is a
    tool error. ``timeout`` is in seconds. ``keep`` is for programs that may say anything:
    only the last so many bytes of each output are kept (0: all). With ``whole_group`` the
    program leads a group of its own, so that what it has started is stopped with it; then
    nothing reaches it from the terminal; ``watched`` lets that group end too when onward is
    ended by force. ``out_file`` is a path that gets standard output
    instead of memory, for answers that may be larger than that; with ``err_too`` standard error
    goes there as well, in the order in which both were written. A program that answers in a
    file only finds its path where ``argv`` says ``ANSWER``; the file is gone after the run.
    """

    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    timeout: float = 600.0
    ok: tuple[int, ...] = (0,)
    stdin: bytes = b""
    keep: int = 0
    whole_group: bool = False
    watched: bool = False
    out_file: str = ""
    err_too: bool = False


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What a process left behind: exit code (negative: the signal), both outputs, seconds.

    ``out`` is empty where the call names an ``out_file``; ``lines`` reads either. ``file`` is
    what stood in the file that the call names by ``ANSWER``, empty when it was not written.
    """

    call: Call
    code: int
    out: bytes
    err: bytes
    seconds: float
    file: bytes = b""

    @property
    def ended(self) -> str:
        """How it ended, for people: ``exit code 2``, or the signal that ended it."""
        return f"signal {signal_name(self.code)}" if self.code < 0 else f"exit code {self.code}"

    @property
    def succeeded(self) -> bool:
        """Whether the exit code is one the tool calls success."""
        return self.code in self.call.ok

    def lines(self) -> Iterator[bytes]:
        """Give the lines of standard output without their ends, one at a time."""
        if not self.call.out_file:
            yield from self.out.splitlines()
            return
        with Path(self.call.out_file).open("rb") as file:
            for line in file:
                yield line.rstrip(b"\r\n")
