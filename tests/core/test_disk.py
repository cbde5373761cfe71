"""Files are written whole or not at all, also when the disk says no; one onward at a time."""

import errno
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.disk import (
    check_file,
    check_folder,
    locked,
    read_limited,
    remove,
    sha256_of,
    write_atomic,
    write_failed,
)
from onward.core.errors import BadInput, OutsideFailed

posix = pytest.mark.skipif(os.name != "posix", reason="needs modes and limits of POSIX")


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_new_file_is_whole_with_the_usual_mode(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder" / "a.txt"

    write_atomic(path, b"content")
    usual = tmp_path / "usual.txt"
    usual.touch()

    assert path.read_bytes() == b"content"
    assert path.stat().st_mode == usual.stat().st_mode
    assert names(path.parent) == ["a.txt"]


@given(st.binary(max_size=200))
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "a"

    write_atomic(path, b"old")
    write_atomic(path, content, durable=False)

    assert path.read_bytes() == content


@posix
def test_the_mode_of_a_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_bytes(b"old")
    path.chmod(0o750)

    write_atomic(path, b"new")

    assert path.stat().st_mode & 0o7777 == 0o750


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")

    write_atomic(tmp_path / "link", b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_read_only_file_is_left_alone_also_by_root(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    path.chmod(0o444)

    with pytest.raises(OutsideFailed, match="read-only") as caught:
        write_atomic(path, b"new")
    path.chmod(0o644)

    assert caught.value.reference == "cannot-write"
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    with pytest.raises(OutsideFailed) as caught:
        write_atomic(tmp_path / "a", b"new")

    assert caught.value.exit_code == 4
    assert names(tmp_path) == ["a"]


def test_a_file_where_a_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")

    with pytest.raises(OutsideFailed):
        write_atomic(tmp_path / "a" / "b", b"new")


_FILLS = """
    import resource, signal, sys
    from pathlib import Path
    from onward.core.disk import write_atomic
    from onward.core.errors import OutsideFailed

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    try:
        write_atomic(Path(sys.argv[1]), b"x" * 100_000)
    except OutsideFailed as error:
        sys.exit(error.exit_code)
"""


@posix
def test_a_full_disk_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_FILLS), str(path)], check=False, timeout=60
    )

    assert ran.returncode == 4
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_no_space_has_a_name_of_its_own() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")

    assert write_failed(Path("x"), full).reference == "disk-full"


def test_readers_see_the_old_or_the_new_never_half(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    one, other = b"a" * 300_000, b"b" * 300_000
    write_atomic(path, one)
    stop = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        write_atomic(path, other, durable=False)
        write_atomic(path, one, durable=False)
    stop.set()
    reader.join()

    assert seen <= {one, other}


def test_removing_what_is_not_there_is_fine(tmp_path: Path) -> None:
    (tmp_path / "a").touch()

    remove(tmp_path / "a")
    remove(tmp_path / "a")

    assert names(tmp_path) == []


def test_a_folder_is_not_removed_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    with pytest.raises(OutsideFailed):
        remove(tmp_path / "a")


def test_reading_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")

    assert read_limited(tmp_path / "a", 5) == b"12345"
    with pytest.raises(BadInput):
        read_limited(tmp_path / "a", 4)


def test_the_hash_is_the_usual_one() -> None:
    assert sha256_of(b"").startswith("e3b0c44298fc1c14")


_HOLDS = """
    import sys, time
    from pathlib import Path
    from onward.core.disk import locked

    with locked(Path(sys.argv[1]), "it"):
        print("held", flush=True)
        sys.stdin.readline()
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    """A process that holds the lock until a line is sent to it."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_HOLDS), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lock_is_held_between_processes(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "one"
    with (
        holder(path) as process,
        pytest.raises(OutsideFailed, match="working on it") as caught,
        locked(path, "it", wait=0.1),
    ):
        pass
    process.wait(10)

    assert caught.value.reference == "busy"
    with locked(path, "it", wait=0.1):
        pass


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "one"
    with holder(path) as process:
        process.kill()
        process.wait(10)

        with locked(path, "it", wait=10):
            pass


def test_who_waits_gets_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "one"
    with holder(path) as process:
        assert process.stdin is not None
        threading.Timer(0.2, process.stdin.close).start()

        with locked(path, "it", wait=30):
            pass


def test_a_file_is_no_folder_to_put_things_into(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "new" / "deep"):
        check_folder(place)
    for place in (tmp_path / "file", tmp_path / "file" / "new"):
        with pytest.raises(BadInput) as caught:
            check_folder(place)
        assert caught.value.reference == "no-folder"


@posix
def test_only_a_file_is_replaced_by_one(tmp_path: Path) -> None:
    """As root, a device would be too."""
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    check_file(tmp_path / "file")
    check_file(tmp_path / "new" / "image.tar")
    for place in (tmp_path, Path("/dev/null"), tmp_path / "dangling", tmp_path / "file" / "x"):
        with pytest.raises(BadInput):
            check_file(place)
