"""Layers as files: a tar that depends on nothing but what is in it, compressed by gzip, hashed while it is written."""

import contextlib
import errno
import gzip
import hashlib
import io
import os
import shutil
import sys
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Self

from onward.core.disk import write_failed
from onward.core.errors import BadInput, OutsideFailed
from onward.domain.images.entries import TIME, Entry, Kind
from onward.domain.images.manifest import LAYER, Blob, Layer

_LEVEL = 4  # half the time of the usual 6, and a layer is 3 to 4 % larger
PACKING = f"gzip {_LEVEL} by zlib {zlib.ZLIB_RUNTIME_VERSION}"
"""How a layer is packed: with another one the same entries have another digest."""
_MOST_ENTRIES = 1_000_000
_LONGEST_HEADER = (
    1 << 20
)  # bytes of names and further fields of one member: tarfile holds them in memory
_PIECE = 1 << 18  # bytes that are unpacked at once
_MOST_TIMES = 2000  # that a layer may be larger unpacked: gzip reaches 1032, zstd has no such bound
_LEAST = 1 << 26  # bytes that even the smallest layer may unpack to
_WINDOW = 27  # log2 of the bytes that zstd may need: 128 MB, its own default
_LEFT_FREE = 1 << 30  # bytes of the disk that unpacking leaves to others
_HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
_TYPES = {Kind.file: tarfile.REGTYPE, Kind.folder: tarfile.DIRTYPE, Kind.link: tarfile.SYMTYPE}


def write_layer(entries: Iterable[Entry], out: Path, kind: str) -> Layer:
    """Write ``entries`` (sorted) to ``out`` as a layer; ``kind`` says in words what it is.

    Raises OutsideFailed for a full disk, BadInput (``changed-meanwhile``) for a file that
    changed while it was read.
    """
    try:
        with out.open("wb") as file:
            sink = _Sink(file)
            with tarfile.TarFile(
                fileobj=sink, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8"  # type: ignore[arg-type]
            ) as tar:  # fmt: skip
                for entry in entries:
                    _add(tar, entry)
            sink.finish()
    except OSError as error:
        raise write_failed(out, error) from error
    blob = Blob(media_type=LAYER, digest=f"sha256:{sink.packed.hexdigest()}", size=sink.size)
    return Layer(
        blob=blob, diff_id=f"sha256:{sink.plain.hexdigest()}", kind=kind, unpacked=sink.unpacked
    )


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    info = tarfile.TarInfo(entry.path)
    info.type = _TYPES[entry.kind]
    info.mode = entry.mode if entry.kind is not Kind.link else 0o777
    info.mtime = TIME
    info.uid, info.gid = entry.owner
    info.linkname = entry.target
    if entry.kind is not Kind.file:
        tar.addfile(info)
    elif entry.source is None:
        info.size = len(entry.content)
        tar.addfile(info, io.BytesIO(entry.content))
    else:
        with entry.source.open("rb") as file:
            info.size = entry.source.stat().st_size
            try:
                tar.addfile(info, file)
            except OSError as error:
                if error.errno is not None:
                    raise
                changed = True  # tarfile's own word for a file that became shorter
            else:
                changed = bool(file.read(1))
        if changed:
            raise BadInput(
                "changed-meanwhile",
                f"`{entry.source}` changed while it was read",
                hint="Let whatever writes there finish, and build again.",
            )


