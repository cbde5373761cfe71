"""The record of how files were: believed only where it was written, and only about the project."""

import shutil
from pathlib import Path

import msgspec
import pytest

from onward.core import journal
from onward.core.errors import BadInput
from onward.core.perform import recover, transaction, undo_last

STARTED = "2026-06-01T12:00:00+00:00"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.txt").write_bytes(b"before\r\n")
    return root


def interrupted(root: Path, *files: str, environment: str = "") -> None:
    """Leave a journal behind, as a killed onward does, and change the files."""
    paths = [str(root / name) for name in files]
    journal.begin(root, "Add x", paths, environment, STARTED)
    for path in paths:
        Path(path).write_bytes(b"after")


def done(root: Path, *files: str, environment: str = "") -> None:
    """Make a change that ended well."""
    with transaction(
        root,
        "Add x",
        [str(root / f) for f in files],
        started=STARTED,
        environment=environment,
    ):
        for name in files:
            (root / name).write_bytes(b"after")
        if environment:
            Path(environment).mkdir()
            (Path(environment) / "pyvenv.cfg").touch()


def forge(root: Path, **changes: object) -> None:
    """Change what stands in the journal, as someone could who sends the folder."""
    path = root / ".onward" / "journal"
    path.write_bytes(msgspec.json.encode({**msgspec.json.decode(path.read_bytes()), **changes}))


def stranger(path: Path) -> dict[str, object]:
    return {"path": str(path), "content": "ZXZpbA=="}


def test_an_interrupted_change_is_put_back_byte_for_byte(root: Path) -> None:
    (root / "sub").mkdir()
    interrupted(root, "a.txt", "sub/new.txt")

    record = recover(root)

    assert record is not None
    assert (root / "a.txt").read_bytes() == b"before\r\n"
    assert not (root / "sub" / "new.txt").exists()
    assert recover(root) is None


def test_no_word_of_this_machine_is_kept(root: Path) -> None:
    interrupted(root, "a.txt", environment=str(root / ".venv"))

    assert str(root).encode() not in (root / ".onward" / "journal").read_bytes()


def test_a_moved_project_is_put_back_where_it_is_now(root: Path) -> None:
    interrupted(root, "a.txt")
    moved = root.rename(root.with_name("moved"))

    recover(moved)

    assert (moved / "a.txt").read_bytes() == b"before\r\n"
    assert not root.exists()


def test_a_copy_does_not_touch_the_original_nor_believe_its_record(root: Path) -> None:
    done(root, "a.txt")
    copy = root.with_name("copy")
    shutil.copytree(root, copy)

    assert undo_last(copy) is None
    assert (root / "a.txt").read_bytes() == (copy / "a.txt").read_bytes() == b"after"
    assert undo_last(root) is not None


def test_a_journal_that_came_with_the_folder_is_refused(root: Path) -> None:
    interrupted(root, "a.txt")
    clone = root.with_name("clone")
    shutil.copytree(root, clone)

    with pytest.raises(BadInput, match="cannot be used") as caught:
        recover(clone)

    assert caught.value.reference == "journal-unreadable"
    assert (clone / "a.txt").read_bytes() == b"after"


@pytest.mark.parametrize("path", ["../outside.txt", "sub/../../outside.txt", "link/outside.txt"])
def test_a_record_never_reaches_out_of_the_project(root: Path, path: str) -> None:
    outside = root.parent / "outside.txt"
    outside.write_bytes(b"mine")
    (root / "link").symlink_to(root.parent, target_is_directory=True)
    interrupted(root, "a.txt")
    for word in (path, str(outside)):
        forge(root, files=[stranger(Path(word))])

        with pytest.raises(BadInput, match="cannot be used"):
            recover(root)

    assert outside.read_bytes() == b"mine"


