"""The store of advisories: one SQLite file in the cache folder.

A store is never changed in place: a new one is written beside it and takes its place in one
step, so readers need no lock and a failure leaves what was there.
"""

import datetime as dt
import threading
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory

if TYPE_CHECKING:
    import sqlite3

SCHEMA = 2
"""Raised when what is stored changes; a store of another schema counts as missing."""

FRESH_DAYS = 7
"""Data of more days ago than this is old."""


_AT_ONCE = 500
"""Values in one question; SQLite takes 999 in its older versions."""


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
        rows = self._ask("SELECT advisory FROM advisories WHERE name = ? ORDER BY id", name)
        try:
            return tuple(_ADVISORY.decode(row) for (row,) in rows)
        except msgspec.MsgspecError as error:
            raise _broken(error) from error

    def document(self, identity: str) -> bytes | None:
        """Give the OSV document of this very id (JSON), a withdrawn one too; None when there is none.

        Raises OutsideFailed (``feed-broken``), as those below do.
        """
        rows = self._ask("SELECT document FROM documents WHERE id = ?", identity)
        try:
            return zlib.decompress(rows[0][0]) if rows else None
        except (zlib.error, TypeError) as error:
            raise _broken(error) from error

    def documents(self, identities: Iterable[str]) -> Iterator[bytes]:
        """Give the documents of advisories that ``about`` gave, in this order."""
        for identity in identities:
            document = self.document(identity)
            if document is None:
                raise _broken(LookupError(f"`{identity}` has no document"))
            yield document

    def modified(self, identities: Iterable[str]) -> dict[str, str]:
        """Give when documents were last changed (RFC 3339), by id; those that do not tell are left out."""
        wanted = list(identities)
        found: dict[str, str] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            found.update(
                self._ask(
                    f"SELECT id, modified FROM documents WHERE modified <> '' AND id IN ({marks})",  # noqa: S608 - question marks only
                    *some,
                )
            )
        return found

    def also_known_as(self, alias: str) -> tuple[str, ...]:
        """Give the ids of the documents that name ``alias`` as another id of theirs."""
        rows = self._ask("SELECT id FROM aliases WHERE alias = ? ORDER BY id", alias)
        return tuple(identity for (identity,) in rows)

    def _ask(self, question: str, *values: str) -> "list[tuple[Any, ...]]":
        import sqlite3

        try:
            with self._lock:
                return self._connection.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise _broken(error) from error

    def close(self) -> None:
        """Close the store."""
        with self._lock:
            self._connection.close()


def _broken(error: Exception) -> OutsideFailed:
    return OutsideFailed(
        "feed-broken",
        "the stored advisory data cannot be read",
        context=(str(error),),
        hint="`onward guard update --force` makes it anew.",
    )


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
