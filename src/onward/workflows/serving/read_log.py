"""What a server has noted, for whoever asks at the command line: who was given what, and what was purged."""

import datetime as dt
from pathlib import Path

import msgspec

from onward.adapters.database.downloads import Gap, Logged, find_downloads, find_gaps
from onward.adapters.database.purges import Purge, find_purges
from onward.core.errors import BadInput
from onward.core.names import parse_name
from onward.domain.guard.advisories import canonical
from onward.domain.policy.durations import parse_duration
from onward.domain.policy.keys import parse_day
from onward.domain.spec import parse_spec
from onward.workflows.serving.data_folder import database_of


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """Downloads, the newest first, and the times of which some are missing."""

    downloads: tuple[Logged, ...]
    gaps: tuple[Gap, ...]


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """A purged file, and everyone who has had it, the newest first."""

    purge: Purge
    had: tuple[Logged, ...]


def read_log(data: Path, spec: str | None, since: str | None, now: dt.datetime) -> Log:
    """Give the log of the server whose data folder is ``data``.

    ``spec`` is NAME or NAME==VERSION, ``since`` a day or a span of time. Raises BadInput for
    what neither is and for a folder without a database, OutsideFailed when that fails.
    """
    subject = parse_spec(spec) if spec else None
    start = _moment(since, now) if since else None
    with database_of(data) as database:
        name = parse_name(subject.name) if subject else None
        found = find_downloads(database, name=name, since=start)
        gaps = find_gaps(database, since=start)
    if subject and subject.version:
        wanted = canonical(subject.version)
        found = [row for row in found if canonical(row.version) == wanted]
    return Log(downloads=tuple(found), gaps=tuple(gaps))


def read_purged(data: Path) -> tuple[Recall, ...]:
    """Give what the server took out of its store, the newest first; raises as ``read_log`` does."""
    with database_of(data) as database:
        return tuple(
            Recall(
                purge=purge,
                had=tuple(find_downloads(database, name=purge.project, filename=purge.filename)),
            )
            for purge in find_purges(database)
        )


def _moment(text: str, now: dt.datetime) -> dt.datetime:
    """Give the moment from which ``text`` counts: the start of a day (UTC), or so long ago."""
    if (day := parse_day(text)) is not None:
        return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
    if (span := parse_duration(text)) is not None:
        return now - span
    raise BadInput(
        "bad-since",
        f"`{text}` is not a day or a span of time",
        hint='Write it like `--since 2026-05-01` or `--since "2 days"`.',
    )