def test_a_file_at_the_top_of_the_repository_is_put_back_too(root: Path) -> None:
    (root.parent / ".git").mkdir()
    top = root.parent / "top.txt"
    top.write_bytes(b"before")
    interrupted(root, str(top))
    assert top.read_bytes() == b"after"

    recover(root)

    assert top.read_bytes() == b"before"
    interrupted(root, "a.txt")
    forge(root, files=[stranger(Path("../../outside.txt"))])
    with pytest.raises(BadInput, match="cannot be used"):
        recover(root)


def test_a_record_of_a_repository_reaches_no_further_than_it(root: Path) -> None:
    (root / ".git").mkdir()
    (root.parent / ".git").mkdir()
    interrupted(root, "a.txt")
    forge(root, files=[stranger(Path("../outside.txt"))])
    with pytest.raises(BadInput, match="cannot be used"):
        recover(root)


@pytest.mark.parametrize("made", ["..", "../other", "."])
def test_no_folder_outside_is_removed(root: Path, made: str) -> None:
    other = root.parent / "other"
    other.mkdir()
    interrupted(root, "a.txt")
    forge(root, made=made)

    with pytest.raises(BadInput):
        recover(root)

    assert other.is_dir()


def test_only_what_looks_like_an_environment_is_removed(root: Path) -> None:
    (root / "src").mkdir()
    (root / "src" / "code.py").touch()
    interrupted(root, "a.txt")
    forge(root, made="src")

    recover(root)

    assert (root / "src" / "code.py").exists()


@pytest.mark.parametrize("inside", [[], ["pyvenv.cfg", "x"], ["bin", ".gitignore", "CACHEDIR.TAG"]])
def test_an_environment_that_was_made_is_removed_also_half_made(
    root: Path, inside: list[str]
) -> None:
    interrupted(root, "a.txt", environment=str(root / ".venv"))
    (root / ".venv").mkdir()
    for name in inside:
        (root / ".venv" / name).touch()

    recover(root)

    assert not (root / ".venv").exists()


def test_an_environment_outside_is_left_to_the_next_sync(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "environments" / "project"
    interrupted(root, "a.txt", environment=str(outside))
    outside.mkdir(parents=True)
    (outside / "pyvenv.cfg").touch()

    recover(root)

    assert outside.is_dir()


def test_an_environment_outside_that_was_there_is_known_to_be_out_of_step(
    root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "environment"
    outside.mkdir()
    interrupted(root, "a.txt", environment=str(outside))

    record = recover(root)

    assert record is not None
    assert record.stale


def test_undo_removes_the_environment_that_the_change_made(root: Path) -> None:
    done(root, "a.txt", environment=str(root / ".venv"))

    undo_last(root)

    assert not (root / ".venv").exists()
    assert (root / "a.txt").read_bytes() == b"before\r\n"


def test_the_own_folder_is_no_link(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / ".onward").symlink_to(elsewhere, target_is_directory=True)

    with pytest.raises(BadInput, match="link"):
        journal.own_folder(root)

    assert list(elsewhere.iterdir()) == []


def test_one_file_that_cannot_be_put_back_does_not_keep_the_others(root: Path) -> None:
    (root / "b.txt").write_bytes(b"before")
    interrupted(root, "a.txt", "b.txt")
    (root / "a.txt").unlink()
    (root / "a.txt").mkdir()

    with pytest.raises(IsADirectoryError):
        recover(root)

    assert (root / "b.txt").read_bytes() == b"before"
    (root / "a.txt").rmdir()
    recover(root)
    assert (root / "a.txt").read_bytes() == b"before\r\n"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"title": 1}', bytes(range(255, 191, -1))])
def test_a_damaged_journal_is_told_and_left(root: Path, content: bytes) -> None:
    journal.own_folder(root)
    (root / ".onward" / "journal").write_bytes(content)

    with pytest.raises(BadInput) as caught:
        recover(root)

    assert caught.value.hint
    assert (root / ".onward" / "journal").read_bytes() == content
