"""What the server must remember of its answers: taken in memory while it answers, written in batches beside that."""

import contextlib
import datetime as dt
import threading
from collections import deque
from collections.abc import Callable

import msgspec

from onward.adapters.database import kept as kept_rows
from onward.adapters.database.downloads import Gap, Logged, add_downloads, add_gap
from onward.adapters.database.engine import Database
from onward.adapters.database.kept import Kept
from onward.core.errors import OnwardError, OutsideFailed
from onward.core.names import Name

_USED_EVERY = dt.timedelta(minutes=1)  # how exactly the last use of a file is known


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers since the server started: files given, of these what only a dry run let through, log entries lost."""

    downloads: int = 0
    would_block: int = 0
    lost: int = 0


class Recorder:
    """Takes what is given, kept and used without ever waiting; ``flush`` writes it to the database.

    At most ``most`` entries of each kind wait. A download more than that is counted as lost,
    and said: in the log itself (``gaps``) and to ``warn``. What is kept and used can be found
    again, so it is dropped in silence. Safe to share between threads.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], dt.datetime],
        warn: Callable[[OnwardError], None],
        most: int = 20_000,
    ) -> None:
        self._database = database
        self._clock = clock
        self._warn = warn
        self._most = most
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._downloads: deque[Logged] = deque()
        self._kept: dict[str, Kept] = {}
        self._used: dict[str, dt.datetime] = {}
        self._used_written = clock()
        self._lost = 0
        self._lost_since: dt.datetime | None = None
        self._failing = False
        self._counts = Counts()

    @property
    def counts(self) -> Counts:
        """How much there was so far."""
        return self._counts

    def downloaded(self, row: Logged) -> None:
        """Take a download for the log."""
        with self._lock:
            full = len(self._downloads) >= self._most
            old = self._counts
            self._counts = Counts(
                downloads=old.downloads + 1,
                would_block=old.would_block + bool(row.held),
                lost=old.lost + full,
            )
            if full:
                self._lost += 1
                self._lost_since = self._lost_since or row.at
            else:
                self._downloads.append(row)

    def kept(self, project: Name, key: str, size: int) -> None:
        """Take that an object is in the store now; see ``shelves.files.Keeping``."""
        row = Kept(key=key, project=project, size=size, used=self._clock())
        with self._lock:
            if len(self._kept) < self._most:
                self._kept[key] = row

    def used(self, key: str) -> None:
        """Take that an object was asked for; see ``shelves.files.Keeping``."""
        now = self._clock()
        with self._lock:
            if len(self._used) < self._most or key in self._used:
                self._used[key] = now

    def flush(self, *, whole: bool = False) -> bool:
        """Write what waits; whether objects came in.

        When each was last used is written once a minute, or with ``whole``. If the database
        fails, what waits goes on waiting; ``warn`` hears of that once, and of its end.
        """
        with self._writing:
            now = self._clock()
            with self._lock:
                downloads, kept = list(self._downloads), dict(self._kept)
                due = whole or not now - _USED_EVERY < self._used_written <= now
                used = dict(self._used) if due else {}
                lost, since = self._lost, self._lost_since
            if not (downloads or kept or used or lost):
                return False
            try:
                with self._database.writing() as connection:
                    add_downloads(connection, downloads)
                    if lost:
                        add_gap(connection, Gap(since=since or now, until=now, missing=lost))
                    kept_rows.keep(connection, list(kept.values()))
                    kept_rows.use(connection, used)
            except OutsideFailed as error:
                self._failed(error)
                return False
            self._written(len(downloads), kept, used, lost)
            if due:
                self._used_written = now
            return bool(kept)

    def _written(
        self, downloads: int, kept: dict[str, Kept], used: dict[str, dt.datetime], lost: int
    ) -> None:
        with self._lock:
            for _ in range(downloads):
                self._downloads.popleft()
            for key, row in kept.items():
                if self._kept.get(key) is row:
                    del self._kept[key]
            for key, moment in used.items():
                if self._used.get(key) is moment:
                    del self._used[key]
            self._lost -= lost
            if not self._lost:
                self._lost_since = None
        if lost:
            self._warn(
                OutsideFailed(
                    "log-gap", f"{lost} downloads are missing from the log: too many waited for it"
                )
            )
        self._failing = False

    def _failed(self, error: OutsideFailed) -> None:
        if not self._failing:
            self._failing = True
            context = (*error.context, "The server goes on; what it should note waits in memory.")
            self._warn(OutsideFailed(error.reference, error.message, context=context))

    def close(self) -> None:
        """Write what waits for the last time, and say what could not be."""
        self.flush(whole=True)
        with self._lock:
            left = len(self._downloads) + self._lost
            self._downloads.clear()
        if left:
            with contextlib.suppress(OSError):
                self._warn(
                    OutsideFailed("log-gap", f"{left} downloads could not be written to the log")
                )
