"""OSV's bulk dump, compiled once into the store that is read from then on."""

import contextlib
import datetime as dt
import hashlib
import os
import sqlite3
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from onward.adapters.feed.store import SCHEMA, FeedInfo, open_feed
from onward.core.disk import write_failed
from onward.core.errors import BadInput, OutsideFailed
from onward.core.names import Name
from onward.core.redact import redact
from onward.domain.guard.advisories import Advisory
from onward.domain.guard.osv import DOCUMENT_LIMIT, Document, compact, read_osv

_MOST_ENTRIES = 1_000_000
_MOST_BYTES = 8_000_000_000  # unpacked, all together
_MOST_AT_THE_END = 66_000  # the last record and its comment, and the two of zip64 before it
_MOST_RATIO = 1_000  # unpacked to packed, for entries that matter
_READABLE = 0.99  # share of documents that must be understood
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError, LookupError,
)  # fmt: skip
"""What reading a broken archive can raise."""
_SHRUNK = 0.5  # of the entries of the present store: below this it is not the same thing

Progress = Callable[[str, int, int], None]
"""Called with (what, done, total); total is 0 when it is not known."""


def compile_dump(
    dump: Path,
    target: Path,
    *,
    source: str,
    fetched: dt.datetime,
    etag: str = "",
    last_modified: str = "",
    told: dt.datetime | None = None,
    force: bool = False,
    progress: Progress = lambda _what, _done, _total: None,
) -> FeedInfo:
    """Compile OSV's ``all.zip`` for PyPI at ``dump`` into a store at ``target``.

    ``told`` is the time of the data as the source gave it. Raises OutsideFailed when the dump
    is broken, not understood or empty (``bad-dump``), or, unless ``force``, when it has less
    than half of the entries of the present store (``shrunken-dump``); the store is then as it was.
    """
    before = open_feed(target)
    had = before.info.entries if before else 0
    if before:
        before.close()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".feed.", suffix=".tmp", dir=target.parent)
        os.close(handle)
        fresh = Path(name)
        try:
            counts = _compile(dump, source, fresh, progress)
            if counts.entries < had * _SHRUNK and not force:
                raise _shrunken(source, had, counts.entries)
            info = FeedInfo(
                source=source,
                fetched=fetched,
                as_of=min(max(filter(None, (counts.newest, told)), default=fetched), fetched),
                entries=counts.entries,
                projects=len(counts.names),
                malicious=counts.malicious,
                withdrawn=counts.withdrawn,
                unreadable=counts.unreadable,
                digest=_digest(dump),
                etag=etag,
                last_modified=last_modified,
            )
            _seal(fresh, info)
            _take_its_place(fresh, target)
        finally:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
    except OSError as error:
        raise write_failed(target, error) from error
    except sqlite3.Error as error:  # the disk is full, most likely; SQLite has its own words for it
        raise write_failed(
            target, OSError(28 if "full" in str(error) else 5, str(error))
        ) from error
    return info


class _Counts:
    """What was seen while reading a dump."""

    def __init__(self) -> None:
        self.entries = self.malicious = self.withdrawn = self.unreadable = 0
        self.names: set[Name] = set()
        self.newest: dt.datetime | None = None

    def keep(self, document: bytes) -> tuple[Document, bytes, tuple[Advisory, ...]] | None:
        """Count one document; give it, its text and what is judged by, None when nothing of it is stored."""
        try:
            read = read_osv(document)
            text = compact(document)
        except BadInput:
            self.unreadable += 1
            return None
        self.entries += 1
        if read.modified is not None and (self.newest is None or read.modified > self.newest):
            self.newest = read.modified
        kept = tuple(advisory for advisory in read.advisories if not advisory.withdrawn)
        self.withdrawn += len(kept) < len(read.advisories)
        self.malicious += any(advisory.malicious for advisory in kept)
        self.names.update(advisory.name for advisory in kept)
        return (read, text, kept) if read.advisories else None


def _compile(dump: Path, source: str, fresh: Path, progress: Progress) -> _Counts:
    counts = _Counts()
    with contextlib.closing(_new_store(fresh)) as store:
        for done, total, document in documents(dump, source):
            if (found := counts.keep(document)) is not None:
                _put(store, *found)
            if done % 100 == 0 or done == total:
                progress("advisories", done, total)
        store.commit()
    seen = counts.entries + counts.unreadable
    if not counts.names or counts.entries < seen * _READABLE:
        raise _bad_dump(
            source,
            f"{counts.unreadable} of {seen} entries could not be read"
            if counts.names
            else "it has no advisory for PyPI",
        )
    return counts


def _put(
    store: sqlite3.Connection, read: Document, text: bytes, kept: tuple[Advisory, ...]
) -> None:
    store.executemany(
        "INSERT OR REPLACE INTO advisories VALUES (?, ?, ?)",
        [(one.name, one.id, _ENCODER.encode(one)) for one in kept],
    )
    modified = read.modified.astimezone(dt.UTC).isoformat() if read.modified else ""
    store.execute(
        "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)",
        (read.id, modified.replace("+00:00", "Z"), zlib.compress(text)),
    )
    store.executemany(
        "INSERT OR IGNORE INTO aliases VALUES (?, ?)", [(alias, read.id) for alias in read.aliases]
    )


