"""Rows of the table ``own_files``: the packages that were uploaded here. A row is changed, never taken away.

A file's name is used once: the row of a deleted file stays. ``revision`` counts all changes,
so that whoever keeps pages can ask what has changed since.
"""

import datetime as dt
from collections.abc import Sequence

import msgspec
import sqlalchemy
from sqlalchemy import Connection, ScalarSelect, func, select, update

from onward.adapters.database.schema import own_files
from onward.core.names import Name


class OwnFile(msgspec.Struct, frozen=True, kw_only=True):
    """One uploaded file: size in bytes, digests in hex, aware times.

    ``same`` is one text for all spellings of its name, ``uploader`` the public part of a token,
    ``yanked`` the reason (maybe empty; None: not yanked), ``provenance`` the sha256 of its
    attestations.
    """

    filename: str
    same: str
    project: Name
    version: str
    sha256: str
    size: int
    uploaded: dt.datetime
    requires_python: str | None = None
    metadata_sha256: str | None = None
    uploader: str = ""
    yanked: str | None = None
    deleted: dt.datetime | None = None
    provenance: str | None = None


_COLUMNS = [own_files.c[name] for name in OwnFile.__struct_fields__]


def add_own_file(connection: Connection, file: OwnFile) -> None:
    """Keep a new row; raises IntegrityError when there is, or was, a file of that name in any spelling."""
    values = {**msgspec.structs.asdict(file), "revision": _next()}
    connection.execute(sqlalchemy.insert(own_files).values(values))


def find_own_file(connection: Connection, same: str) -> OwnFile | None:
    """Give the file that is, or was, there under any spelling of a name."""
    row = connection.execute(select(*_COLUMNS).where(own_files.c.same == same)).first()
    return _file(row) if row is not None else None


def own_files_of(connection: Connection, project: Name) -> Sequence[OwnFile]:
    """Give the files of a project in the order in which they came, deleted ones too."""
    query = select(*_COLUMNS).where(own_files.c.project == project)
    rows = connection.execute(query.order_by(own_files.c.uploaded, own_files.c.filename))
    return [_file(row) for row in rows]


def own_revision(connection: Connection, project: Name) -> int | None:
    """Give the number of the last change to a project; None when nothing of it was ever uploaded."""
    query = select(func.max(own_files.c.revision)).where(own_files.c.project == project)
    found: int | None = connection.execute(query).scalar()
    return found


def own_projects(connection: Connection) -> Sequence[Name]:
    """Give the projects that have files now, sorted."""
    query = select(own_files.c.project).where(own_files.c.deleted.is_(None)).distinct()
    return [Name(row.project) for row in connection.execute(query.order_by(own_files.c.project))]


def own_changes(connection: Connection, after: int) -> tuple[int, Sequence[Name]]:
    """Give the number of the last change of all, and the projects that have changed since number ``after``."""
    last: int = connection.execute(
        select(func.coalesce(func.max(own_files.c.revision), 0))
    ).scalar_one()
    query = select(own_files.c.project).where(own_files.c.revision > after).distinct()
    return last, [Name(row.project) for row in connection.execute(query)] if last > after else []


def yank_own_files(connection: Connection, filenames: Sequence[str], reason: str | None) -> None:
    """Note that files are yanked for a reason, or (None) are not any more."""
    connection.execute(
        update(own_files)
        .where(own_files.c.filename.in_(filenames))
        .values(yanked=reason, revision=_next())
    )


def delete_own_files(connection: Connection, filenames: Sequence[str], at: dt.datetime) -> None:
    """Note that files are deleted; their names stay taken."""
    connection.execute(
        update(own_files)
        .where(own_files.c.filename.in_(filenames))
        .values(deleted=at, revision=_next())
    )


def _next() -> ScalarSelect[int]:
    """Give the next number of a change; whoever writes is alone (``Database.writing``)."""
    again = own_files.alias()
    return select(func.coalesce(func.max(again.c.revision), 0) + 1).scalar_subquery()


def _file(row: sqlalchemy.Row[tuple[object, ...]]) -> OwnFile:
    return msgspec.convert(row, OwnFile, from_attributes=True)
