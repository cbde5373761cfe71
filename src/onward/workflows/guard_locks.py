"""Where the files of a lock come from, held against the guard's address."""

import json
import tomllib

from onward.core.finding import Finding, Place
from onward.domain.guard import escapes
from onward.domain.guard.ways import Guarded

LARGEST_LOCK = 100_000_000
"""Bytes of a lock that are read; the largest real ones have some millions."""


def lock_findings(text: str, name: str, guard: Guarded) -> tuple[Finding, ...]:
    """Give what in the lock ``name`` (uv, poetry, pdm, pipenv, pylock) leads elsewhere than to ``guard``.

    A text that is no such lock is a finding too: nobody knows where it leads.
    """
    try:
        values = json.loads(text) if name == "Pipfile.lock" else tomllib.loads(text)
        return escapes.lock_escapes(values, text, name, guard)
    except (ValueError, RecursionError) as error:
        return (unread_lock(name, error),)


def unread_lock(name: str, error: Exception) -> Finding:
    """Give the finding for a lock that cannot be read."""
    command = escapes.RELOCK.get(name)
    why = f"`{name}` cannot be read ({str(error).partition(chr(10))[0]})"
    again = f"`{command}` makes it anew." if command else ""
    return escapes.unread(Place(path=name), why, again)
