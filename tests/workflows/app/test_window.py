"""Two pictures of a window: whether fonts made the difference, whatever blinks beside."""

from onward.adapters.xvfb import Picture
from onward.workflows.app.window import looks_the_same

WIDTH, HEIGHT = 8, 10


def picture(*rows: int, width: int = WIDTH) -> Picture:
    """Give a white picture in which some rows hold something black."""
    pixels = b"".join((b"\0" if row in rows else b"\xff") * 4 * width for row in range(HEIGHT))
    return Picture(png=b"", colours=2, width=width, pixels=pixels)


def test_text_that_goes_with_the_fonts_was_drawn_by_them() -> None:
    assert not looks_the_same(picture(3), picture(3), picture())
    assert not looks_the_same(picture(3), picture(3), picture(3, width=9))
    assert not looks_the_same(picture(3), picture(3), None)


def test_what_looks_the_same_without_fonts_had_none() -> None:
    assert looks_the_same(picture(3), picture(3), picture(3))


def test_a_cursor_that_blinks_is_no_text() -> None:
    assert looks_the_same(picture(3), picture(3, 7), picture(3))
    assert looks_the_same(picture(3, 7), picture(3), picture(3))


def test_of_a_window_that_moves_all_over_nothing_is_said() -> None:
    assert not looks_the_same(picture(), picture(*range(6)), picture())
