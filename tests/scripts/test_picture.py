"""A picture shows what was really printed, column for column."""

import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from scripts import picture, svg
from scripts.svg import Style

SPACE = "{http://www.w3.org/2000/svg}"


def test_styles_are_read_and_other_sequences_dropped() -> None:
    line = "a\x1b[1;31mb\x1b[22mc\x1b[0m\x1b[2Kd\x1b[38;5;196me\x1b[38;2;1;2;3mf\x1b[39mg"

    assert list(svg.spans(line)) == [
        ("a", Style()),
        ("b", Style(colour="#e06c75", bold=True)),
        ("c", Style(colour="#e06c75")),
        ("d", Style()),
        ("e", Style(colour="#ff0000")),
        ("f", Style(colour="#010203")),
        ("g", Style()),
    ]


def test_a_link_keeps_only_its_text() -> None:
    line = "\x1b]8;;https://example.org\x1b\\here\x1b]8;;\x1b\\"

    assert [text for text, _ in svg.spans(line)] == ["here"]


def test_long_lines_break_where_the_terminal_ends() -> None:
    rows = svg.wrapped("x" * 150 + "\x1b[1m" + "y" * 60)

    assert [[len(text) for text, _ in row] for row in rows] == [[100], [50, 50], [10]]


def test_the_picture_is_valid_and_holds_the_text() -> None:
    drawn = svg.render('a "title" & more', ["<tag> & text", "", "\x1b[32mgreen\x1b[0m"])

    tree = ET.fromstring(drawn)

    texts = ["".join(text.itertext()) for text in tree.iter(f"{SPACE}text")]
    assert texts == ['a "title" & more', "<tag> & text", "green"]
    assert tree.get("aria-label") == 'a "title" & more'


def test_what_a_carriage_return_overwrote_is_gone() -> None:
    assert picture.seen("loading 1\rloading 2\rdone\r\nnext\r\n") == ["done", "next"]
    assert picture.seen("\n") == []


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal to run in")
def test_a_script_is_played_for_real(tmp_path: Path, env: dict[str, str]) -> None:
    python = f"'{sys.executable}'"
    script = (
        "# a remark\n= The title\n~ 2\n! mkdir inner\n@ inner\n"
        f'$ {python} -c "import os, sys; print(os.getcwd()); print(sys.stdout.isatty())"\n'
        f'$ {python} -c "print(*range(4), sep=chr(10))"\n'
    )

    shot = picture.play(script, env, tmp_path)

    assert shot.title == "The title"
    plain = ["".join(text for text, _ in svg.spans(line)) for line in shot.lines]
    assert plain[0] == "$ cd inner"
    assert plain[2:4] == ["~/inner", "True"]
    assert plain[6:] == ["0", "1", "... 2 more lines"]


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal to run in")
def test_a_hidden_command_may_not_fail(tmp_path: Path, env: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match="exit code 3"):
        picture.play("! exit 3\n", env, tmp_path)
