"""The store and the notes on it are brought together again after a server was killed, or someone cleaned up by hand."""

import datetime as dt
from collections.abc import Iterator

from onward.adapters.database.kept import Kept, forget, keep, keys_after, known
from onward.adapters.simple_api import named_in
from onward.shelves.files import MIRRORED, filename_of
from onward.workflows.serving.purging import Store

_AT_ONCE = 500  # objects


def adopt(store: Store, now: dt.datetime) -> int:
    """Note the mirrored objects of which nothing is noted, as used just now; give how many."""
    found = 0
    for sizes in _batches(store.objects.keys(MIRRORED)):
        with store.database.reading() as connection:
            noted = known(connection, list(sizes))
        rows = [
            Kept(key=key, project=name, size=size, used=now)
            for key, size in sizes.items()
            if key not in noted and (name := named_in(filename_of(key))) is not None
        ]
        if rows:
            with store.database.writing() as connection:
                keep(connection, rows)
        found += len(rows)
    return found


def drop(store: Store) -> int:
    """Forget what is noted of objects that are not there; give how many."""
    gone, last = 0, ""
    while batch := keys_after(store.database, last, _AT_ONCE):
        last = batch[-1]
        missing = [key for key in batch if store.objects.path(key) is None]
        if missing:
            with store.database.writing() as connection:
                forget(connection, missing)
        gone += len(missing)
    return gone


def _batches(objects: Iterator[tuple[str, int]]) -> Iterator[dict[str, int]]:
    batch: dict[str, int] = {}
    for key, size in objects:
        batch[key] = size
        if len(batch) == _AT_ONCE:
            yield batch
            batch = {}
    if batch:
        yield batch
