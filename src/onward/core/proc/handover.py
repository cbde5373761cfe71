"""Start programs of the project's environment, or become one, as ``onward run`` ends. Imports nothing heavy."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # that of `typing`, whose import is not paid for here
if TYPE_CHECKING:
    from collections.abc import Mapping


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


def environment_variables(environment: str, env: Mapping[str, str]) -> dict[str, str]:
    """Give ``env`` as it is inside the environment: its programs first, no other Python's home."""
    inside = {key: value for key, value in env.items() if key != "PYTHONHOME"}
    programs = os.path.join(environment, "Scripts" if os.name == "nt" else "bin")
    inside["VIRTUAL_ENV"] = environment
    inside["PATH"] = programs + os.pathsep + env.get("PATH", os.defpath)
    return inside


def with_environment(root: str, env: Mapping[str, str]) -> dict[str, str]:
    """Give ``env`` as it is inside the environment of the project at ``root``, if that is there."""
    environment = os.path.join(root, env.get("UV_PROJECT_ENVIRONMENT") or ".venv")
    return environment_variables(environment, env) if os.path.isdir(environment) else dict(env)
