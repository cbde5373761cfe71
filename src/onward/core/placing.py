"""Files and folders that are put in place whole, however large; what was there is moved aside, and can come back.

The new one is made beside its place, or in ``.onward/kept`` where that is on the same disk, and
the two change names in one step. Which of them lies where is seen by their numbers (inodes),
so that a killed process leaves nothing to guess.
"""

import contextlib
import errno
import glob
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import msgspec

from onward.core.disk import copy_mode, is_read_only, make_executable, write_failed

_NEW, _OLD, _GONE = "new", "old", "gone"
_EXCHANGE = 2  # renameat2(2): RENAME_EXCHANGE
_HERE = -100  # AT_FDCWD


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """One file or folder that is put at ``path``, and the folder ``aside`` where what was there lies after that.

    ``new`` and ``was`` are the numbers of the two (empty: there is none), ``seen`` tells how
    the new one looked when all was done.
    """

    path: str
    aside: str
    new: str = ""
    was: str = ""
    seen: str = ""

    @property
    def reversed(self) -> "Placed":
        """The way back of the way back."""
        return msgspec.structs.replace(self, new=self.was, was=self.new)


def prepare(path: Path, keep: Path | None, *, folder: bool) -> Placed:
    """Begin an empty file or folder that shall come to ``path``: in ``keep``, or beside it where that is on another disk.

    What killed processes left beside it goes. Raises as ``write_atomic``.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not folder and is_read_only(path):
            raise PermissionError(errno.EACCES, "the file is read-only", str(path))
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
            _remove(left)
        if keep is None or not _on_one_disk(keep, path.parent):
            keep = path.parent
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=keep))
        new = aside / _NEW
        if folder:
            new.mkdir()
        else:
            new.touch()
    except OSError as error:
        raise write_failed(path, error) from error
    return Placed(path=str(path), aside=str(aside), new=_number(new), was=_number(path))


def place(placed: Placed, source: Path, *, executable: bool = False) -> None:
    """Fill what was begun with a copy of ``source``, links as links, and give it its name. Raises as ``write_atomic``."""
    path, new = Path(placed.path), Path(placed.aside, _NEW)
    try:
        if new.is_dir():
            shutil.copytree(source, new, symlinks=True, dirs_exist_ok=True)
        else:
            with source.open("rb") as opened, new.open("wb") as file:
                shutil.copyfileobj(opened, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            copy_mode(path, new)
            if executable:
                make_executable(new)
        _swap(new, path, Path(placed.aside, _OLD))
    except OSError as error:
        raise write_failed(path, _first(error)) from error


def take_back(placed: Placed) -> None:
    """Bring back what was at the place, from wherever it had come to; the other one lies aside after. Raises as ``write_atomic``."""
    path, aside = Path(placed.path), Path(placed.aside)
    old = next((one for one in map(aside.joinpath, (_NEW, _OLD, _GONE)) if _is(one, placed.was)), None)  # fmt: skip
    try:
        if old is not None:
            _swap(old, path, aside / (_GONE if old.name != _GONE else _OLD))
        elif not placed.was and _is(path, placed.new):
            aside.mkdir(parents=True, exist_ok=True)
            path.rename(aside / _GONE)
    except OSError as error:
        raise write_failed(path, error) from error


def drop(placed: Placed) -> None:
    """Remove what lies aside."""
    _remove(Path(placed.aside))


def is_as_left(placed: Placed) -> bool:
    """Whether the new one is in place and unchanged, or the old one is back already."""
    path = Path(placed.path)
    if _is(path, placed.new):
        return look_of(path) == placed.seen
    return _number(path) == placed.was


def can_come_back(placed: Placed) -> bool:
    """Whether what was there is there again, or is still kept."""
    places = (Path(placed.path), *(Path(placed.aside, name) for name in (_NEW, _OLD, _GONE)))
    return not placed.was or any(_is(one, placed.was) for one in places)


def look_of(path: Path) -> str:
    """Give a word that changes with names, sizes, times and rights below ``path``; contents are not read."""
    told = hashlib.sha256()
    for one in (path, *sorted(path.rglob("*"))):
        seen = one.lstat()
        link = str(one.readlink()) if one.is_symlink() else ""
        size = 0 if one.is_dir() else seen.st_size  # a folder's own says nothing
        when = 0 if one.is_dir() else seen.st_mtime_ns
        told.update(f"{one.relative_to(path)}\0{seen.st_mode}\0{size}\0{when}\0{link}\n".encode("utf-8", "surrogateescape"))  # fmt: skip
    return told.hexdigest()


def _swap(new: Path, path: Path, old: Path) -> None:
    """Let ``new`` be ``path``; what was there is then at ``new``, or at ``old`` where the system cannot exchange two."""
    if not os.path.lexists(path):
        new.rename(path)
    elif not _exchange(new, path):
        path.rename(
            old
        )  # for a moment nothing has the name; the next onward puts it back if we are killed here
        new.rename(path)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where this system or disk does not know how."""
    if sys.platform != "linux":
        return False
    import ctypes  # only where something is replaced

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(number, os.strerror(number), str(other))


def _number(path: Path) -> str:
    try:
        seen = path.lstat()
    except OSError:
        return ""
    return f"{seen.st_dev:x}-{seen.st_ino:x}"


def _is(path: Path, number: str) -> bool:
    return bool(number) and _number(path) == number


def _on_one_disk(one: Path, other: Path) -> bool:
    """Whether a rename leads from one folder to the other; the system looks at that before it looks for the name."""
    if one.stat().st_dev != other.stat().st_dev:
        return False
    try:
        os.rename(one / ".none", other / ".none")  # noqa: PTH104 - nothing has that name
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _first(error: OSError) -> OSError:
    """Give why a whole copy failed: ``copytree`` collects (source, target, words) and goes on."""
    if isinstance(error, shutil.Error) and error.args and "[Errno 28]" in str(error.args[0]):
        return OSError(28, "no space left on the device")
    return error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
