"""Coverage data in each of its forms, whole and damaged; the database is made with the real schema (coverage 7.17)."""

import contextlib
import json
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward.adapters import coverage_data
from onward.core.errors import BadInput
from onward.domain.boundary.covered import Measured

SCHEMA = """
create table coverage_schema (version integer);
create table meta (key text, value text, unique (key));
create table file (id integer primary key, path text, unique (path));
create table context (id integer primary key, context text, unique (context));
create table line_bits (file_id integer, context_id integer, numbits blob, foreign key (file_id) references file (id),
  foreign key (context_id) references context (id), unique (file_id, context_id));
create table arc (file_id integer, context_id integer, fromno integer, tono integer,
  foreign key (file_id) references file (id), foreign key (context_id) references context (id),
  unique (file_id, context_id, fromno, tono));
create table tracer (file_id integer primary key, tracer text, foreign key (file_id) references file (id));
insert into coverage_schema values (7);
insert into context values (1, ''), (2, 'test_a');
"""


def bits(*lines: int) -> bytes:
    return sum(1 << line for line in lines).to_bytes(max(lines, default=0) // 8 + 1, "little")


def database(
    file: Path, rows: dict[str, list[bytes]], arcs: dict[str, list[tuple[int, int]]]
) -> None:
    with contextlib.closing(sqlite3.connect(file)) as base, base:
        base.executescript(SCHEMA)
        for at, path in enumerate(rows | arcs, start=1):
            base.execute("insert into file values (?, ?)", (at, path))
            for context, one in enumerate(rows.get(path, ()), start=1):
                base.execute("insert into line_bits values (?, ?, ?)", (at, context, one))
            for before, after in arcs.get(path, ()):
                base.execute("insert into arc values (?, 1, ?, ?)", (at, before, after))


def measured(ran: set[int], missing: set[int] | None = None) -> Measured:
    return Measured(ran=frozenset(ran), missing=None if missing is None else frozenset(missing))


def test_a_database_of_lines_of_several_contexts(tmp_path: Path) -> None:
    rows = {
        str(tmp_path / "src" / "a.py"): [bits(1, 8), bits(2, 9)],
        "b.py": [],
        "/else/c.py": [bits(3)],
    }
    database(tmp_path / ".coverage", rows, {})
    before = (tmp_path / ".coverage").read_bytes()
    assert coverage_data.read(tmp_path / ".coverage") == {
        "src/a.py": measured({1, 2, 8, 9}),
        "b.py": measured(set()),
        "/else/c.py": measured({3}),
    }
    assert (tmp_path / ".coverage").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [".coverage"]


def test_a_database_of_branches(tmp_path: Path) -> None:
    database(tmp_path / ".coverage", {}, {"a.py": [(-1, 1), (1, 4), (4, -1)]})
    assert coverage_data.read(tmp_path / ".coverage") == {"a.py": measured({1, 4})}


def test_json(tmp_path: Path) -> None:
    one = {"executed_lines": [1, 2], "missing_lines": [4], "excluded_lines": [5], "summary": {}}
    value = {"meta": {"format": 3}, "files": {"src/a.py": one}, "totals": {}}
    (tmp_path / "coverage.json").write_text(json.dumps(value))
    assert coverage_data.read(tmp_path / "coverage.json") == {"src/a.py": measured({1, 2}, {4})}


def test_xml_counts_from_its_sources(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("")
    text = f"""<?xml version="1.0" ?><coverage version="7"><sources><source>/gone</source><source>{tmp_path / "src"}</source></sources>
<packages><package><classes><class name="a.py" filename="a.py"><methods/><lines><line number="1" hits="1"/><line number="3" hits="0"/>
</lines></class><class name="z" filename="z.py"><lines/></class></classes></package></packages></coverage>"""
    (tmp_path / "coverage.xml").write_text(text)
    assert coverage_data.read(tmp_path / "coverage.xml") == {
        "src/a.py": measured({1}, {3}),
        "z.py": measured(set(), set()),
    }


@pytest.mark.parametrize("name", ["lcov.info", "coverage.lcov"])
def test_lcov(tmp_path: Path, name: str) -> None:
    text = "TN:\nSF:src/a.py\nDA:1,1\nDA:2,0,hash\nDA:2,3\nDA:5,0\nLF:3\nend_of_record\nSF:b.py\nend_of_record\n"
    (tmp_path / name).write_text(text)
    assert coverage_data.read(tmp_path / name) == {
        "src/a.py": measured({1, 2}, {5}),
        "b.py": measured(set(), set()),
    }


def test_the_newest_counts(tmp_path: Path) -> None:
    assert coverage_data.newest(tmp_path) is None
    for name, time in ((".coverage", 3), ("coverage.xml", 5), ("lcov.info", 4)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (time, time))
    assert coverage_data.newest(tmp_path) == tmp_path / "coverage.xml"


BAD = {
    ".coverage": [b"no database", b"SQLite format 3\0" + b"x" * 100],
    "coverage.json": [b"", b"[]", b'{"files": {"a": {}}}', b'{"files"'],
    "coverage.xml": [
        b"", b"<html/>", b"<coverage>", b"<coverage><class/></coverage>",
        b'<!DOCTYPE c [<!ENTITY a "b">]><coverage>&a;</coverage>',
        b'<coverage><class filename="a"><line number="x" hits="1"/></class></coverage>',
    ],
    "lcov.info": [b"<html>", b"SF:a\nDA:x,1\nend_of_record\n", b"SF:a\nDA:1,1\n"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"), [(name, one) for name, all_ in BAD.items() for one in all_]
)
def test_what_is_damaged_is_said_and_never_empty(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=f"`{name}` is no coverage data"):
        coverage_data.read(tmp_path / name)


@pytest.mark.parametrize("name", BAD)
@given(content=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_it(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with contextlib.suppress(BadInput):
        coverage_data.read(tmp_path / name)
