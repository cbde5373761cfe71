"""Which project a request is about, whatever route answers it: the one place that decides what a token reaches.

A token that is for some projects only gets what is known here to be about one of them, or
about none. A route that is not in the table is closed to it, so that a new route must be
entered here before such a token sees it.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import msgspec

from onward.core.names import LONGEST, Name, is_name, parse_name
from onward.domain.grants import Action, Grant

_Find = Callable[[str], str]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is about: a project, or (``about_none``) nothing that belongs to one.

    Neither: it is not known what it would show. ``changes``: it is to do more than read.
    """

    name: Name | None = None
    about_none: bool = False
    changes: bool = False

    def is_within(self, grant: Grant) -> bool:
        """Whether a grant reaches this at all.

        What a changing route needs beside (upload, yank, delete) it asks for itself, since the
        project may stand in the body only.
        """
        actions = tuple(grant.actions) if self.changes else (Action.read,)
        if not grant.projects or self.about_none:
            return any(grant.may(action) for action in actions)
        return self.name is not None and any(grant.may(action, self.name) for action in actions)


def is_open(path: str) -> bool:
    """Whether a path is for everyone, without a token: those that say whether the server is well."""
    return path in _OPEN


def wanted(method: str, path: str) -> Wanted:
    """Give what a request is about, by its method and its path (decoded, below the server's root)."""
    room, _, rest = path[1:].partition("/")
    changes = method not in ("GET", "HEAD") and room not in _ASKED_BY_POST
    if path in _OF_NONE or room in _ROOMS_OF_NONE:
        return Wanted(about_none=True, changes=changes)
    find = _ROOMS.get(room)
    word = find(rest) if find else ""
    return Wanted(name=_name(word) if len(word) <= LONGEST else None, changes=changes)


@lru_cache(maxsize=4096)
def _name(word: str) -> Name | None:
    return parse_name(word) if is_name(word) else None


def _whole(rest: str) -> str:
    return rest.removesuffix("/")


def _first(rest: str) -> str:
    return rest.partition("/")[0]


def _last_but_one(rest: str) -> str:
    parts = rest.split("/")
    return parts[-2] if len(parts) in (2, 4) else ""


def _managed(rest: str) -> str:
    match rest.split("/"):
        case [word, _, "yank" | "unyank"] | ["files", word, _]:
            return word
    return ""


_ROOMS: Mapping[str, _Find] = {
    "simple": _whole,
    "files": _last_but_one,
    "integrity": _first,
    "pypi": _first,
    "project": _first,
    "refused": _first,
    "manage": _managed,
}
"""Where the project's name stands in the path, by the first part of it; read as the routes read it."""

_OPEN = frozenset({"/health", "/ready"})
SAYS_MORE = frozenset({"/ready"})
"""Those of them that say more to a token with the right to administer."""

_OF_NONE = frozenset(
    {"/ready", "/metrics", "/simple", "/simple/", "/openapi.json", "/legacy", "/legacy/"}
)
"""``/simple/`` lists what the grant reaches; ``/legacy/`` reads the name from the body and asks for it."""

_ROOMS_OF_NONE = frozenset({"osv", "v1"})
"""Advisories are public, whatever project they are on; uv asks for them below ``/v1/``."""

_ASKED_BY_POST = frozenset({"osv", "v1"})
