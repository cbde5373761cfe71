"""A transaction ends in one of two ways: all of it, or everything as before."""

from pathlib import Path

import pytest

from onward.core import journal
from onward.core.disk import sha256_of
from onward.core.perform import recover, transaction, undo_last
from onward.core.proc.call import Call, Ran

NOW = "2026-06-01T12:00:00+00:00"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_bytes(b"old a")
    return tmp_path


def files(root: Path) -> list[str]:
    return [str(root / "a.txt"), str(root / "b.txt"), str(root / "a.txt")]


def state(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in root.iterdir() if p.is_file()}


def test_what_ends_well_stays_and_can_be_undone(root: Path) -> None:
    with transaction(root, "Change", files(root), started=NOW):
        (root / "a.txt").write_bytes(b"first")
        (root / "a.txt").write_bytes(b"second")
        (root / "b.txt").write_bytes(b"new b")

    assert state(root) == {"a.txt": b"second", "b.txt": b"new b"}
    assert journal.pending(root) is None
    record = undo_last(root)
    assert record is not None
    assert record.title == "Change"
    assert state(root) == {"a.txt": b"old a"}


def test_the_record_knows_the_files_as_they_ended(root: Path) -> None:
    with transaction(root, "Change", files(root), started=NOW):
        (root / "a.txt").write_bytes(b"second")

    record = journal.last(root)
    assert record is not None
    assert [(Path(f.path).name, f.after_sha256) for f in record.files] == [
        ("a.txt", sha256_of(b"second"))
    ]


def test_a_change_of_nothing_leaves_the_one_before_as_the_one_to_undo(root: Path) -> None:
    with transaction(root, "First", files(root), started=NOW):
        (root / "b.txt").write_bytes(b"new b")
    with transaction(root, "Second", files(root), started=NOW):
        pass

    record = journal.last(root)
    assert record is not None
    assert record.title == "First"


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError, SystemExit])
def test_any_end_but_a_good_one_puts_everything_back(
    root: Path, fault: type[BaseException]
) -> None:
    def body() -> None:
        with transaction(root, "Change", files(root), started=NOW):
            (root / "a.txt").unlink()
            (root / "b.txt").write_bytes(b"new b")
            raise fault

    with pytest.raises(fault):
        body()

    assert state(root) == {"a.txt": b"old a"}
    assert journal.pending(root) is None
    assert journal.last(root) is None


def test_abandoning_puts_everything_back_without_an_error(root: Path) -> None:
    made = root / "environment"
    with transaction(root, "Change", files(root), started=NOW, environment=str(made)) as change:
        made.mkdir()
        (root / "a.txt").write_bytes(b"new")
        change.abandon()

    assert state(root) == {"a.txt": b"old a"}
    assert not made.exists()


def test_an_environment_that_was_there_is_brought_in_step(root: Path) -> None:
    there = root / "environment"
    there.mkdir()
    seen: list[bytes] = []

    def runner(call: Call) -> Ran:
        seen.append((root / "a.txt").read_bytes())
        return Ran(call=call, code=1, out=b"", err=b"", seconds=0.0)

    call = Call(argv=("sync",), cwd=str(root), env={})
    with transaction(
        root,
        "Change",
        files(root),
        started=NOW,
        environment=str(there),
        restore=(call,),
        runner=runner,
    ) as change:
        (root / "a.txt").write_bytes(b"new")
        change.abandon()

    assert seen == [b"old a"], "the files are back before the environment is mended"
    assert there.exists()


def test_what_a_killed_process_leaves_is_put_back_later(root: Path) -> None:
    journal.begin(root, "Change", files(root), "", NOW)
    (root / "a.txt").write_bytes(b"new")

    record = recover(root)

    assert record is not None
    assert state(root) == {"a.txt": b"old a"}
    assert recover(root) is None


def made(root: Path) -> list[str]:
    return [str(root / "new" / "deep" / "c.txt"), str(root / "new" / "d.txt")]


def write_made(root: Path) -> None:
    (root / "new" / "deep").mkdir(parents=True)
    for path in made(root):
        Path(path).write_bytes(b"new")


def test_folders_that_a_change_made_go_with_it(root: Path) -> None:
    with transaction(root, "Change", made(root), started=NOW):
        write_made(root)

    undo_last(root)
    assert sorted(p.name for p in root.iterdir()) == [".onward", "a.txt"]


def test_folders_that_a_change_made_stay_where_somebody_put_more_in(root: Path) -> None:
    with transaction(root, "Change", made(root), started=NOW):
        write_made(root)
    (root / "new" / "mine.txt").write_bytes(b"mine")

    undo_last(root)
    assert [p.name for p in (root / "new").iterdir()] == ["mine.txt"]


def test_folders_that_were_there_and_empty_stay(root: Path) -> None:
    (root / "new").mkdir()
    with transaction(root, "Change", [str(root / "new" / "c.txt")], started=NOW):
        (root / "new" / "c.txt").write_bytes(b"new")

    undo_last(root)
    assert list((root / "new").iterdir()) == []


def test_folders_that_a_killed_change_made_go(root: Path) -> None:
    journal.begin(root, "Change", made(root), "", NOW, folders=journal.missing_above(made(root)))
    write_made(root)
    (root / "new" / "deep" / ".c.txt.x.tmp").write_bytes(b"half")

    recover(root)
    assert not (root / "new").exists()


def test_an_undo_that_fails_leaves_the_folders(root: Path) -> None:
    with transaction(root, "Change", made(root), started=NOW):
        write_made(root)

    def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        undo_last(root, then=fail)
    assert all(Path(path).read_bytes() == b"new" for path in made(root))
