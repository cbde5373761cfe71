"""What a layer holds, in the order and with the modes that it always has."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path, PurePosixPath

import msgspec

TIME = 315_532_800  # 1980-01-01, the first moment that a zip file can hold: all files of a layer


class Kind(StrEnum):
    """What stands at a path."""

    file = "file"
    folder = "folder"
    link = "link"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One path in a layer (relative to the root, ``/``).

    A file's bytes are ``content``, or those at ``source`` on this machine; a link leads to
    ``target``. ``owner`` is user and group id.
    """

    path: str
    kind: Kind = Kind.file
    mode: int = 0o644
    content: bytes = b""
    source: Path | None = None
    target: str = ""
    owner: tuple[int, int] = (0, 0)


def with_parents(entries: Iterable[Entry]) -> list[Entry]:
    """Give the entries sorted by path, with every folder above them (mode 755); of a path that comes twice the last."""
    found = {entry.path: entry for entry in entries}
    for path in list(found):
        for parent in PurePosixPath(path).parents:
            name = str(parent)
            if name == "." or name in found:
                break
            found[name] = Entry(path=name, kind=Kind.folder, mode=0o755)
    return [found[path] for path in sorted(found)]


def plain_mode(mode: int) -> int:
    """Give 755 for what somebody may run, 644 for all else: no umask of whoever built it."""
    return 0o755 if mode & 0o111 else 0o644


def leads_out(path: str, target: str) -> bool:
    """Whether a link at ``path`` leads out of the tree that it is in, or to a fixed place."""
    if target.startswith("/"):
        return True
    depth = 0
    for part in [*path.split("/")[:-1], *target.split("/")]:
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return True
    return False
