"""Which files were taken out of the store because they must not be there, and why."""

import datetime as dt

import msgspec
from sqlalchemy import Connection, insert, select

from onward.adapters.database.engine import Database
from onward.adapters.database.schema import purges
from onward.core.names import Name


class Purge(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was purged: when, under which rule, for what reason."""

    at: dt.datetime
    project: Name
    version: str
    filename: str
    rule: str
    reason: str


def add_purge(connection: Connection, purge: Purge) -> None:
    """Note that a file was purged."""
    connection.execute(insert(purges).values(msgspec.structs.asdict(purge)))


def find_purges(database: Database, name: Name | None = None) -> list[Purge]:
    """Give what was purged, the newest first: of one project, or all."""
    query = select(purges).order_by(purges.c.at.desc(), purges.c.id.desc())
    if name is not None:
        query = query.where(purges.c.project == name)
    with database.reading() as connection:
        return [
            msgspec.convert(row, Purge, from_attributes=True) for row in connection.execute(query)
        ]
