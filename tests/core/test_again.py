"""A kept answer of a check: nothing is kept that something may have changed under."""

import time
from pathlib import Path

import pytest

from onward.core import again
from onward.core.again import Made, Said, keep

LATER = 60_000_000_000  # nanoseconds: all files are old enough by then


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    for name in ("a.py", "b.py"):
        (tmp_path / "project" / name).write_text("x = 1\n", encoding="utf-8")
    return tmp_path / "project"


Looks = dict[str, tuple[int, int, int, int]]


def looks(root: Path) -> Looks:
    """Give how the files look, as a check tells when it begins."""
    found = {path.name: path.stat() for path in root.iterdir()}
    return {
        name: (one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino)
        for name, one in found.items()
    }


def answer(where: Path, salt: str = "salt") -> tuple[int, str] | None:
    found = again.answer(str(where), salt)
    return (found[0], "".join(found[1])) if found else None


def kept(
    root: Path, seen: Looks | None, text: str = "said\n", largest: int = again.LARGEST
) -> tuple[int, str] | None:
    where = root.parent / "cache" / "kept"
    made = Made(str(root), str(root.parent / "venv"), (), seen)
    said = Said(str(where.parent), largest)
    for at in range(0, len(text), 1000):
        said.add(text[at : at + 1000])
    keep(str(where), "salt", made, time.time_ns() + LATER, (1, said))
    said.close()
    return answer(where)


def test_it_comes_back_for_the_same_salt_only(root: Path) -> None:
    assert kept(root, looks(root)) == (1, "said\n")
    assert answer(root.parent / "cache" / "kept", "other salt") is None


def test_a_file_taken_away_while_the_check_ran_is_noticed(root: Path) -> None:
    before = looks(root)
    (root / "b.py").unlink()
    assert kept(root, before) is None


def test_a_file_changed_or_added_while_the_check_ran_is_noticed(root: Path) -> None:
    before = looks(root)
    (root / "b.py").write_text("x = 2\n", encoding="utf-8")
    assert kept(root, before) is None
    before = looks(root)
    (root / "c.py").write_text("", encoding="utf-8")
    assert kept(root, before) is None


def test_a_link_to_a_folder_outside_is_no_ground_to_stand_on(root: Path) -> None:
    (root.parent / "outside").mkdir()
    (root / "link").symlink_to(root.parent / "outside", target_is_directory=True)
    assert kept(root, None) is None


def test_every_letter_of_a_long_answer_comes_back(root: Path) -> None:
    text = "".join(f"{number} \u2713 \udcff \U0001f600\n" for number in range(200_000))
    assert kept(root, looks(root), text) == (1, text)
    assert kept(root, looks(root), "") == (1, "")


def test_an_answer_that_is_too_large_is_not_kept_and_leaves_nothing(root: Path) -> None:
    text = "".join(f"{number * 7919 % 100_003}" for number in range(100_000))
    assert kept(root, looks(root), text, largest=10_000) is None
    assert list((root.parent / "cache").iterdir()) == []


def test_a_disk_that_takes_nothing_costs_the_kept_answer_alone(root: Path) -> None:
    said = Said(str(root / "a.py" / "no folder"))
    said.add("x" * 100_000)
    assert not said.whole
    said.add("more")
    said.close()


@pytest.mark.parametrize("at", [0, 30, 100, 146, 148, 160, 239, 260, -1, -2])
def test_a_damaged_answer_is_none_before_a_letter_of_it_is_said(root: Path, at: int) -> None:
    kept(root, looks(root), "said\n" * 1000)
    where = root.parent / "cache" / "kept"
    content = bytearray(where.read_bytes())
    content[at] ^= 1
    where.write_bytes(content)
    assert answer(where) is None
    where.write_bytes(content[:at])
    assert answer(where) is None


def test_a_change_in_the_project_or_beside_it_ends_it(root: Path) -> None:
    beside = root.parent / "ruff.toml"
    where = root.parent / "kept"
    for change in (root / "a.py", beside):
        said = Said(str(where.parent))
        made = Made(str(root), str(root.parent / "venv"), (str(beside),), looks(root))
        keep(str(where), "salt", made, time.time_ns() + LATER, (0, said))
        said.close()
        assert answer(where) == (0, "")
        change.write_text("y = 22\n", encoding="utf-8")
        assert answer(where) is None


def test_who_stumbled_must_say_the_same_again_and_is_asked_only_if_nothing_has_changed(
    root: Path,
) -> None:
    where = root.parent / "kept"
    said = Said(str(where.parent))
    stumbles = ('{"tool": "one"}', "two")
    made = Made(str(root), str(root.parent / "venv"), ("/elsewhere",), looks(root), stumbles)
    keep(str(where), "salt", made, time.time_ns() + LATER, (1, said))
    said.close()
    asked: list[str] = []

    def same(line: str) -> bool:
        asked.append(line)
        return True

    assert again.answer(str(where), "salt") is None
    assert again.answer(str(where), "salt", lambda line: line != "two") is None
    found = again.answer(str(where), "salt", same)
    assert found is not None
    assert "".join(found[1]) == ""
    assert asked == list(stumbles)
    (root / "a.py").write_text("y = 22\n", encoding="utf-8")
    assert again.answer(str(where), "salt", same) is None
    assert asked == list(stumbles)
