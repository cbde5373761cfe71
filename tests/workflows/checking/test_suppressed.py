"""Comments that silence a tool are looked at in real files: strings are no comments, the day counts."""

import datetime as dt
from pathlib import Path

import pytest

from onward.workflows.checking.suppressed import Suppressions

TODAY = dt.date(2026, 6, 1)

CODE = b"""\
import os  # noqa
import re  # noqa: F401 - exported
text = "# noqa"
x: int = "a"  # type: ignore[assignment] - wrong stubs, until 2026-05-31
y: int = "a"  # type: ignore[assignment] - wrong stubs, until 2026-06
z = 1  # noqa: E741 - until tomorrow, until 2026-13
"""


def look(folder: Path, content: bytes, today: dt.date = TODAY) -> list[tuple[str, str]]:
    (folder / "a.py").write_bytes(content)
    found = Suppressions(today).look(folder, ("a.py", "gone.py"))
    return [(finding.rule.removeprefix("suppression/"), str(finding.subject)) for finding in found]


def test_what_is_wrong_is_said_where_it_is(tmp_path: Path) -> None:
    assert look(tmp_path, CODE) == [
        ("blanket", "a.py:1:12"),
        ("no-reason", "a.py:1:12"),
        ("expired", "a.py:4:15"),
        ("bad-until", "a.py:6:8"),
    ]


def test_the_day_decides(tmp_path: Path) -> None:
    assert ("expired", "a.py:4:15") not in look(tmp_path, CODE, dt.date(2026, 5, 31))
    assert ("expired", "a.py:5:15") in look(tmp_path, CODE, dt.date(2026, 7, 1))


def test_what_is_no_python_is_for_others_to_tell(tmp_path: Path) -> None:
    assert look(tmp_path, b"x = (  # noqa\n") == [
        ("blanket", "a.py:1:8"),
        ("no-reason", "a.py:1:8"),
    ]
    assert look(tmp_path, b"\xff\xfe # noqa") == []
    assert look(tmp_path, b"") == []


@pytest.mark.parametrize("coding", ["rot13", "hex", "undefined", "punycode", "no-such"])
def test_a_coding_that_is_none_of_text_breaks_nothing(tmp_path: Path, coding: str) -> None:
    assert look(tmp_path, f"# coding: {coding}\nx = 1  # noqa \u00e9\n".encode("latin-1")) == []
