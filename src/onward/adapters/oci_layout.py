"""Images on a disk: blobs by their digest, and the OCI image layout (specification 1.1) made of them."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from onward.core.disk import read_limited, write_atomic, write_failed
from onward.core.errors import BadInput, OutsideFailed
from onward.domain.images.manifest import DOCKER_LIST, INDEX, Blob

MARK = b'{"imageLayoutVersion":"1.0.0"}'
_OLD = 30 * 86_400.0  # seconds
_LARGEST_TEXT = 20_000_000  # bytes of a manifest, an index, a config


class Blobs:
    """Blobs below a folder: ``sha256/HEX``. A blob appears there whole or not at all, and never changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Give where a blob is, or would be."""
        kind, _, number = digest.partition(":")
        if kind != "sha256" or len(number) != 64 or set(number) - set("0123456789abcdef"):
            raise BadInput("bad-digest", f"`{digest[:80]}` is no sha256 digest")
        return self.folder / "sha256" / number

    def has(self, blob: Blob) -> bool:
        """Whether a blob is there with the size that it should have."""
        try:
            return self.path(blob.digest).stat().st_size == blob.size
        except OSError:
            return False

    def read(self, digest: str) -> bytes:
        """Give a small blob's bytes, its digest checked; raises BadInput when it is not there or another."""
        try:
            content = read_limited(self.path(digest), _LARGEST_TEXT)
        except OSError as error:
            raise BadInput(
                "no-blob",
                f"`{digest}` is not in `{self.folder}`",
                hint="It was removed or never came. Build or fetch the image again.",
            ) from error
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
            raise BadInput(
                "wrong-digest",
                f"what is kept as `{digest}` in `{self.folder}` is something else",
                hint="It was damaged. Remove it, and build or fetch the image again.",
            )
        return content

    def add(self, content: bytes, digest: str) -> None:
        """Keep some bytes; those that are there count as used now."""
        path = self.path(digest)
        try:
            os.utime(path)
        except OSError:
            write_atomic(path, content, durable=False)

    @contextlib.contextmanager
    def new(self) -> Iterator[Path]:
        """Give an empty file on the same disk, gone afterwards unless it was adopted."""
        above = self.folder / "sha256"
        try:
            above.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", suffix=".tmp", dir=above)
        except OSError as error:
            raise write_failed(above, error) from error
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def adopt(self, path: Path, blob: Blob) -> None:
        """Make a finished file of ``new`` the blob that it is."""
        path.chmod(0o644)
        path.replace(self.path(blob.digest))

    def take(self, blob: Blob, source: Path) -> None:
        """Copy a blob from elsewhere, its digest checked on the way; raises BadInput (``wrong-digest``)."""
        if self.has(blob):
            return
        with self.new() as path:
            digest = hashlib.sha256()
            try:
                old = source.open("rb")
            except OSError as error:
                raise BadInput(
                    "no-blob",
                    f"`{blob.digest}`, which the image needs, cannot be read in `{source.parent}`: {error.strerror}",
                    hint="It was removed or never came. Build or fetch the image again.",
                ) from error
            try:
                with old, path.open("wb") as new:
                    while chunk := old.read(1 << 20):
                        digest.update(chunk)
                        new.write(chunk)
            except OSError as error:
                raise write_failed(path, error) from error
            if f"sha256:{digest.hexdigest()}" != blob.digest:
                raise BadInput(
                    "wrong-digest",
                    f"`{source}` is not what its name says",
                    hint="It was damaged. Remove it, and build or fetch the image again.",
                )
            self.adopt(path, blob)

    def sweep(self, now: float) -> None:
        """Remove blobs that nobody used for a month; ``now`` is in seconds since 1970."""
        for path in (self.folder / "sha256").glob("*"):
            _drop_old(path, now)


def is_layout(folder: Path) -> bool:
    """Whether a folder is an image layout."""
    return (folder / "oci-layout").is_file() and (folder / "index.json").is_file()


def read_index(folder: Path) -> list[dict[str, Any]]:
    """Give the entries of a layout's index; raises BadInput (``bad-layout``)."""
    try:
        found = list(json.loads(read_limited(folder / "index.json", _LARGEST_TEXT))["manifests"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(
            "bad-layout", f"`{folder}` is no OCI image layout that can be read: {error}"
        ) from error
    return [entry for entry in found if isinstance(entry, dict)]


def reachable(folder: Path) -> set[str]:
    """Give the digests of all blobs that a layout's index leads to; what cannot be read leads nowhere."""
    blobs, found = Blobs(folder / "blobs"), set[str]()
    try:
        waiting: list[Any] = read_index(folder)
    except BadInput:
        return found
    while waiting:
        entry = waiting.pop()
        digest = entry.get("digest") if isinstance(entry, dict) else None
        if not isinstance(digest, str) or digest in found:
            continue
        found.add(digest)
        if entry.get("mediaType") in (INDEX, DOCKER_LIST) or "manifest" in str(
            entry.get("mediaType")
        ):
            with contextlib.suppress(
                BadInput, ValueError, AttributeError, TypeError, RecursionError
            ):
                read = json.loads(blobs.read(digest))
                waiting += [*read.get("manifests", []), *read.get("layers", [])]
                waiting += [read["config"]] if "config" in read else []
    return found


def fill(folder: Path, wanted: Mapping[str, Path]) -> int:
    """Put blobs (digest to a file that has it) into a layout's folder; those there stay. Give how many came."""
    blobs, added = Blobs(folder / "blobs"), 0
    for digest, source in sorted(wanted.items()):
        target = blobs.path(digest)
        if target.is_file() and target.stat().st_size == source.stat().st_size:
            continue
        with blobs.new() as path:
            try:
                shutil.copyfile(source, path)
            except OSError as error:
                raise write_failed(target, error) from error
            path.chmod(0o644)
            path.replace(target)
        added += 1
    return added


def _drop_old(path: Path, now: float) -> None:
    with contextlib.suppress(OSError):
        if now - path.stat().st_mtime > _OLD:
            path.unlink()


class Notes:
    """What was found out once and need not be again: small JSON values by key. What cannot be read is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> Any:
        """Give the value of a key; None when there is none."""
        try:
            return msgspec.json.decode((self._folder / f"{key}.json").read_bytes())
        except (OSError, msgspec.MsgspecError):
            return None

    def put(self, key: str, value: object) -> None:
        """Keep a value; where nothing can be written it is worked out again."""
        with contextlib.suppress(OutsideFailed, OSError):
            write_atomic(self._folder / f"{key}.json", msgspec.json.encode(value), durable=False)

    def sweep(self, now: float) -> None:
        """Remove notes that are older than a month; ``now`` is in seconds since 1970."""
        for path in self._folder.glob("*"):
            _drop_old(path, now)
