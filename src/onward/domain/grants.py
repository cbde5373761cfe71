"""What whoever asks the server may do: the right of a token, or of anyone."""

from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec

from onward.core.names import Name


class Action(StrEnum):
    """What can be asked for: read pages and files; upload; take back (yank); delete; see and change the server itself."""

    read = "read"
    upload = "upload"
    yank = "yank"
    delete = "delete"
    admin = "admin"


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A right: ``actions`` on the projects that ``projects`` names (globs on names; none: all).

    ``label`` is the token's own, for the log; empty for anyone. ``token`` is its public part.
    """

    label: str = ""
    token: str = ""
    actions: frozenset[Action] = frozenset()
    projects: tuple[str, ...] = ()

    def may(self, action: Action, name: Name | None = None) -> bool:
        """Whether ``action`` on ``name`` is allowed; without a name, on any project at all."""
        if action not in self.actions:
            return False
        return (
            name is None
            or not self.projects
            or any(fnmatchcase(name, glob) for glob in self.projects)
        )


NOTHING = Grant()
"""The right to do nothing."""

READING = Grant(actions=frozenset({Action.read}))
"""The right to read everything, without a token."""
