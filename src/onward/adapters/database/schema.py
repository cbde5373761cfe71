"""The tables of the server's database. What changes here needs a migration in ``migrations/versions``."""

import datetime as dt

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

HEAD = "0001"
"""The newest migration."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class Moment(TypeDecorator[dt.datetime]):
    """An aware time, stored as microseconds since 1970 (UTC): exact, and in order in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:
        """Give what is stored."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> dt.datetime | None:
        """Give the time."""
        return None if value is None else _EPOCH + value * _MICROSECOND


_Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER only

metadata = MetaData()

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True, comment="the public part of the token"),
    Column("label", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="sha256 of the secret part, hex digits"),
    Column("actions", Text, nullable=False, comment="JSON list of words"),
    Column("projects", Text, nullable=False, comment="JSON list of globs on names; empty: all"),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("revoked", Moment),
    Column("used", Moment, comment="when it was last used, to the minute"),
)

own_files = Table(
    "own_files",
    metadata,
    Column("filename", Text, primary_key=True),
    Column("same", Text, nullable=False, comment="one text for all spellings of the same file"),
    Column("project", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("requires_python", Text),
    Column("metadata_sha256", Text, comment="of the METADATA beside a wheel"),
    Column("uploaded", Moment, nullable=False),
    Column("uploader", Text, nullable=False, comment="id of the token, or empty"),
    Column("yanked", Text, comment="the reason, maybe empty; null: not yanked"),
    Column("deleted", Moment, comment="the name of a deleted file is never used again"),
    Column("provenance", Text, comment="sha256 of its attestations; null: there are none"),
    Column("revision", BigInteger, nullable=False, comment="number of its last change"),
    Index("own_files_project", "project", "version"),
    Index("own_files_same", "same", unique=True),
    Index("own_files_revision", "revision"),
)

downloads = Table(
    "downloads",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("project", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("who", Text, nullable=False, comment="label of the token, or empty"),
    Column("address", Text, nullable=False, comment="of the client"),
    Column("client", Text, nullable=False, comment="its User-Agent"),
    Column(
        "held", Text, nullable=False, comment="rule that would have blocked it, but for a dry run"
    ),
    Index("downloads_project", "project", "version"),
    Index("downloads_at", "at"),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("missing", Integer, nullable=False, comment="downloads that could not be logged"),
)

kept_files = Table(
    "kept_files",
    metadata,
    Column("key", Text, primary_key=True, comment="of the object in the store"),
    Column("project", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("used", Moment, nullable=False),
    Index("kept_files_used", "used"),
    Index("kept_files_project", "project"),
)

purges = Table(
    "purges",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("project", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("purges_project", "project"),
)
