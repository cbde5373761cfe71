"""The room that the mirror may take: what nobody has asked for the longest goes first, and what is ours never."""

import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

from onward.adapters.database.kept import forget, least_used, total
from onward.core.disk import remove
from onward.core.errors import OnwardError
from onward.shelves.files import MIRRORED
from onward.workflows.serving.purging import Store

_AT_ONCE = 200  # objects
_DOWN_TO = 0.9  # of the limit, so that the next file does not start it again

PAGES_KEPT = dt.timedelta(days=90)
"""How long a page is kept that nobody asks for."""


def evict(store: Store, limit: int) -> int:
    """Bring mirrored files down to nine tenths of ``limit`` bytes if they take more; give how many went.

    Files that are being sent live on where the system allows it; where it does not (Windows)
    they stay and the next one goes. Raises OutsideFailed when the database fails.
    """
    size = total(store.database)
    if size <= limit:
        return 0
    gone, stuck = 0, 0
    while size > limit * _DOWN_TO:
        batch = least_used(store.database, _AT_ONCE, skip=stuck)
        if not batch:
            break
        chosen = []
        left = size
        for row in batch:
            if left <= limit * _DOWN_TO:
                break
            left -= row.size
            chosen.append(row)
        mirrored = [row.key for row in chosen if row.key.startswith(MIRRORED)]
        failed = store.remove(mirrored)
        removed = set(mirrored) - set(failed)
        stuck += len(chosen) - len(removed)
        size -= sum(row.size for row in chosen if row.key in removed)
        gone += len(removed)
        with store.database.writing() as connection:
            forget(connection, removed)
    return gone


def forget_old_pages(data: Path, before: dt.datetime) -> int:
    """Remove kept pages that were last asked for before a moment, with their judgements; give how many."""
    gone = 0
    for path in _files(data / "pages"):
        with contextlib.suppress(OSError, OnwardError):
            if path.stat().st_mtime < before.timestamp():
                remove(data / "views" / path.parent.name / path.name)
                remove(path)
                gone += 1
    return gone


def _files(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for index in folder.iterdir():
            with contextlib.suppress(OSError), os.scandir(index) as entries:
                yield from (Path(entry.path) for entry in entries)
