"""A folder that appears whole, or not at all."""

from pathlib import Path

import pytest

from onward.core.disk import new_folder
from onward.core.errors import OutsideFailed


def test_it_appears_when_the_body_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "new"
    with new_folder(target) as scratch:
        (scratch / "file").write_text("x", encoding="utf-8")
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["file"]
    assert [path.name for path in target.parent.iterdir()] == ["new"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_when_the_body_fails(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "a" / "b" / "new") as scratch:
            (scratch / "file").write_text("x", encoding="utf-8")
            raise error

    with pytest.raises(error):
        fail()
    assert not list(tmp_path.iterdir())


def test_what_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "new"

    def race() -> None:
        with new_folder(target) as scratch:
            (scratch / "file").write_text("ours", encoding="utf-8")
            target.mkdir()
            (target / "file").write_text("theirs", encoding="utf-8")

    with pytest.raises(OutsideFailed):
        race()
    assert (target / "file").read_text(encoding="utf-8") == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
