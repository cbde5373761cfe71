"""A program that may run long ends when onward is ended by force, which no program can see coming for itself."""

import contextlib
import os
import subprocess
from collections.abc import Iterator

_SHELL = "/bin/sh"
_WATCHING = 'read -r _ || { kill -s TERM -- "-$0"; sleep 5; kill -s KILL -- "-$0"; } 2>/dev/null'
"""A line says that all is well; the end of the pipe without one says that nobody is there any more."""


@contextlib.contextmanager
def ends_with_us(group: int) -> Iterator[None]:
    """Let the process group of that number end should this process be killed while the body runs (on POSIX).

    A small shell holds the other end of a pipe, in a session of its own, so that what ends us does not reach it.
    """
    if os.name != "posix" or not os.access(_SHELL, os.X_OK):
        yield
        return
    reading, writing = os.pipe()  # neither end is handed to any other program
    try:
        watcher = subprocess.Popen(
            (_SHELL, "-c", _WATCHING, str(group)),
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:  # too many processes: the work itself goes on
        os.close(writing)
        yield
        return
    finally:
        os.close(reading)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.write(writing, b"\n")
        os.close(writing)
        watcher.wait()
