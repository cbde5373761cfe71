"""Lines as tools count them, and what onward tells of a file with a form feed in it."""

import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from onward.core.lines import lines_of
from onward.core.names import parse_name
from onward.workflows.imports_in_code import imports_of

TEXT = st.text(alphabet="ab \r\n\x0c\x0b\x1c\x85\u2028\u2029")


@given(TEXT)
def test_they_are_those_of_a_file_that_python_reads(text: str) -> None:
    read = list(io.StringIO(text, newline=None))
    assert lines_of(text) == [line.removesuffix("\n") for line in read]


@given(TEXT)
def test_with_their_ends_they_are_the_text_again(text: str) -> None:
    lines = lines_of(text, ends=True)
    assert "".join(lines) == text
    assert [line.rstrip("\r\n") for line in lines] == lines_of(text)


def test_an_import_below_a_form_feed_is_shown_with_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "x = 1\n\x0c\ny = '\u2028'\nimport tidewater\n", encoding="utf-8"
    )
    found = imports_of(tmp_path, [parse_name("tidewater")], None)
    (place,) = found.places[parse_name("tidewater")]
    assert (place.line, place.source_line) == (4, "import tidewater")
