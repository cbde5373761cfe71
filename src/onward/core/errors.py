"""Every error onward raises on purpose, and the exit code each one means.

    OnwardError          3    our fault: a bug, with a log to send
    ├── Refused          1    an enforced finding, a blocked action, a question that needs an answer
    ├── BadInput         2    the user can mend it: a wrong word, a bad file, a missing tool
    │   └── MissingTool  2
    ├── EngineFailed     3    an embedded tool failed in a way it should not; its log is named
    └── OutsideFailed    4    network, registry, disk: the world did not answer

0 means fine and 130 interrupted. Nothing else is ever returned. This module is imported
on the fast path, so it imports nothing.
"""

FINE = 0
REFUSED = 1
MENDABLE = 2
OUR_FAULT = 3
OUTSIDE = 4
INTERRUPTED = 130


class OnwardError(Exception):
    """The only root.

    ``reference`` is a stable kebab-case word for scripts and search, ``message`` says what
    happened, each line of ``context`` says why or where, ``hint`` says what to do next.
    """

    exit_code = OUR_FAULT

    def __init__(
        self,
        reference: str,
        message: str,
        *,
        context: tuple[str, ...] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.reference = reference
        self.message = message
        self.context = context
        self.hint = hint


class Refused(OnwardError):
    """A person or a policy has to decide first; nothing was changed."""

    exit_code = REFUSED


class BadInput(OnwardError):
    """What was given cannot be used; all faults found are in ``context``."""

    exit_code = MENDABLE


class MissingTool(BadInput):
    """A tool that this action needs is not there; the hint is the command that adds it."""


class EngineFailed(OnwardError):
    """uv, ruff or another embedded tool failed; the context names the log file."""

    exit_code = OUR_FAULT


class OutsideFailed(OnwardError):
    """A registry, the network or the disk did not do its part; trying again may help."""

    exit_code = OUTSIDE
