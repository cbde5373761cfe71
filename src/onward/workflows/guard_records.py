"""What settings files were before the guard's address was written into them, kept in onward's data folder.

A record is written before its file and removed after it, so a kill in between loses nothing:
a record of a file that does not name the guard says nothing. Such files may hold logins, so
records are for this user only.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.disk import read_limited, remove, sha256_of, write_atomic
from onward.core.errors import BadInput
from onward.core.folders import data_folder

_LARGEST = 20_000_000  # bytes of a record


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it was before (None: it was not there), the guard's address in it, and a mark of it with that.

    ``scope`` is ``user`` or ``project``; ``made`` are folders that were made for it, innermost first.
    """

    client: str
    path: str
    scope: str
    url: str
    before: bytes | None
    after_sha256: str
    made: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What was there as text."""
        return (self.before or b"").decode("utf-8", "replace")


class Records:
    """The records of one user."""

    def __init__(self, env: Mapping[str, str], *, platform: str) -> None:
        self.folder = data_folder(env, platform=platform) / "clients"

    def find(self, client: str, path: Path) -> Kept | None:
        """Give the record of one client's lines in a file; raises BadInput for one that cannot be read."""
        return self._read(self._file(client, path))

    def all(self) -> Iterator[Kept]:
        """Give every record there is."""
        if self.folder.is_dir():
            for file in sorted(self.folder.glob("*.json")):
                kept = self._read(file)
                if kept is not None:
                    yield kept

    def keep(self, kept: Kept) -> None:
        """Write a record down."""
        write_atomic(
            self._file(kept.client, Path(kept.path)), msgspec.json.encode(kept), private=True
        )

    def forget(self, client: str, path: Path) -> None:
        """Remove a record."""
        remove(self._file(client, path))

    def _file(self, client: str, path: Path) -> Path:
        return self.folder / f"{client}-{sha256_of(str(path).encode())[:24]}.json"

    def _read(self, file: Path) -> Kept | None:
        try:
            return msgspec.json.decode(read_limited(file, _LARGEST), type=Kept)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            raise BadInput(
                "record-unreadable",
                f"`{file}` cannot be read, so what a settings file was before is not known",
                hint="The lines of the guard are marked in that file; take them out by hand and remove the record.",
            ) from error
