"""Who was given which file, and when: rows are added and, once old, taken away, never changed."""

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, delete, exists, insert, select

from onward.adapters.database.engine import Database
from onward.adapters.database.schema import downloads, gaps, purges
from onward.core.names import Name


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was given to a client.

    ``who`` is the label of its token (empty: anyone), ``address`` where it called from,
    ``client`` its User-Agent, ``held`` the rule that would have blocked it but for a dry run.
    """

    at: dt.datetime
    project: Name
    version: str
    filename: str
    who: str = ""
    address: str = ""
    client: str = ""
    held: str = ""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which ``missing`` downloads could not be logged."""

    since: dt.datetime
    until: dt.datetime
    missing: int


def add_downloads(connection: Connection, rows: Sequence[Logged]) -> None:
    """Add rows to the log."""
    if rows:
        connection.execute(insert(downloads), [msgspec.structs.asdict(row) for row in rows])


def add_gap(connection: Connection, gap: Gap) -> None:
    """Say in the log that some of it is missing."""
    connection.execute(insert(gaps).values(msgspec.structs.asdict(gap)))


def find_downloads(
    database: Database,
    *,
    name: Name | None = None,
    since: dt.datetime | None = None,
    filename: str | None = None,
) -> list[Logged]:
    """Give what is logged, the newest first: of a project, from a moment on, of a file."""
    query = select(downloads).order_by(downloads.c.at.desc(), downloads.c.id.desc())
    if name is not None:
        query = query.where(downloads.c.project == name)
    if since is not None:
        query = query.where(downloads.c.at >= since)
    if filename is not None:
        query = query.where(downloads.c.filename == filename)
    with database.reading() as connection:
        return [
            msgspec.convert(row, Logged, from_attributes=True) for row in connection.execute(query)
        ]


def find_gaps(database: Database, *, since: dt.datetime | None = None) -> list[Gap]:
    """Give the times of which the log misses something, the newest first."""
    query = select(gaps).order_by(gaps.c.id.desc())
    if since is not None:
        query = query.where(gaps.c.until >= since)
    with database.reading() as connection:
        return [
            msgspec.convert(row, Gap, from_attributes=True) for row in connection.execute(query)
        ]


def downloaded_files(database: Database, name: Name) -> list[tuple[str, str]]:
    """Give (version, file name) of all files of a project that anyone was given."""
    query = select(downloads.c.version, downloads.c.filename).where(downloads.c.project == name)
    with database.reading() as connection:
        return [(row.version, row.filename) for row in connection.execute(query.distinct())]


def downloaded_projects(database: Database) -> Iterable[Name]:
    """Give the projects of which anyone was given a file."""
    with database.reading() as connection:
        return [
            Name(row.project) for row in connection.execute(select(downloads.c.project).distinct())
        ]


def forget_downloads(database: Database, before: dt.datetime) -> int:
    """Take away what was logged before a moment, but for purged files; give how many rows.

    Who has had a purged file must be found however long ago it was.
    """
    purged = exists().where(
        purges.c.project == downloads.c.project, purges.c.filename == downloads.c.filename
    )
    with database.writing() as connection:
        gone = connection.execute(delete(downloads).where(downloads.c.at < before, ~purged))
        connection.execute(delete(gaps).where(gaps.c.until < before))
        return gone.rowcount