class _Sink:
    """Where a tar is written to: counts, hashes, compresses."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        # with a gzip header, whose time and name stay empty (RFC 1952)
        self._zip = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
        self.plain, self.packed = hashlib.sha256(), hashlib.sha256()
        self.size = self.unpacked = 0

    def tell(self) -> int:
        return self.unpacked

    def write(self, content: bytes) -> int:
        self.plain.update(content)
        self.unpacked += len(content)
        self._put(self._zip.compress(content))
        return len(content)

    def finish(self) -> None:
        self._put(self._zip.flush())

    def _put(self, packed: bytes) -> None:
        if packed:
            self.packed.update(packed)
            self.size += len(packed)
            self._file.write(packed)


class _Member(tarfile.TarInfo):
    """A member whose header is bounded: a few megabytes of gzip unpack to one that fills the memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        return cls._bounded(super().frombuf(buf, encoding, errors))

    @classmethod
    def _frombuf(cls, *words: Any, **more: Any) -> Self:
        # what some releases of Python ask instead; where it is not, nobody does
        return cls._bounded(super()._frombuf(*words, **more))  # type: ignore[misc]

    @classmethod
    def _bounded(cls, found: Self) -> Self:
        if found.type in _HEADERS and found.size > _LONGEST_HEADER:
            raise tarfile.ReadError(f"it has a header of {found.size} bytes")
        return found


def _zstd() -> Any:
    """Give what unpacks zstd: Python's own since 3.14, else ``backports.zstd`` (the same); None where neither is."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        return None
    return zstd


def can_unpack_zstd() -> bool:
    """Whether layers that are packed with zstd can be read here."""
    return _zstd() is not None


class OpenedLayer:
    """The members of a layer, one after the other, each with the tar that its bytes can be had from."""

    def __init__(self, plain: "_Plain", tar: tarfile.TarFile) -> None:
        self._plain = plain
        self._tar = tar

    def __iter__(self) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
        return ((info, self._tar) for count, info in enumerate(self._tar) if _bounded(count))

    def diff_id(self) -> str:
        """Give the digest of the whole tar, once all members are read; what follows the last one counts too."""
        while self._plain.read(_PIECE):
            pass
        return f"sha256:{self._plain.digest.hexdigest()}"


class _Plain:
    """The tar of a layer as it is unpacked, all members of a gzip file (eStargz has one for each file).

    Only what the media types of layers say; tarfile's ``r|*`` would unpack bzip2 and xz too.
    """

    def __init__(
        self, file: io.BufferedReader, opened: contextlib.ExitStack, *, hashed: bool
    ) -> None:
        self._file: Any = file
        self._fault: type[Exception] = tarfile.ReadError
        sign = file.peek(4)[:4]
        if sign[:2] == b"\x1f\x8b":
            self._file = opened.enter_context(gzip.GzipFile(fileobj=file))
            self._fault = gzip.BadGzipFile
        elif sign == b"\x28\xb5\x2f\xfd" and (zstd := _zstd()) is not None:
            window = {zstd.DecompressionParameter.window_log_max: _WINDOW}
            self._file = opened.enter_context(zstd.ZstdFile(file, options=window))
            self._fault = zstd.ZstdError
        self._left = _LEAST + _MOST_TIMES * os.fstat(file.fileno()).st_size
        self._hashed = hashed
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Give up to ``size`` bytes unpacked; raises tarfile.ReadError for what is damaged, or unpacks to too much."""
        try:
            content: bytes = self._file.read(size)
        except self._fault as error:
            raise tarfile.ReadError(str(error)) from error
        self._left -= len(content)
        if self._left < 0:
            raise tarfile.ReadError(f"it unpacks to more than {_MOST_TIMES} times its size")
        if self._hashed:
            self.digest.update(content)
        return content


@contextlib.contextmanager
def open_layer(path: Path, *, hashed: bool = False) -> Iterator[OpenedLayer]:
    """Give what is in a layer; only with ``hashed`` is its ``diff_id`` worked out on the way.

    Raises OutsideFailed (``bad-layer``) for one that is damaged.
    """
    try:
        with path.open("rb") as file, contextlib.ExitStack() as opened:
            plain = _Plain(file, opened, hashed=hashed)
            with tarfile.open(
                fileobj=plain, mode="r|", tarinfo=_Member, bufsize=_PIECE  # type: ignore[call-overload]
            ) as tar:  # fmt: skip
                yield OpenedLayer(plain, tar)
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OverflowError) as error:
        raise OutsideFailed(
            "bad-layer", f"a layer of the image cannot be read: {error}", context=(path.name,)
        ) from error


