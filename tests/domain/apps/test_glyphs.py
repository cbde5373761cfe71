"""What fonts can draw, and what a program wants drawn."""

from pathlib import Path

import pytest

from onward.domain.apps.glyphs import letters_of_code, letters_of_font, scripts_of

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


@pytest.mark.skipif(not DEJAVU.is_file(), reason="DejaVu is not on this machine")
def test_a_font_tells_what_it_has() -> None:
    letters = letters_of_font(DEJAVU.read_bytes())
    assert set(map(ord, "aßДΩא⚙")) <= letters
    assert not set(map(ord, "日本語")) & letters


def test_what_is_no_font_has_nothing() -> None:
    for data in (b"", b"\0\1\0\0" * 9, b"ttcf" + b"\xff" * 40, bytes(500)):
        assert letters_of_font(data) == frozenset()


def test_only_strings_are_shown() -> None:
    code = "# 日本\nname = '\N{HIRAGANA LETTER A}é'\nword = f'{name}ש'\n"
    assert letters_of_code(code) == frozenset("あש")
    assert letters_of_code("def") == frozenset()
    assert scripts_of("あש日") == ("HEBREW", "HIRAGANA", "CJK")
