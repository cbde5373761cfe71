"""Start a process, drain both of its pipes, stop it in time. The one such function in the house."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import msgspec

from onward.core.errors import EngineFailed, MissingTool, OutsideFailed
from onward.core.lines import lines_of
from onward.core.proc.call import ANSWER, Call, Ran
from onward.core.proc.signals import way_out
from onward.core.proc.watch import ends_with_us
from onward.core.redact import redact

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows both end it at once
_GRACE = 5.0  # seconds between asking a process to stop and killing it


def run(call: Call) -> Ran:
    """Run ``call`` to its end and give what it left behind, whatever its exit code.

    Raises MissingTool when the program is not there, OutsideFailed when it outlived its
    timeout. On Ctrl-C the child is stopped before the interruption goes on.
    """
    if any(ANSWER in word for word in call.argv):
        return _run_with_file(call)
    with contextlib.ExitStack() as files:
        # into files, so that no amount of output fills the memory, and no grandchild holds a pipe open
        sinks = (
            [files.enter_context(tempfile.TemporaryFile()) for _ in range(2)] if call.keep else []
        )
        if call.out_file:
            into = files.enter_context(Path(call.out_file).open("wb"))
            return _run(call, into, subprocess.STDOUT if call.err_too else subprocess.PIPE)
        ran = _run(call, *(sinks or (subprocess.PIPE, subprocess.PIPE)))
        if sinks:
            out, err = (_tail(sink, call.keep) for sink in sinks)
            ran = msgspec.structs.replace(ran, out=out, err=err)
        return ran


def _run_with_file(call: Call) -> Ran:
    with tempfile.TemporaryDirectory(prefix="onward-") as folder:
        path = Path(folder) / "answer"
        argv = tuple(word.replace(ANSWER, str(path)) for word in call.argv)
        ran = run(msgspec.structs.replace(call, argv=argv))
        said = path.read_bytes() if path.is_file() else b""
    return msgspec.structs.replace(ran, call=call, file=said)


def _run(call: Call, out_to: IO[bytes] | int, err_to: IO[bytes] | int) -> Ran:
    started = time.monotonic()
    try:
        child = subprocess.Popen(
            call.argv,
            cwd=call.cwd,
            env=call.env,
            stdin=subprocess.PIPE if call.stdin else subprocess.DEVNULL,
            stdout=out_to,
            stderr=err_to,
            start_new_session=call.whole_group,
        )
    except FileNotFoundError as error:
        raise MissingTool(
            "tool-missing", f"cannot start `{call.argv[0]}`: no such program"
        ) from error
    except OSError as error:
        raise EngineFailed(
            "tool-not-started", f"cannot start `{call.argv[0]}`: {error.strerror}"
        ) from error
    _running[child] = call.whole_group
    watch = ends_with_us(child.pid) if call.watched and call.whole_group else None
    try:
        with watch or contextlib.nullcontext():
            out, err = child.communicate(call.stdin or None, timeout=call.timeout)
    except subprocess.TimeoutExpired as error:
        _stop(child, group=call.whole_group)
        raise OutsideFailed(
            "tool-timeout",
            f"`{_shown(call)}` did not finish within {call.timeout:.0f} seconds and was stopped",
        ) from error
    except BaseException:
        _stop(child, group=call.whole_group)
        raise
    finally:
        _running.pop(child, None)
    return Ran(
        call=call,
        code=child.returncode,
        out=out or b"",
        err=err or b"",
        seconds=time.monotonic() - started,
    )


_running: dict[subprocess.Popen[bytes], bool] = {}
"""The children of all threads, and whether each leads a group of its own."""


def running_pids() -> tuple[int, ...]:
    """Give the numbers of the processes that were started here and run now, in any thread."""
    return tuple(child.pid for child in list(_running))


def stop_running(*, at_once: bool = False) -> None:
    """Ask every child that runs now to stop, or end it: for a thread that gives up while others wait for theirs.

    Ctrl-C at a terminal reaches children by itself, but not one that is just being started.
    """
    for child, group in list(_running.items()):
        _signal(child, _KILL if at_once else signal.SIGTERM, group=group)


def _tail(file: IO[bytes], most: int) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - most))
    return file.read(min(size, most))


def expect(ran: Ran) -> Ran:
    """Give ``ran`` back when it succeeded; else raise EngineFailed with the tool's own words."""
    if ran.succeeded:
        return ran
    words = lines_of(redact((ran.err or ran.out).decode("utf-8", "replace")).strip())
    raise EngineFailed(
        "tool-failed",
        f"`{_shown(ran.call)}` ended with {ran.ended}",
        context=tuple(words[-20:]),
        hint=way_out(ran.code, Path(ran.call.argv[0]).stem),
    )


def _stop(child: subprocess.Popen[bytes], *, group: bool) -> None:
    _signal(child, signal.SIGTERM, group=group)
    try:
        child.communicate(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        pass
    else:
        if not group:
            return
    _signal(child, _KILL, group=group)
    child.communicate()


def _signal(child: subprocess.Popen[bytes], number: int, *, group: bool) -> None:
    with contextlib.suppress(OSError):
        if group and sys.platform != "win32":
            os.killpg(child.pid, number)  # the child leads a group of its own
        else:
            child.send_signal(number)


def _shown(call: Call) -> str:
    words = redact(" ".join(call.argv[1:3]))
    program = call.argv[0].replace("\\", "/").rpartition("/")[2]
    return f"{program} {words}".strip()


def in_foreground(call: Call) -> int:
    """Run ``call`` with our own input and output, and give its exit code (128 + n for signal n).

    Ctrl-C reaches the child from the terminal; we wait for what it makes of it.
    """
    try:
        child = subprocess.Popen(call.argv, cwd=call.cwd, env=call.env)
    except OSError as error:
        raise MissingTool(
            "tool-missing", f"cannot start `{call.argv[0]}`: {error.strerror}"
        ) from error
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            continue
        return code if code >= 0 else 128 - code
