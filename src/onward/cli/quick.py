"""``run`` and ``sync`` when nothing has changed: a few ``stat`` calls, no parsing, no uv.

Gives None whenever the ordinary path has to look. Imports nothing beyond ``os`` and ``sys``.
"""

from collections.abc import Mapping, Sequence


def attempt(argv: Sequence[str], env: Mapping[str, str]) -> int | None:
    """Answer ``argv`` at once, or give None for the ordinary path."""
    del argv, env
    return None
