"""The store of advisories: one SQLite file in the cache folder.

A store is never changed in place: a new one is written beside it and takes its place in one
step, so readers need no lock and a failure leaves what was there.
"""

import datetime as dt
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory

if TYPE_CHECKING:
    import sqlite3

SCHEMA = 1
"""Raised when what is stored changes; a store of another schema counts as missing."""

FRESH_DAYS = 7
"""Data of more days ago than this is old."""


class FeedInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a store holds and where it came from.

    ``fetched`` is when it was asked for (aware), ``as_of`` how new its newest entry is (or
    what the source said, if later): the age of the data, whenever it was copied. ``entries``
    counts documents, ``malicious`` those on malware, ``withdrawn`` and ``unreadable`` those
    left out. ``etag`` and ``last_modified`` are the source's words, for the next request.
    """

    source: str
    fetched: dt.datetime
    as_of: dt.datetime
    entries: int
    projects: int
    malicious: int
    withdrawn: int
    unreadable: int
    digest: str
    etag: str = ""
    last_modified: str = ""
    schema: int = SCHEMA


class Feed:
    """An open store; safe to share between a few threads."""

    def __init__(self, connection: "sqlite3.Connection", info: FeedInfo) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self.info = info

    def about(self, name: Name) -> tuple[Advisory, ...]:
        """Give the advisories on ``name``, by id; raises OutsideFailed (``feed-broken``)."""
        import sqlite3

        try:
            with self._lock:
                rows = self._connection.execute(
                    "SELECT advisory FROM advisories WHERE name = ? ORDER BY id", (name,)
                ).fetchall()
            return tuple(_ADVISORY.decode(row) for (row,) in rows)
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise OutsideFailed(
                "feed-broken",
                "the stored advisory data cannot be read",
                context=(str(error),),
                hint="`onward guard update --force` makes it anew.",
            ) from error

    def close(self) -> None:
        """Close the store."""
        with self._lock:
            self._connection.close()


def feed_path(cache: Path) -> Path:
    """Give the place of the store in the cache folder; it may not be there."""
    return cache / "advisories" / "pypi.sqlite"


def open_feed(path: Path) -> Feed | None:
    """Open the store at ``path``; None when there is none that this onward can read."""
    if not path.is_file():
        return None
    import sqlite3  # most projects live on the starter table at first, and pay nothing for it

    connection = None
    try:
        # immutable: the file is only ever replaced whole, so SQLite needs no lock and no journal
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        ((text,),) = connection.execute("SELECT value FROM about WHERE key = 'info'").fetchall()
        info = _INFO.decode(text)
    except (sqlite3.Error, msgspec.MsgspecError, ValueError, TypeError):
        if connection is not None:
            connection.close()
        return None
    if info.schema != SCHEMA:
        connection.close()
        return None
    return Feed(connection, info)


_ADVISORY = msgspec.msgpack.Decoder(Advisory)
_INFO = msgspec.json.Decoder(FeedInfo)
