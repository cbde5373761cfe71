"""Files that their index took away are taken away here too, without asking it for more than it can bear."""

import datetime as dt
from collections.abc import Callable

from onward.adapters.database.engine import Database
from onward.adapters.database.kept import of_project, projects_after
from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.shelves.files import filename_of
from onward.shelves.merged import Merged
from onward.workflows.serving.background import Due
from onward.workflows.serving.purging import REMOVED, Purger, Why

_PACE = dt.timedelta(seconds=2)
_ROUND = dt.timedelta(days=1)
_REST = dt.timedelta(minutes=10)


class Follower:
    """Asks for the page of one stored project at a time, each once a day at most, and purges what it lists no more.

    Files of a quarantined project stay where they are: its page blocks them, and many come
    back. An index that gives no answer has taken nothing away; it is left alone for a while.
    A project that is gone whole is asked for once more a day later: some indexes say "not
    there" when they are ill, and what is not listed is not served in any case.
    """

    def __init__(
        self,
        database: Database,
        merged: Merged,
        purger: Purger,
        *,
        clock: Callable[[], dt.datetime],
        fresh_for: dt.timedelta,
    ) -> None:
        self._database = database
        self._merged = merged
        self._purger = purger
        self._clock = clock
        self._fresh_for = fresh_for
        self._pace = Due(_PACE)
        self._round = Due(_ROUND)
        self._last: Name | None = None
        self._away: dt.datetime | None = None
        self._missed: set[Name] = set()

    def step(self) -> Name | None:
        """Look at the next project, if it is time; give which."""
        now = self._clock()
        if self._away is not None and self._away <= now < self._away + _REST:
            return None
        if self._last is None and not self._round.at(now):
            return None
        if not self._pace.at(now):
            self._last = self._last or Name("")
            return None
        batch = projects_after(self._database, self._last or Name(""), 1)
        self._last = batch[0] if batch else None
        if self._last is not None:
            self._away = None if self.look(self._last) else now
        return self._last

    def look(self, name: Name) -> bool:
        """Purge what the index of ``name`` does not list any more; whether it could be asked."""
        try:
            found = self._merged.view(name)
            if found is None:
                if name not in self._missed:
                    self._missed.add(name)
                    return True
                listed: frozenset[str] = frozenset()
            else:
                owner, view = found
                asked = owner.asked(name)
                age = None if asked is None else self._clock().timestamp() - asked
                if age is None or age >= self._fresh_for.total_seconds():
                    return False  # an old page, since the index is away
                files = owner.listed(name, anew=False)
                if files is None or any(f.rule == "guard/quarantined" for f in view.judged.project):
                    return True
                listed = frozenset(file.filename for file in files)
        except OutsideFailed:
            return False
        self._missed.discard(name)
        why = Why(rule=REMOVED, reason="its index does not list it any more")
        kept = {filename_of(row.key) for row in of_project(self._database, name)}
        self._purger.project(name, dict.fromkeys(kept - listed, why))
        return True