def documents(dump: Path, source: str) -> Iterator[tuple[int, int, bytes]]:
    """Give (number, how many, bytes) for each document in OSV's ``all.zip``.

    ``source`` names the archive in errors. Nothing is unpacked to disk and no name in the archive is used as a path. Raises
    OutsideFailed (``bad-dump``) for a broken archive and for one beyond the limits.
    """
    try:
        with zipfile.ZipFile(dump) as archive:
            # all of them, whatever their name says: a damaged name must not hide an entry
            entries = archive.infolist()
            _within_limits(source, entries)
            if len(entries) != _told(
                dump
            ):  # one damaged length in the list of files swallows others
                raise _bad_dump(source, "its list of files is damaged")
            for number, entry in enumerate(entries, start=1):
                with archive.open(entry) as file:
                    document = file.read(DOCUMENT_LIMIT + 1)
                    rest = file.read(1)
                if rest or len(document) != entry.file_size:
                    raise _bad_dump(source, f"entry {number} is larger than it may be")
                yield number, len(entries), document
    except OSError as error:
        if error.filename is not None or error.errno is not None:
            raise  # the disk, not what is in the file
        raise _bad_dump(source, str(error)) from error
    except _BROKEN as error:
        raise _bad_dump(source, str(error) or type(error).__name__) from error


def _told(dump: Path) -> int:
    """Give how many files the archive says it has (APPNOTE 4.3.16; 4.3.14 when they are too many for that)."""
    with dump.open("rb") as file:
        file.seek(max(0, dump.stat().st_size - _MOST_AT_THE_END))
        end = file.read()
    at = end.rfind(b"PK\x05\x06")
    count: int = struct.unpack_from("<H", end, at + 10)[0]
    if count == 0xFFFF:
        count = struct.unpack_from("<Q", end, end.rfind(b"PK\x06\x06", 0, at) + 32)[0]
    return count


def _within_limits(source: str, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > _MOST_ENTRIES:
        raise _bad_dump(source, f"it has {len(entries)} entries")
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > _MOST_BYTES or unpacked > packed * _MOST_RATIO:
        raise _bad_dump(source, f"it would unpack to {unpacked // 1_000_000} MB")
    if any(entry.file_size > DOCUMENT_LIMIT for entry in entries):
        raise _bad_dump(source, "an entry is larger than it may be")
    if any(entry.compress_type not in (0, 8) for entry in entries):  # stored, deflated
        raise _bad_dump(source, "an entry is packed in an unusual way")


def _bad_dump(source: str, why: str) -> OutsideFailed:
    return OutsideFailed(
        "bad-dump",
        "the advisory dump cannot be used; the data from before stays",
        context=(why, f"source: {redact(source)}"),
        hint="Try again later, or name another source with `onward guard update --from`.",
    )


def _shrunken(source: str, had: int, entries: int) -> OutsideFailed:
    return OutsideFailed(
        "shrunken-dump",
        f"the dump has {entries:,} entries where the data from before has {had:,}; that data stays",
        context=(f"source: {redact(source)}",),
        hint="If that is right, `onward guard update --force` takes it.",
    )


def _new_store(path: Path) -> sqlite3.Connection:
    store = sqlite3.connect(path)
    # nobody else sees this file before it is whole and on disk
    store.execute("PRAGMA journal_mode = OFF")
    store.execute("PRAGMA synchronous = OFF")
    store.execute("CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
    store.execute(
        "CREATE TABLE advisories (name TEXT NOT NULL, id TEXT NOT NULL, advisory BLOB NOT NULL,"
        " PRIMARY KEY (name, id)) WITHOUT ROWID"
    )
    # apart from the advisories, so that reading those touches no page with a document on it
    store.execute(
        "CREATE TABLE documents (id TEXT PRIMARY KEY, modified TEXT NOT NULL, document BLOB NOT NULL)"
    )
    store.execute(
        "CREATE TABLE aliases (alias TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (alias, id))"
        " WITHOUT ROWID"
    )
    return store


def _seal(fresh: Path, info: FeedInfo) -> None:
    with contextlib.closing(sqlite3.connect(fresh)) as store:
        text = msgspec.json.encode(info).decode()
        store.execute("INSERT INTO about VALUES ('info', ?)", (text,))
        store.commit()
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    fresh.chmod(0o644)  # what is in it is public; a shared cache is read by several users


def _take_its_place(fresh: Path, target: Path) -> None:
    for pause in (0.1, 0.5, 1.0):  # Windows: a reader may hold the old file for a moment
        try:
            os.replace(fresh, target)  # noqa: PTH105 - the atomic one, by name
        except PermissionError:
            time.sleep(pause)
        else:
            return
    os.replace(fresh, target)  # noqa: PTH105


def _digest(dump: Path) -> str:
    with dump.open("rb") as file:
        return f"{SCHEMA}-{hashlib.file_digest(file, 'sha256').hexdigest()[:20]}"


_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