def _bounded(count: int) -> bool:
    if count > _MOST_ENTRIES:
        raise tarfile.ReadError(f"it has more than {_MOST_ENTRIES} entries")
    return True


_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_MOST_LINKS = 40  # links in one path, as in the kernel


def unpack(path: Path, root: Path) -> None:
    """Unpack a layer over what is in ``root``, with its whiteouts (OCI image specification, layer.md).

    Nothing is written outside, whatever links say; devices and owners are left out, and folders
    stay open to whoever unpacks. Raises OutsideFailed (``bad-layer``, ``disk-full``).
    """
    try:
        _unpack(path, Path(os.path.realpath(root)))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise write_failed(root, error) from error
        raise OutsideFailed(
            "bad-layer",
            f"a layer of the image cannot be unpacked: {error.strerror or error}",
            context=(path.name, str(error.filename or "")[:300]),
        ) from error


def _unpack(path: Path, top: Path) -> None:
    left = shutil.disk_usage(top).free - _LEFT_FREE
    with open_layer(path) as members:
        for info, tar in members:
            left -= info.size if info.isreg() else 0
            if left < 0:
                # before it is written: a small layer can hold files of any size
                raise OSError(errno.ENOSPC, "")
            parts = [part for part in info.name.split("/") if part not in ("", ".")]
            if not parts:
                continue
            folder = _folder(top, parts[:-1])
            if parts[-1] == _OPAQUE:
                for entry in folder.iterdir():
                    _drop(entry)
            elif parts[-1].startswith(_WHITEOUT):
                name = parts[-1].removeprefix(_WHITEOUT)
                if name not in ("", ".", ".."):
                    _drop(folder / name)
            elif parts[-1] != "..":
                _place(info, tar, folder / parts[-1], top)


def _place(info: tarfile.TarInfo, tar: tarfile.TarFile, target: Path, top: Path) -> None:
    if info.isdir():
        if target.is_symlink() or not target.is_dir():
            _drop(target)
            target.mkdir()
        # Fedora's are closed to writing for their owner too, and only root may do so all the same
        target.chmod(info.mode & 0o1777 | 0o700)
        return
    _drop(target)
    if info.issym():
        target.symlink_to(info.linkname)
    elif info.islnk():
        parts = [part for part in info.linkname.split("/") if part not in ("", ".")]
        if not parts or parts[-1] == "..":
            return
        source = _folder(top, parts[:-1]) / parts[-1]
        if source.is_file() and not source.is_symlink():
            os.link(source, target)
    elif info.isreg() and (file := tar.extractfile(info)) is not None:
        with target.open("xb") as out:
            shutil.copyfileobj(file, out, 1 << 20)
        target.chmod(info.mode & 0o777)


def _folder(top: Path, parts: list[str]) -> Path:
    """Give a folder below ``top``, made where it is missing; links are followed as if ``top`` were the root."""
    here, waiting, links = top, list(parts), 0
    while waiting:
        part = waiting.pop(0)
        if part == "..":
            here = here if here == top else here.parent
            continue
        step = here / part
        if step.is_symlink():
            links += 1
            if links > _MOST_LINKS:
                raise OutsideFailed("bad-layer", f"`{'/'.join(parts)}` is a circle of links")
            target = str(step.readlink())
            here = top if target.startswith("/") else here
            waiting = [word for word in target.split("/") if word not in ("", ".")] + waiting
            continue
        if not step.is_dir():
            _drop(step)
            step.mkdir()
        here = step
    return here


def _drop(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_tar(members: Iterable[tuple[str, bytes | Path]], out: Any) -> None:
    """Write files into an uncompressed tar, in the order given, as nobody's and of no time."""
    with tarfile.TarFile(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, held in members:
            _add(
                tar,
                Entry(path=name, content=held)
                if isinstance(held, bytes)
                else Entry(path=name, source=held),
            )
