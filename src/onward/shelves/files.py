"""The files of a server: kept by hash once fetched, and handed on while they are being fetched."""

import contextlib
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from onward.adapters.objects import Objects
from onward.adapters.simple_api import File
from onward.adapters.wheel_metadata import metadata_in
from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.core.net import Net
from onward.shelves.beside import (
    LARGEST_FILE,
    LARGEST_METADATA,
    LARGEST_PROVENANCE,
    METADATA,
    Source,
    Upstreams,
    Ways,
    best_hash,
    is_as_told,
)
from onward.shelves.downloads import Download, not_written

PROVENANCE = ".provenance"
"""What stands behind a file's key in the store to give the key of its provenance."""

_PASSING = "onward-"  # so begin the names of files on their way
_SPARED = 20_000_000  # bytes that are left free for the database and the pages

NOWHERE = "http://own.invalid/"
"""How the addresses of own files begin, the key in the store behind it (RFC 6761, 6.4: no such host can be)."""

MIRRORED = "files/"
"""How the keys begin of what can be had from an upstream again."""


class Keeping(Protocol):
    """Whoever wants to know what is kept and used; must answer at once."""

    def kept(self, project: Name, key: str, size: int) -> None:
        """Hear that an object is in the store now, with its bytes."""

    def used(self, key: str) -> None:
        """Hear that an object was asked for."""


class Unheard:
    """Tells nobody."""

    def kept(self, project: Name, key: str, size: int) -> None:
        """Do nothing."""

    def used(self, key: str) -> None:
        """Do nothing."""


Read = Callable[[Name, File, bytes], None]
"""Hears of METADATA: the project, its wheel, the content."""


def unread(project: Name, wheel: File, metadata: bytes) -> None:
    """Tell nobody."""


def free_bytes(folder: Path) -> int:
    """Give the bytes that are free on the disk of a folder; none when that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def clear_spare(before: float) -> None:
    """Remove what was on its way on the system's disk when a server was killed before a moment (seconds since 1970)."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PASSING}*.part"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < before:
                left.unlink()


