"""The only hand that writes files: whole or not at all, one onward at a time."""

import contextlib
import glob
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from onward.core.errors import BadInput, OutsideFailed

_NEW = ".onward-new-"  # how a scratch folder is called, before the name of what it will be
_WAIT_FOR_LOCK = 60.0  # seconds another onward may hold a project before we give up


def write_atomic(
    path: Path, content: bytes, *, durable: bool = True, private: bool = False
) -> None:
    """Put ``content`` at ``path`` in one step: readers see the old file or the new one, never half.

    ``durable`` False is for caches: not forced to the disk, so a power cut may lose it.
    ``private`` keeps a new file to this user.
    Keeps the permission bits of a file that was there and follows a symbolic link to its
    target. Raises OutsideFailed (``disk-full`` or ``cannot-write``); then nothing has changed.
    """
    _replace(path, lambda file: file.write(content), durable=durable, private=private)


def _replace(
    path: Path, fill: Callable[[IO[bytes]], object], *, durable: bool, private: bool
) -> None:
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_read_only(target):
            raise PermissionError(13, "the file is read-only", str(target))
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                fill(file)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            if not private or target.exists():
                copy_mode(target, Path(name))
            os.replace(name, target)  # noqa: PTH105 - the atomic one, by name
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise write_failed(path, error) from error


def clear_halves(folder: Path, before: float) -> None:
    """Remove what ``write_atomic`` left below a folder when it was killed before a moment (seconds since 1970)."""
    for path in folder.rglob(".*.tmp"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()


def is_read_only(target: Path) -> bool:
    """Whether someone said that this file must not change; for root, who may do all, the mode says so too."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return not mode & 0o222 or not os.access(target, os.W_OK)


def write_failed(path: Path, error: OSError) -> OutsideFailed:
    """Give the error a person can use for a write to ``path`` that did not work."""
    if error.errno == 28:  # ENOSPC, the same number on every platform Python knows
        return OutsideFailed(
            "disk-full", f"no space left to write `{path}`", hint="Free some space and try again."
        )
    return OutsideFailed(
        "cannot-write",
        f"cannot write `{path}`: {error.strerror or error}",
        hint="Check the file's permissions and try again; nothing was changed.",
    )


def remove(path: Path) -> None:
    """Remove a file if it is there; raises OutsideFailed when the system says no."""
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        pass  # what is above it is a file: then it is not there
    except OSError as error:
        raise write_failed(path, error) from error


def make_executable(path: Path) -> None:
    """Let everybody who may read a file also run it; on Windows that has no meaning."""
    try:
        mode = path.stat().st_mode
        path.chmod(mode | (mode & 0o444) >> 2)
    except OSError as error:
        raise write_failed(path, error) from error


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give an empty scratch folder that becomes ``target`` in one step when the body ends well.

    It stands beside ``target``, so on the same disk; missing folders above are made. If the
    body fails, nothing is left of either; a process that is killed leaves its scratch folder
    (``left_of_new_folder``). Raises OutsideFailed (``disk-full`` or
    ``cannot-write``), also when something stands at ``target`` by then.
    """
    missing = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        above = Path(tempfile.mkdtemp(prefix=f"{_NEW}{target.name}-", dir=target.parent))
    except OSError as error:
        remove_if_empty(missing)
        raise write_failed(target, error) from error
    try:
        scratch = above / "project"  # mkdtemp's own folder is closed to others
        scratch.mkdir()
        yield scratch
        try:
            os.rename(scratch, target)  # noqa: PTH104 - the atomic one, by name
        except OSError as error:
            raise write_failed(target, error) from error
    finally:
        shutil.rmtree(above, ignore_errors=True)
        remove_if_empty(missing)


def left_of_new_folder(target: Path) -> list[Path]:
    """Give the scratch folders that killed processes left; one that is at work now has one too."""
    return sorted(target.parent.glob(f"{_NEW}{glob.escape(target.name)}-????????"))


def remove_if_empty(folders: Iterable[Path]) -> None:
    """Remove those of ``folders`` that hold nothing, the innermost first."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def check_folder(folder: Path) -> None:
    """Raise BadInput (``no-folder``) where ``folder`` cannot be made, since it or what is above it is no folder."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            return
        if os.path.lexists(place):
            raise BadInput(
                "no-folder",
                f"`{place}` is there and is no folder, so nothing can be put into `{folder}`",
                hint="Name another folder.",
            )


def check_file(path: Path) -> None:
    """Raise BadInput (``in-the-way``) where something else than a file is at ``path``: it would be replaced."""
    if os.path.lexists(path) and not path.is_file():
        raise BadInput("in-the-way", f"`{path}` is there and is no file", hint="Name another file.")
    check_folder(path.parent)


def read_limited(path: Path, limit: int) -> bytes:
    """Give the bytes of a file of at most ``limit`` bytes; raises BadInput for a larger one."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise BadInput("file-too-large", f"`{path}` is larger than {limit // 1_000_000} MB")
    return data


def read_text(path: Path, limit: int) -> str:
    """Give a file's text, of at most ``limit`` bytes: UTF-8, or UTF-16 with its mark (what PowerShell's ``>`` writes).

    Raises BadInput (``cannot-read``) for a folder of that name and for a file that may not be read.
    """
    try:
        raw = read_limited(path, limit)
    except (IsADirectoryError, PermissionError) as error:
        folder = path.is_dir()
        what = "is a folder, and a file is expected there" if folder else "may not be read"
        way = "Move it out of the way." if folder else "Give yourself the right to read it."
        raise BadInput("cannot-read", f"`{path}` {what}", hint=way) from error
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8-sig", "replace")


def sha256_of(content: bytes) -> str:
    """Give the sha256 of ``content`` in lower-case hex."""
    return hashlib.sha256(content).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Give the sha256 of what a file holds, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_mode(old: Path, new: Path) -> None:
    """Give ``new`` the rights of a file that it shall replace, or those that the umask says."""
    with contextlib.suppress(OSError):
        if old.exists():
            new.chmod(old.stat().st_mode & 0o7777)
        elif sys.platform != "win32":
            mask = os.umask(0)
            os.umask(mask)
            new.chmod(0o666 & ~mask)


@contextlib.contextmanager
def locked(path: Path, what: str, *, wait: float = _WAIT_FOR_LOCK) -> Iterator[None]:
    """Hold an exclusive lock while the body runs; the system frees it if we die.

    ``what`` names the thing for the message. Raises OutsideFailed (``busy``) when another
    onward holds it for longer than ``wait`` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        deadline = time.monotonic() + wait
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise OutsideFailed(
                    "busy",
                    f"another onward is working on {what}",
                    hint="Wait for it to finish, or stop it, and try again.",
                )
            time.sleep(0.05)
        try:
            yield
        finally:
            _unlock(file.fileno())


if sys.platform == "win32":  # pragma: no cover - the one place that differs
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
