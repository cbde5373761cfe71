"""Which objects of the mirror are kept, how large they are, and when each was last asked for."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from onward.adapters.database.engine import Database
from onward.adapters.database.schema import kept_files
from onward.core.names import Name

_AT_ONCE = 500  # keys in one question


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One object: its key in the store, the project it belongs to, its bytes, when it was last used."""

    key: str
    project: Name
    size: int
    used: dt.datetime


def keep(connection: Connection, rows: Sequence[Kept]) -> None:
    """Note that objects are there now; of those that were noted before only the time changes."""
    there = known(connection, [row.key for row in rows])
    fresh = {row.key: row for row in rows if row.key not in there}
    if fresh:
        connection.execute(
            insert(kept_files), [msgspec.structs.asdict(row) for row in fresh.values()]
        )
    use(connection, {row.key: row.used for row in rows if row.key in there})


def use(connection: Connection, used: Mapping[str, dt.datetime]) -> None:
    """Note when objects were last asked for; keys that are not noted stay so."""
    if used:
        change = update(kept_files).where(kept_files.c.key == bindparam("which"))
        connection.execute(
            change.values(used=bindparam("moment")),
            [{"which": key, "moment": moment} for key, moment in used.items()],
        )


def known(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Give those of ``keys`` that are noted."""
    found: set[str] = set()
    for at in range(0, len(keys), _AT_ONCE):
        query = select(kept_files.c.key).where(kept_files.c.key.in_(keys[at : at + _AT_ONCE]))
        found.update(row.key for row in connection.execute(query))
    return found


def forget(connection: Connection, keys: Collection[str]) -> None:
    """Note that objects are not there any more."""
    listed = list(keys)
    for at in range(0, len(listed), _AT_ONCE):
        chosen = kept_files.c.key.in_(listed[at : at + _AT_ONCE])
        connection.execute(delete(kept_files).where(chosen))


def total(database: Database) -> int:
    """Give the bytes of all objects together."""
    with database.reading() as connection:
        found = connection.execute(select(func.coalesce(func.sum(kept_files.c.size), 0)))
        return int(found.scalar_one())


def least_used(database: Database, most: int, *, skip: int = 0) -> list[Kept]:
    """Give up to ``most`` objects, those first that nobody has asked for the longest, without the first ``skip``."""
    query = select(kept_files).order_by(kept_files.c.used, kept_files.c.key)
    return _rows(database, query.limit(most).offset(skip))


def of_project(database: Database, name: Name) -> list[Kept]:
    """Give the objects of a project."""
    return _rows(database, select(kept_files).where(kept_files.c.project == name))


def projects_after(database: Database, name: Name, most: int) -> list[Name]:
    """Give up to ``most`` projects that have objects, by name, from behind ``name`` on (empty: from the first)."""
    query = select(kept_files.c.project).where(kept_files.c.project > name).distinct()
    with database.reading() as connection:
        found = connection.execute(query.order_by(kept_files.c.project).limit(most))
        return [Name(row.project) for row in found]


def keys_after(database: Database, key: str, most: int) -> list[str]:
    """Give up to ``most`` keys, in their order, from behind ``key`` on (empty: from the first)."""
    query = select(kept_files.c.key).where(kept_files.c.key > key).order_by(kept_files.c.key)
    with database.reading() as connection:
        return [row.key for row in connection.execute(query.limit(most))]


def _rows(database: Database, query: Select[tuple[object, ...]]) -> list[Kept]:
    with database.reading() as connection:
        return [
            msgspec.convert(row, Kept, from_attributes=True) for row in connection.execute(query)
        ]
