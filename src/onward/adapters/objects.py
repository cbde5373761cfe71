"""A store of objects: a folder today, by the same calls an S3 bucket (obstore 0.12)."""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore

from onward.core.errors import OutsideFailed


class Objects:
    """Objects below ``folder`` by key (``/`` between the parts).

    What is put is whole or not there, and is never replaced. Every method raises
    OutsideFailed (``store-failed``) when the store does not do it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failed("open", str(folder), error) from error
        self._folder = folder
        self._root = os.path.join(folder, "")  # noqa: PTH118
        self._store = LocalStore(folder)

    def path(self, key: str) -> Path | None:
        """Give where an object lies as a file, for servers that send files themselves; None when it is not there."""
        found = self.file(key)
        return found[0] if found else None

    def file(self, key: str) -> tuple[Path, int] | None:
        """Give where an object lies as a file, and its bytes; None when it is not there."""
        place = f"{self._root}{key}"  # each request for a file comes by here, and a Path costs more than the look
        try:
            seen = os.stat(place)  # noqa: PTH116
        except (OSError, ValueError):
            return None
        return (Path(place), seen.st_size) if stat.S_ISREG(seen.st_mode) else None

    def size(self, key: str) -> int | None:
        """Give the bytes of an object; None when it is not there."""
        try:
            return obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _failed("look for", key, error) from error

    def put(self, key: str, content: bytes | Path) -> bool:
        """Keep an object; False when there is one of this key already, which then stays as it is."""
        try:
            obstore.put(self._store, key, content, mode="create")
        except AlreadyExistsError:
            return False
        except (BaseError, OSError) as error:
            raise _failed("keep", key, error) from error
        return True

    def take_in(self, key: str, path: Path) -> bool:
        """Keep the file at ``path`` without reading it, safe against a power cut; False when the key is taken."""
        target = self._folder / key
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb+") as file:
                os.fsync(file.fileno())
            try:
                os.link(path, target)
            except FileExistsError:
                return False
            except OSError:  # a disk without links
                return self.put(key, path)
            _sync_folder(target.parent)
        except OSError as error:
            raise _failed("keep", key, error) from error
        return True

    def read(self, key: str, most: int) -> bytes | None:
        """Give an object of up to ``most`` bytes; None when it is not there."""
        try:
            answer = obstore.get(self._store, key)
            if answer.meta["size"] > most:
                raise _failed("read", key, ValueError(f"it has more than {most} bytes"))
            return bytes(answer.bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _failed("read", key, error) from error

    def delete(self, key: str) -> None:
        """Take an object away, if it is there."""
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _failed("delete", key, error) from error

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Give (key, bytes) of every object whose key begins with the folders ``prefix``."""
        try:
            for batch in obstore.list(self._store, prefix):
                for meta in batch:
                    yield meta["path"], meta["size"]
        except (BaseError, OSError) as error:
            raise _failed("list", prefix, error) from error

    def clear_halves(self, before: float) -> int:
        """Remove what was half put when a server was killed before a moment (seconds since 1970); give how many.

        The store writes beside the place, under the same name with ``#`` and a number.
        """
        gone = 0
        for folder, _, names in os.walk(self._folder):
            for name in names:
                if not _HALF.search(name):
                    continue
                path = Path(folder, name)
                with contextlib.suppress(OSError):
                    if path.stat().st_mtime < before:
                        path.unlink()
                        gone += 1
        return gone


_HALF = re.compile(r"#\d+$")


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder written; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _failed(what: str, key: str, error: Exception) -> OutsideFailed:
    why = str(error).partition("\n")[0]
    return OutsideFailed(
        "store-failed",
        f"the store of files could not {what} `{key}`",
        context=(why,),
        hint="Look at the disk of the data folder: is it full, or not writable?",
    )
