"""Start a program and read what it says, without ``subprocess`` where that can be.

To import that takes as long as all else that a commit hook does together.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from subprocess import Popen

_PIPE = 13  # SIGPIPE, which Python ignores, and programs expect to end them
_UNKNOWN = 255  # the code of a program whose end somebody else was told of
_CHUNK = 65_536
_BREATH = 0.01  # seconds between two looks whether a program has ended


class Spawned:
    """A program that was started: what ``subprocess.Popen`` offers, as far as it is used here."""

    def __init__(self, pid: int, out: int) -> None:
        self._pid = pid
        self._out = out
        self.returncode: int | None = None

    def communicate(self) -> tuple[bytes, None]:
        """Give all that it says, once it has ended."""
        said = []
        try:
            while chunk := os.read(self._out, _CHUNK):
                said.append(chunk)
        finally:
            os.close(self._out)
        self._wait(0)
        return b"".join(said), None

    def poll(self) -> int | None:
        """Give the exit code, None as long as it runs."""
        if self.returncode is None:
            self._wait(os.WNOHANG)
        return self.returncode

    def terminate(self) -> None:
        """Ask it to stop."""
        os.kill(self._pid, 15)

    def kill(self) -> None:
        """End it."""
        os.kill(self._pid, 9)

    def _wait(self, how: int) -> None:
        try:
            pid, status = os.waitpid(self._pid, how)
        except ChildProcessError:
            self.returncode = _UNKNOWN
            return
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)


def start(
    words: list[str], cwd: str, env: Mapping[str, str], *, errors: bool
) -> Spawned | Popen[bytes]:
    """Start a program without input; ``errors``: whether what it says of them is read with its output, or goes nowhere.

    A first word without a folder is looked for in the PATH of ``env``. Raises OSError.
    """
    if hasattr(os, "posix_spawn") and os.path.abspath(cwd) == os.getcwd():
        return _spawned(words, env, errors=errors)
    import subprocess

    return subprocess.Popen(
        words,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
    )


def stop(started: list[Spawned | Popen[bytes]], grace: float) -> None:
    """Ask all that still run to stop, and end what does not within ``grace`` seconds."""
    alive = [one for one in started if one.poll() is None]
    for one in alive:
        one.terminate()
    until = time.monotonic() + grace
    while alive := [one for one in alive if one.poll() is None]:
        if time.monotonic() > until:
            for one in alive:
                one.kill()
            until += grace
        time.sleep(_BREATH)


def _spawned(words: list[str], env: Mapping[str, str], *, errors: bool) -> Spawned:
    program = words[0] if os.path.dirname(words[0]) else _found(words[0], env)
    reading, writing = os.pipe()
    nowhere = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, writing, 1),
        (os.POSIX_SPAWN_DUP2, writing, 2) if errors else nowhere,
    ]
    try:
        pid = os.posix_spawn(program, words, env, file_actions=actions, setsigdef=[_PIPE])
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    return Spawned(pid, reading)


def _found(word: str, env: Mapping[str, str]) -> str:
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        program = os.path.join(folder, word)
        if os.access(program, os.X_OK) and os.path.isfile(program):
            return program
    raise FileNotFoundError(2, os.strerror(2), word)
