"""The files of a server: kept by hash once fetched, and handed on while they are being fetched."""

import contextlib
import hashlib
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from onward.adapters.objects import Objects
from onward.adapters.simple_api import File
from onward.adapters.wheel_metadata import wheel_metadata
from onward.core.errors import OutsideFailed
from onward.core.net import Net, Request
from onward.shelves.downloads import Download

METADATA = ".metadata"
"""What stands behind a wheel's address to give the address of its metadata (PEP 658)."""

PROVENANCE = ".provenance"
"""What stands behind a file's key in the store to give the key of its provenance."""

_LARGEST_FILE = 20_000_000_000  # bytes, where the page tells no size (PEP 700 asks for it)
_LARGEST_METADATA = 10_000_000  # bytes
_LARGEST_PROVENANCE = 2_000_000  # bytes; PyPI's have about 10 kB for each attestation

Original = Callable[[str], File | None]
"""Gives a file, by its name, as its own index lists it."""


class Files:
    """Files by their hash: those in ``objects``, and those on their way in ``folder``.

    Safe to share between threads.
    """

    def __init__(self, net: Net, objects: Objects, folder: Path) -> None:
        self._net = net
        self._objects = objects
        self._folder = folder
        self._coming: dict[str, Download] = {}
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.part"):  # of a server that was killed
            left.unlink(missing_ok=True)

    def stored(self, file: File) -> Path | None:
        """Give where a file lies that was fetched whole; None when it was not."""
        key = _key(file)
        return self._objects.path(key) if key else None

    def fetch(self, original: Original, listed: File) -> Download:
        """Give the download of a file, started now unless it is on its way already.

        ``original`` gives the file as its index lists it. Raises OutsideFailed
        (``no-hash``) for a file whose page tells no hash: nobody could say whether what
        comes is what was meant.
        """
        key, best = _key(listed), _best(listed.hashes)
        if key is None or best is None:
            raise OutsideFailed(
                "no-hash",
                f"the upstream tells no hash for `{listed.filename}`, so it is not handed on",
                hint="Ask whoever runs that index to list sha256 hashes.",
            )
        with self._lock:
            coming = self._coming.get(key)
        if coming is not None and coming.progress.error is None:
            return coming
        source = _found(original, listed)
        with self._lock:
            coming = self._coming.get(key)
            if coming is None or coming.progress.error is not None:
                path = self._folder / f"{secrets.token_hex(8)}.part"
                coming = Download(
                    self._net,
                    Request(url=source.url, limit=listed.size or _LARGEST_FILE),
                    path,
                    best,
                    lambda p: self._keep(key, p),
                )
                self._coming[key] = coming
                threading.Thread(target=self._over, args=(key, coming), daemon=True).start()
                coming.start()
            return coming

    def metadata(self, original: Original, listed: File) -> bytes | None:
        """Give the METADATA of a wheel, from here or from upstream; None for what is no wheel.

        Raises OutsideFailed when the upstream does not answer, tells another hash, or has
        no wheel there that can be read.
        """
        key = _key(listed)
        if key is None or not listed.filename.endswith(".whl"):
            return None
        kept = self._objects.read(f"{key}{METADATA}", _LARGEST_METADATA)
        if kept is None:
            kept = self._metadata_from(_found(original, listed))
            self._objects.put(f"{key}{METADATA}", kept)
        return kept

    def provenance(self, original: Original, listed: File) -> bytes | None:
        """Give the attestations of a file (PEP 740, a JSON object), from here or from upstream; None when it has none.

        Raises OutsideFailed when the upstream does not answer, or gives no such object. They
        are handed on unchecked: whoever installs can, with the file's hash.
        """
        key = _key(listed)
        if key is None or not listed.provenance:
            return None
        kept = self._objects.read(f"{key}{PROVENANCE}", _LARGEST_PROVENANCE)
        if kept is None:
            kept = self._provenance_from(_found(original, listed))
            if kept is not None:
                self._objects.put(f"{key}{PROVENANCE}", kept)
        return kept

    def _provenance_from(self, source: File) -> bytes | None:
        if not source.provenance:
            return None
        headers = {"Accept": "application/vnd.pypi.integrity.v1+json, application/json;q=0.5"}
        answer = self._net.get(
            Request(url=source.provenance, headers=headers, limit=_LARGEST_PROVENANCE)
        )
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise OutsideFailed(
                "upstream-refused", f"the upstream answered {answer.status} for a provenance"
            )
        try:
            msgspec.json.decode(answer.body, type=dict[str, msgspec.Raw])
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise OutsideFailed(
                "bad-provenance", f"what `{source.filename}` has as provenance is no JSON object"
            ) from error
        return answer.body

    def _metadata_from(self, source: File) -> bytes:
        """Ask for the file beside the wheel where the index says there is one, else for the end of the wheel."""
        told = source.core_metadata or source.dist_info_metadata
        if not told:
            return wheel_metadata(self._net.get, source.url, source.filename)
        answer = self._net.get(Request(url=f"{source.url}{METADATA}", limit=_LARGEST_METADATA))
        if answer.status != 200:
            return wheel_metadata(self._net.get, source.url, source.filename)
        best = _best(told) if isinstance(told, dict) else None
        if best and hashlib.new(best[0], answer.body).hexdigest() != best[1]:
            raise OutsideFailed(
                "wrong-hash",
                f"the metadata of `{source.filename}` is not what its page promised",
            )
        return answer.body

    def _keep(self, key: str, path: Path) -> None:
        self._objects.put(key, path)

    def _over(self, key: str, download: Download) -> None:
        """Forget a download once it is over; who reads it has its file open."""
        download.wait(lambda _: False)
        with self._lock:
            if self._coming.get(key) is download:
                del self._coming[key]
        with contextlib.suppress(OSError):
            download.path.unlink(missing_ok=True)


def _best(hashes: Mapping[str, str]) -> tuple[str, str] | None:
    """Give (kind, hex digits) of the hash to trust; None when there is none that can be trusted."""
    for kind, length in (("sha256", 64), ("sha512", 128), ("sha384", 96)):
        digest = hashes.get(kind, "").lower()
        if len(digest) == length and _HEX.fullmatch(digest):
            return kind, digest
    return None


_HEX = re.compile(r"[0-9a-f]+")


def _key(file: File) -> str | None:
    """Give the key of a file: its hash and its name, so that equal bytes of two names stay two files."""
    best = _best(file.hashes)
    return f"files/{best[1][:2]}/{best[1]}/{file.filename}" if best else None


def _found(original: Original, listed: File) -> File:
    source = original(listed.filename)
    if source is None:
        raise OutsideFailed("file-gone", f"the upstream does not list `{listed.filename}` any more")
    return source
