"""What must not be kept any more is taken out of the store, and everyone who has had it can be listed."""

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Mapping

import msgspec

from onward.adapters.database import kept as kept_rows
from onward.adapters.database.downloads import (
    downloaded_files,
    downloaded_projects,
    find_downloads,
)
from onward.adapters.database.engine import Database
from onward.adapters.database.kept import Kept
from onward.adapters.database.purges import Purge, add_purge, find_purges
from onward.adapters.objects import Objects
from onward.adapters.simple_api import version_of
from onward.core.artifact import Status
from onward.core.errors import OnwardError, OutsideFailed, Refused
from onward.core.names import Name
from onward.index.hot import HotFiles
from onward.shelves.files import filename_of
from onward.workflows.judge import IndexFacts
from onward.workflows.serving.rulebook import LiveJudge

MALICIOUS = "guard/malicious"
REMOVED = "upstream/removed"
"""Why files are purged: a rule, and a word for what the index behind took away."""

_AT_ONCE = 500  # projects
_NAMED = 5  # clients in a warning


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why a file must go: the rule, and the reason in words."""

    rule: str
    reason: str


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, in all places where it is: the objects, the notes on them, the memory."""

    database: Database
    objects: Objects
    hot: HotFiles

    def remove(self, keys: Iterable[str]) -> list[str]:
        """Take objects away, not yet the notes on them; give the keys of those that could not be.

        On Windows a file that is being sent cannot be deleted; it is tried again later.
        """
        stuck: list[str] = []
        for key in keys:
            path = self.objects.path(key)
            try:
                self.objects.delete(key)
            except OutsideFailed:
                stuck.append(key)
                continue
            if path is not None:
                self.hot.forget(path)
        return stuck


class Purger:
    """Purges files; safe to be killed at any point: objects go first, then their notes and the row, in one step."""

    def __init__(
        self,
        store: Store,
        judge: LiveJudge,
        *,
        clock: Callable[[], dt.datetime],
        warn: Callable[[OnwardError], None],
    ) -> None:
        self._store = store
        self._judge = judge
        self._clock = clock
        self._warn = warn
        self._turn = threading.Lock()

    def malware(self) -> bool:
        """Look through all that is kept or was given for what is known as malware now; whether all of it is gone.

        Asks no index. Raises OutsideFailed when the database or the advisory data fails.
        """
        done = True
        for name in self._projects():
            bad = self._malicious(name)
            done = self.project(name, bad) and done
        return done

    def project(self, name: Name, why: Mapping[str, Why]) -> bool:
        """Purge the files of a project that ``why`` names, with what lies beside them; whether all are gone."""
        if not why:
            return True
        with self._turn:  # of two jobs that find the same, one purges it
            return self._purge(name, why)

    def _purge(self, name: Name, why: Mapping[str, Why]) -> bool:
        rows: dict[str, list[Kept]] = {filename: [] for filename in why}
        for row in kept_rows.of_project(self._store.database, name):
            if (filename := filename_of(row.key)) in rows:
                rows[filename].append(row)
        before = {purge.filename for purge in find_purges(self._store.database, name)}
        done = True
        for filename, kept in rows.items():
            done = self._file(name, filename, why[filename], kept, filename in before) and done
        return done

    def _file(self, name: Name, filename: str, why: Why, kept: list[Kept], before: bool) -> bool:
        keys = [row.key for row in kept]
        if self._store.remove(keys):
            return False
        stored = any(key.endswith(f"/{filename}") for key in keys)
        had = find_downloads(self._store.database, name=name, filename=filename)
        purge = Purge(
            at=self._clock(),
            project=name,
            version=version_of(filename, name) or "",
            filename=filename,
            rule=why.rule,
            reason=why.reason,
        )
        # metadata is handed on of blocked files too, so it may come again: that is no news
        news = stored or (bool(had) and not before)
        if not (keys or news):
            return True
        with self._store.database.writing() as connection:
            kept_rows.forget(connection, keys)
            if news:
                add_purge(connection, purge)
        if news:
            who = list(dict.fromkeys(row.who or row.address for row in had))
            self._warn(_purged(purge, who))
        return True

    def _malicious(self, name: Name) -> dict[str, Why]:
        if not any(advisory.malicious for advisory in self._judge.advisories(name)):
            return {}
        database = self._store.database
        names = {filename_of(row.key) for row in kept_rows.of_project(database, name)}
        names |= {filename for _, filename in downloaded_files(database, name)}
        versions = {filename: version_of(filename, name) for filename in names}
        found = self._judge.on_releases(
            name,
            {version: () for version in versions.values() if version},
            IndexFacts(address=""),
            Status.active,
        )
        bad: dict[str, Why] = {}
        for filename, version in versions.items():
            for finding in found.on(version) if version else ():
                if finding.rule == MALICIOUS and self._judge.blocks(finding):
                    bad[filename] = Why(rule=finding.rule, reason=finding.message)
        return bad

    def _projects(self) -> Iterable[Name]:
        database = self._store.database
        yield from sorted({*downloaded_projects(database), *_kept_projects(database)})


def _kept_projects(database: Database) -> Iterable[Name]:
    last = Name("")
    while batch := kept_rows.projects_after(database, last, _AT_ONCE):
        yield from batch
        last = batch[-1]


def _purged(purge: Purge, who: list[str]) -> Refused:
    more = f" and {len(who) - _NAMED} more" if len(who) > _NAMED else ""
    had = f"It was given to {', '.join(who[:_NAMED])}{more}." if who else "Nobody was given it."
    return Refused(
        "purged",
        f"{purge.filename} was taken out of the store: {purge.reason} [{purge.rule}]",
        context=(had, "`onward guard purged` lists who has had it, and when."),
    )
