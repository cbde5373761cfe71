"""Open the database, bring it to today's tables, and give connections whose faults are onward's own."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from onward.adapters.database.schema import HEAD
from onward.core.errors import OutsideFailed

_PATIENCE = 10.0  # seconds that one writer waits for another


class Database:
    """Connections to the server's database; safe to share between threads.

    Every fault of the database is OutsideFailed (``store-failed``), but IntegrityError: who
    writes a row that may be there already handles that.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection to look with."""
        with translated(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are all kept at the end, or none of them."""
        with translated(), _held(self._engine) as connection:
            yield connection

    def check(self) -> None:
        """Ask for something that is always there; raises OutsideFailed when it does not come."""
        with self.reading() as connection:
            connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def open_database(path: Path) -> Database:
    """Open the SQLite database at ``path``, made or brought to today's tables where needed.

    Raises OutsideFailed (``store-failed``) when it cannot be opened: not writable, damaged, or
    of a newer onward.
    """
    with translated():
        engine = sqlalchemy.create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"timeout": _PATIENCE, "isolation_level": None},
        )
        event.listen(engine, "connect", _prepare)
        try:
            _migrate(engine)
        except BaseException:
            engine.dispose()
            raise
    return Database(engine)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # WAL lets readers read on while one writes; FULL syncs each commit: what was said to be kept is kept
    for words in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {words}").close()


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return  # alembic takes a third of a second to import
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    settings = Config()
    settings.set_main_option("script_location", "onward.adapters.database:migrations")
    with _held(engine) as connection:
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except CommandError as error:
            raise _failed(error) from error


def _revision(connection: Connection) -> str:
    """Give which migration the tables are at; empty for a new database."""
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


@contextlib.contextmanager
def _held(engine: Engine) -> Iterator[Connection]:
    """Give a connection that nobody writes beside, and keep its changes at the end."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # taken at once: a reader that turns writer later could be refused without waiting
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn faults of the database into OutsideFailed, but IntegrityError."""
    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, OSError) as error:
        raise _failed(getattr(error, "orig", None) or error) from error


def _failed(error: BaseException) -> OutsideFailed:
    return OutsideFailed(
        "store-failed",
        "the database of the data folder did not do its part",
        context=(str(error).partition("\n")[0],),
        hint="Look at the data folder: is its disk full, is it not writable, or is another program holding it?",
    )
