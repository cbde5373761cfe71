"""Become another program: ``onward run`` ends by being what it runs. Imports nothing heavy."""

import os
import sys


def hand_over(program: str, argv: list[str], env: dict[str, str]) -> int:
    """Replace this process by ``program``; where the system cannot (Windows), wait and give its exit code.

    Raises OSError when the program cannot be started.
    """
    if os.name == "posix":
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(program, argv, env)  # noqa: S606 - that is the purpose, and there is no shell
    import signal

    # The child gets Ctrl-C from the same console; it decides, and we report what it said.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return os.spawnve(os.P_WAIT, program, argv, env)  # noqa: S606
