"""Folders for work that nobody keeps: gone at the end, and swept up later if we were killed before that."""

import contextlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"onward-(\d+)-.+")
_OLD = 86_400.0  # seconds; until then a folder may belong to someone we cannot see, in another container
_MOST = 20  # folders swept at a time, so that nobody waits for it


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a new folder that only this user can read, for as long as the body runs.

    What killed processes of this user left behind more than a day ago is removed on the way.
    """
    with contextlib.suppress(OSError):
        sweep(Path(tempfile.gettempdir()), time.time())
    folder = Path(tempfile.mkdtemp(prefix=f"onward-{os.getpid()}-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(where: Path, now: float) -> int:
    """Remove our folders in ``where`` whose process is gone, and give how many; ``now`` in seconds since 1970.

    A name is not enough: it must be a real folder of this user, old, and not in use.
    """
    swept = 0
    with os.scandir(where) as entries:
        for entry in entries:
            named = _NAME.fullmatch(entry.name)
            if named and swept < _MOST and _is_left(entry, int(named[1]), now):
                shutil.rmtree(entry.path, ignore_errors=True)
                swept += 1
    return swept


def _is_left(entry: os.DirEntry[str], pid: int, now: float) -> bool:
    try:
        seen = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    if not stat.S_ISDIR(seen.st_mode) or now - seen.st_mtime < _OLD:
        return False
    if os.name != "posix":
        return True  # there is no asking for a process without the risk of ending it
    return seen.st_uid == os.getuid() and not _is_alive(pid)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
