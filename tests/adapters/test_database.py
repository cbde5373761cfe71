"""The server's database: made, kept, locked, damaged, of another onward."""

import datetime as dt
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from onward.adapters.database import schema
from onward.adapters.database.engine import open_database
from onward.core.errors import OutsideFailed

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def a_purge(project: str) -> dict[str, object]:
    words = ("version", "filename", "rule", "reason")
    return {"at": NOW, "project": project, **dict.fromkeys(words, "x")}


def test_what_is_written_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "onward.sqlite"
    database = open_database(path)
    with database.writing() as connection:
        connection.execute(sqlalchemy.insert(schema.purges).values(a_purge("fernwood")))
    database.close()
    database = open_database(path)
    with database.reading() as connection:
        row = connection.execute(sqlalchemy.select(schema.purges)).one()
    database.close()
    assert (row.project, row.at) == ("fernwood", NOW)


def test_the_migrations_make_just_the_tables_of_the_schema(tmp_path: Path) -> None:
    database = open_database(tmp_path / "onward.sqlite")
    with database.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), schema.metadata)
    database.close()
    assert differences == []


def test_the_newest_migration_is_the_one_that_the_schema_names() -> None:
    settings = Config()
    settings.set_main_option("script_location", "onward.adapters.database:migrations")
    assert ScriptDirectory.from_config(settings).get_current_head() == schema.HEAD


def test_a_failure_takes_everything_back(tmp_path: Path) -> None:
    database = open_database(tmp_path / "onward.sqlite")

    def fail() -> None:
        with database.writing() as connection:
            connection.execute(sqlalchemy.insert(schema.purges).values(a_purge("fernwood")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as connection:
        assert connection.execute(sqlalchemy.select(schema.purges)).all() == []
    database.close()


def test_of_two_rows_with_one_key_the_second_is_refused(tmp_path: Path) -> None:
    database = open_database(tmp_path / "onward.sqlite")
    row = {"key": "a", "project": "fernwood", "size": 1, "used": NOW}
    for expected in (False, True):
        try:
            with database.writing() as connection:
                connection.execute(sqlalchemy.insert(schema.kept_files).values(row))
            refused = False
        except IntegrityError:
            refused = True
        assert refused == expected
    database.close()


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    database = open_database(tmp_path / "onward.sqlite")

    def write(who: int) -> None:
        for count in range(20):
            with database.writing() as connection:
                connection.execute(
                    sqlalchemy.insert(schema.purges).values(a_purge(f"{who}-{count}"))
                )

    writers = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with database.reading() as connection:
        count = connection.execute(
            sqlalchemy.select(sqlalchemy.func.count()).select_from(schema.purges)
        ).scalar_one()
    database.close()
    assert count == 80


@pytest.mark.parametrize(
    "content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_file_is_said_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "onward.sqlite"
    path.write_bytes(content)
    with pytest.raises(OutsideFailed) as caught:
        open_database(path)
    assert caught.value.reference == "store-failed"
    assert path.read_bytes() == content


def test_tables_of_a_newer_onward_are_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "onward.sqlite"
    open_database(path).close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    with pytest.raises(OutsideFailed) as caught:
        open_database(path)
    assert "9999" in "".join(caught.value.context)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutsideFailed) as caught:
        open_database(tmp_path / "nowhere" / "onward.sqlite")
    assert caught.value.reference == "store-failed"


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_moments_come_back_exactly(moment: dt.datetime) -> None:
    kind = schema.Moment()
    dialect = sqlalchemy.create_engine("sqlite://").dialect
    assert kind.process_result_value(kind.process_bind_param(moment, dialect), dialect) == moment
