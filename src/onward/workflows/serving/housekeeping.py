"""What a running server does beside its answers: write its notes, purge, follow its indexes, keep within its room."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from onward.adapters.database.downloads import forget_downloads
from onward.core.disk import clear_halves
from onward.core.errors import OnwardError
from onward.shelves.files import clear_spare
from onward.workflows.serving import cache_limit, reconcile
from onward.workflows.serving.background import Background, Due
from onward.workflows.serving.following import Follower
from onward.workflows.serving.live_tokens import LiveTokens
from onward.workflows.serving.own_packages import OwnPackages
from onward.workflows.serving.purging import Purger, Store
from onward.workflows.serving.recorder import Recorder
from onward.workflows.serving.rulebook import LiveJudge
from onward.workflows.serving.settings import ServerSettings

_TICK = 1.0  # seconds
_DAY = dt.timedelta(days=1)
_SURE = dt.timedelta(hours=1)
_LOOK_AGAIN = dt.timedelta(minutes=1)  # at what could not be purged


class Housekeeping:
    """All jobs of a server; each can be called by itself, and ``start`` has them done in the background.

    What is written in batches has a thread of its own, so that neither a slow index nor a
    long look through the store keeps it waiting.
    """

    def __init__(
        self,
        data: Path,
        settings: ServerSettings,
        *,
        store: Store,
        recorder: Recorder,
        purger: Purger,
        follower: Follower,
        judge: LiveJudge,
        own: OwnPackages,
        tokens: LiveTokens,
        clock: Callable[[], dt.datetime],
        warn: Callable[[OnwardError], None],
    ) -> None:
        self._data = data
        self._settings = settings
        self._store = store
        self._recorder = recorder
        self._purger = purger
        self._follower = follower
        self._judge = judge
        self._own = own
        self._tokens = tokens
        self._clock = clock
        self._started = clock()
        self._looked_at = 0  # the edition under which all was looked through
        self._tried = 0  # the one under which that was last begun
        self._met = False  # store and notes
        self._grown = True
        self._old_at: dt.datetime | None = None  # when that was last found to be due
        self._daily, self._again, self._room = Due(_DAY), Due(_LOOK_AGAIN), Due(_LOOK_AGAIN)
        self._threads = [
            Background(job, seconds=_TICK, warn=warn)
            for job in (self.write, self.purge, self.tidy, self.follow)
        ]

    def start(self) -> None:
        """Have the jobs done; gives at once."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop, and write what is still to be written."""
        for thread in reversed(self._threads):
            thread.stop()
        self._recorder.close()

    def write(self) -> None:
        """Write what the recorder has, and when tokens were used."""
        if self._recorder.flush():
            self._grown = True
        self._tokens.keep_due()

    def purge(self) -> None:
        """Look for malware in what is kept, if the policy or the advisory data is another than before."""
        edition = self._judge.edition
        if edition == self._looked_at or not self._again_due(edition):
            return
        self.write()
        if self._purger.malware():
            self._looked_at = edition

    def tidy(self) -> None:
        """Bring store and notes together once, keep within the room there is, forget what is old."""
        now = self._clock()
        self._own.tidy()
        if not self._met:
            if reconcile.adopt(self._store, now):
                self._purger.malware()
            reconcile.drop(self._store)
            self._clear_halves((self._started - _DAY).timestamp())
            self._met = True
        self._forget(now)
        limit = self._settings.cache_limit
        if limit is not None and (self._grown or self._room.at(now)):
            self._grown = False
            self._recorder.flush(whole=True)
            cache_limit.evict(self._store, limit)

    def _clear_halves(self, before: float) -> None:
        """Remove what servers left that were killed, once it is so old that nobody can be writing it."""
        self._store.objects.clear_halves(before)
        for folder in ("pages", "views"):
            clear_halves(self._data / folder, before)
        clear_spare(before)

    def _forget(self, now: dt.datetime) -> None:
        """Once a day forget what is old: an hour later, if the clock has not been set back since.

        A clock that was set far ahead by mistake would have all of it forgotten.
        """
        due = self._old_at
        if due is not None and now >= due + _SURE:
            forget_downloads(self._store.database, due - dt.timedelta(days=self._settings.log_days))
            if not self._settings.offline:
                cache_limit.forget_old_pages(self._data, due - cache_limit.PAGES_KEPT)
        if due is not None and not due <= now < due + _SURE:
            self._old_at = None
        if self._daily.at(now):
            self._old_at = now

    def follow(self) -> None:
        """See what the indexes took away, a project at a time."""
        if not self._settings.offline and self._met:
            self._follower.step()

    def _again_due(self, edition: int) -> bool:
        """A new edition is looked at now; what did not work under this one, a minute later."""
        if edition != self._tried:
            self._tried = edition
            self._again = Due(_LOOK_AGAIN)
        return self._again.at(self._clock())
