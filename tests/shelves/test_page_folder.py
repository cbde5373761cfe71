"""Pages that the disk takes, and those that it does not."""

from pathlib import Path

import pytest

from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.shelves.page_folder import PageFolder

ONE, TWO = Name("one"), Name("two")


def test_a_page_comes_back_with_its_line(tmp_path: Path) -> None:
    pages = PageFolder(tmp_path / "pages")
    assert (pages.head(ONE), pages.body(ONE), list(pages.names())) == (None, None, [])
    pages.write(ONE, b"line", b"body\nof two lines")
    again = PageFolder(tmp_path / "pages")
    assert (again.head(ONE), again.body(ONE)) == (b"line\n", b"body\nof two lines")
    assert list(again.names()) == [ONE]
    again.remove(ONE)
    assert pages.body(ONE) is None


def test_what_the_disk_does_not_take_is_held_up_to_a_limit(tmp_path: Path) -> None:
    (tmp_path / "pages").write_bytes(b"")  # where a folder should be
    pages = PageFolder(tmp_path / "pages", most_unwritten=20)
    pages.write(ONE, b"line", b"one")
    assert (pages.head(ONE), pages.body(ONE)) == (b"line", b"one")
    pages.write(ONE, b"line", b"new")
    assert pages.body(ONE) == b"new"
    pages.write(TWO, b"line", b"as large as may be")
    assert (pages.body(ONE), pages.body(TWO)) == (None, b"as large as may be")
    with pytest.raises(OutsideFailed, match="cannot be listed"):
        list(pages.names())
    pages.remove(TWO)
    assert pages.body(TWO) is None


def test_a_page_that_is_written_at_last_is_held_no_more(tmp_path: Path) -> None:
    blocked = tmp_path / "pages"
    blocked.write_bytes(b"")
    pages = PageFolder(blocked)
    pages.write(ONE, b"line", b"old")
    blocked.unlink()
    pages.write(ONE, b"line", b"new")
    assert PageFolder(blocked).body(ONE) == b"new"
    pages.remove(ONE)
    assert pages.body(ONE) is None