class Files:
    """Files by their hash: those in ``objects``, and those on their way in ``folder``.

    ``keeping`` hears what is kept and used; ``ways`` knows how upstreams are asked; ``room``
    gives the bytes that are free where a folder is; ``read`` hears what METADATA of a project's
    wheel was had. Safe to share between threads.
    """

    def __init__(
        self,
        net: Net,
        objects: Objects,
        folder: Path,
        keeping: Keeping | None = None,
        *,
        ways: Ways,
        room: Callable[[Path], int] = free_bytes,
        read: Read = unread,
    ) -> None:
        self._room = room
        self._read = read
        self._net = net
        self._upstreams = Upstreams(net, ways)
        self._keeping = keeping or Unheard()
        self._objects = objects
        self._folder = folder
        self._coming: dict[str, Download] = {}
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.part"):  # of a server that was killed
            left.unlink(missing_ok=True)

    @property
    def coming(self) -> int:
        """How many files are on their way now."""
        return len(self._coming)

    def stored(self, file: File) -> Path | None:
        """Give where a file lies that was fetched whole; None when it was not.

        One that is not as long as its page says was cut short since, by a crash or a full disk.
        """
        key = self._where(file)
        found = self._objects.file(key) if key else None
        if key is None or found is None or file.size not in (None, found[1]):
            return None
        self._keeping.used(key)
        return found[0]

    def fetch(self, source: Source, listed: File) -> tuple[Download, BinaryIO]:
        """Give the download of a file, started now unless it is on its way already, and its bytes to read.

        ``source`` is the page that lists it. The open file stays good when the download is
        over and put away; whoever gets it closes it. Raises OutsideFailed (``no-hash``) for
        a file whose page tells no hash: nobody could say whether what comes is what was
        meant.
        """
        key, best = key_of(listed), best_hash(listed.hashes)
        if key is None or best is None:
            raise OutsideFailed(
                "no-hash",
                f"the upstream tells no hash for `{listed.filename}`, so it is not handed on",
                hint="Ask whoever runs that index to list sha256 hashes.",
            )
        with self._lock:
            coming = self._coming.get(key)
            if coming is not None and coming.progress.error is None:
                return coming, _opened(coming)
        original = _found(source, listed)
        with self._lock:
            coming = self._coming.get(key)
            if coming is None or coming.progress.error is not None:
                path = self._place(listed.size or 0)
                request = self._upstreams.request(source, original.url, listed.size or LARGEST_FILE)
                name = source.name
                coming = Download(
                    self._net, request, path, best, lambda p: self._keep(name, key, p)
                )
                coming.start()
                self._coming[key] = coming
                threading.Thread(target=self._over, args=(key, coming), daemon=True).start()
            # while it is listed here its file is there; one not kept is gone right after its end
            return coming, _opened(coming)

    def _place(self, size: int) -> Path:
        """Give where a file may lie while it comes: on the system's disk for what passes when ours is full.

        It cannot be kept then, but whoever asked gets it.
        """
        name = f"{_PASSING}{secrets.token_hex(8)}.part"
        if self._room(self._folder) < size + _SPARED:
            spare = Path(tempfile.gettempdir())
            if self._room(spare) >= size + _SPARED:
                return spare / name
        return self._folder / name

    def metadata(self, source: Source, listed: File) -> bytes | None:
        """Give the METADATA of a wheel, from here or from upstream; None for what is no wheel.

        Raises OutsideFailed when the upstream does not answer, tells another hash, or has
        no wheel there that can be read.
        """
        key = self._where(listed)
        if key is None or not listed.filename.endswith(".whl"):
            return None
        beside = f"{key}{METADATA}"
        kept = self._beside(beside, LARGEST_METADATA)
        if kept is None:
            kept = self._metadata_inside(listed) or self._upstreams.metadata(
                source, _found(source, listed)
            )
            self._keep(source.name, beside, kept)
        self._read(source.name, listed, kept)
        return kept

    def provenance(self, source: Source, listed: File) -> bytes | None:
        """Give the attestations of a file (PEP 740, a JSON object), from here or from upstream; None when it has none.

        Raises OutsideFailed when the upstream does not answer, or gives no such object. They
        are handed on unchecked: whoever installs can, with the file's hash.
        """
        key = key_of(listed)
        if key is None or not listed.provenance:
            return None
        if self._where(listed) != key and (own := _own_provenance(source, listed)):
            return self._objects.read(own, LARGEST_PROVENANCE)
        beside = f"{key}{PROVENANCE}"
        kept = self._beside(beside, LARGEST_PROVENANCE)
        if kept is None:
            kept = self._upstreams.provenance(source, _found(source, listed))
            if kept is not None:
                self._keep(source.name, beside, kept)
        return kept

    def _where(self, file: File) -> str | None:
        """Give the key of a file: that of an own one, if there is such a one, else that of a mirrored one."""
        key = key_of(file)
        sha256 = file.hashes.get("sha256", "")
        own = own_key(sha256, file.filename) if _SHA256.fullmatch(sha256) else None
        return own if own and self._objects.file(own) is not None else key

    def _metadata_inside(self, listed: File) -> bytes | None:
        """Give METADATA out of a wheel that is here; None when it is not, or is not what its page promised."""
        path = self.stored(listed)
        if path is None:
            return None
        try:
            content = metadata_in(path, listed.filename)
        except OutsideFailed:
            return None
        return content if is_as_told(listed, content) else None

    def _beside(self, key: str, most: int) -> bytes | None:
        """Give what is kept beside a file; None when it is not there, or cannot be read now."""
        with contextlib.suppress(OutsideFailed):
            kept = self._objects.read(key, most)
            if kept is not None:
                self._keeping.used(key)
            return kept
        return None

    def _keep(self, project: Name, key: str, content: Path | bytes) -> None:
        """Keep what came from upstream; if the store fails the client has it all the same."""
        with contextlib.suppress(OutsideFailed):
            size = len(content) if isinstance(content, bytes) else content.stat().st_size
            if self._objects.size(key) not in (None, size):  # what is there was cut short
                self._objects.delete(key)
            self._objects.put(key, content)
            self._keeping.kept(project, key, size)

    def _over(self, key: str, download: Download) -> None:
        """Forget a download once it is over; who reads it has its file open."""
        download.wait(lambda _: False)
        with self._lock:
            if self._coming.get(key) is download:
                del self._coming[key]
        with contextlib.suppress(OSError):
            download.path.unlink(missing_ok=True)


def _opened(coming: Download) -> BinaryIO:
    try:
        return coming.path.open("rb")
    except OSError as error:
        raise not_written(error) from error


_SHA256 = re.compile(r"[0-9a-f]{64}")


def own_key(sha256: str, filename: str) -> str:
    """Give the key of a file that was uploaded here: apart from the mirrored ones, which may be dropped."""
    return f"own/{sha256[:2]}/{sha256}/{filename}"


def key_of(file: File) -> str | None:
    """Give the key of a file: its hash and its name, so that equal bytes of two names stay two files."""
    best = best_hash(file.hashes)
    return f"files/{best[1][:2]}/{best[1]}/{file.filename}" if best else None


def filename_of(key: str) -> str:
    """Give the name of the file that an object is, or lies beside."""
    return key.rpartition("/")[2].removesuffix(METADATA).removesuffix(PROVENANCE)


def _own_provenance(source: Source, listed: File) -> str:
    """Give the key of the attestations of an own file; an empty text for a mirrored one."""
    original = source.original(listed.filename)
    told = (original.provenance if original else None) or ""
    return told.removeprefix(NOWHERE) if told.startswith(NOWHERE) else ""


def _found(source: Source, listed: File) -> File:
    original = source.original(listed.filename)
    if original is None:
        raise OutsideFailed("file-gone", f"the upstream does not list `{listed.filename}` any more")
    if original.url.startswith(NOWHERE):
        raise OutsideFailed(
            "store-failed",
            f"the store of files has lost `{listed.filename}`, which was uploaded here",
            hint="Bring it back from a backup of the data folder.",
        )
    return original
