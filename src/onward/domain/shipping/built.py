"""Read wheels and source distributions from bytes: with limits, and never by unpacking them to a disk."""

import calendar
import copy
import gzip
import hashlib
import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO

import msgspec

from onward.core.errors import BadInput
from onward.domain.shipping.secrets import holds_key, is_secret_name, variables

MOST_MEMBERS = 100_000
MOST_BYTES = 4_000_000_000  # unpacked, all members together
_KEPT = 2_000_000  # bytes of a member that are kept for reading
_LONGEST_RECORD = 30_000_000  # bytes; it has a line for each member
_CHUNK = 1_048_576

_NOBODY = ("0:0::", "0:0:root:root", "0:0:root:wheel")


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file in an archive: its path as written there, size in bytes, sha256 in hex.

    ``link`` is what a link points to (empty: a file). ``time`` is in seconds since 1970 (a
    wheel's as if it were UTC), ``mode`` the permission bits, ``owner`` names and numbers.
    ``sets`` are the variables of a file of secrets, never their values.
    """

    path: str
    size: int
    sha256: str
    time: int = 0
    mode: int = 0
    owner: str = ""
    link: str = ""
    holds_key: bool = False
    sets: tuple[str, ...] = ()

    @property
    def stamp(self) -> tuple[int, int, str]:
        """What may differ without any content differing."""
        return self.time, self.mode, self.owner


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution file: its members in order, and the small texts that are read from it.

    ``texts`` holds METADATA, WHEEL, RECORD and entry_points.txt of a wheel (by those
    names), PKG-INFO of a source distribution, so far as they are there. ``time`` is what
    the compression notes of a source distribution, in seconds since 1970.
    """

    filename: str
    size: int
    sha256: str
    members: tuple[Member, ...]
    texts: dict[str, bytes] = {}
    time: int = 0

    @property
    def is_wheel(self) -> bool:
        """Whether this is a wheel; else it is a source distribution."""
        return self.filename.endswith(".whl")

    @property
    def paths(self) -> tuple[str, ...]:
        """The members' paths; those of a source distribution without its one top folder."""
        if self.is_wheel:
            return tuple(member.path for member in self.members)
        return tuple(member.path.partition("/")[2] or member.path for member in self.members)


def read_built(filename: str, content: bytes, *, most_bytes: int = MOST_BYTES) -> Built:
    """Read a ``.whl`` (PyPA binary distribution format) or ``.tar.gz`` (PyPA source distribution format).

    Raises BadInput ``bad-archive`` for what is damaged, of another kind, or unpacks to more
    than ``most_bytes``.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    return read_open(
        filename, io.BytesIO(content), size=len(content), sha256=sha256, most_bytes=most_bytes
    )


def read_open(
    filename: str, file: IO[bytes], *, size: int, sha256: str, most_bytes: int = MOST_BYTES
) -> Built:
    """Read a distribution from an open file of ``size`` bytes and that ``sha256``; see ``read_built``."""
    budget = _Budget(most_bytes)
    time = 0
    try:
        if filename.endswith(".whl"):
            members, texts = _zip(file, budget)
        elif filename.endswith(".tar.gz"):
            members, texts = _tar(file, budget)
            file.seek(4)
            time = int.from_bytes(file.read(4), "little")  # RFC 1952, MTIME
        else:
            raise BadInput("bad-archive", f"`{filename}` is neither a wheel nor a `.tar.gz`")
    except (
        zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError,
        RuntimeError, ValueError, OverflowError, struct.error,
    ) as error:  # fmt: skip
        raise BadInput(
            "bad-archive", f"`{filename}` cannot be read", context=(str(error),)
        ) from error
    return Built(
        filename=filename,
        size=size,
        sha256=sha256,
        members=tuple(members),
        texts=texts,
        time=time,
    )


def _zip(content: IO[bytes], budget: "_Budget") -> tuple[list[Member], dict[str, bytes]]:
    members: list[Member] = []
    texts: dict[str, bytes] = {}
    with zipfile.ZipFile(content) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            with archive.open(info) as file:
                long = info.filename.endswith(".dist-info/RECORD")
                size, sha256, head = budget.read(file, keep=_LONGEST_RECORD if long else _KEPT)
            folder, _, name = info.filename.rpartition("/")
            if folder.endswith(".dist-info") and "/" not in folder:
                texts[name] = head
            time, mode = calendar.timegm((*info.date_time, 0, 0, 0)), info.external_attr >> 16
            members.append(_member(info.filename, size, sha256, head, time=time, mode=mode))
    return members, texts


def _tar(content: IO[bytes], budget: "_Budget") -> tuple[list[Member], dict[str, bytes]]:
    members: list[Member] = []
    texts: dict[str, bytes] = {}
    with (
        _Counted(content, budget) as unzipped,
        tarfile.open(fileobj=unzipped, mode="r|") as archive,
    ):
        for info in archive:
            if info.isdir():
                continue
            owner = f"{info.uid}:{info.gid}:{info.uname}:{info.gname}"
            if info.issym() or info.islnk():
                budget.count()
                members.append(
                    Member(
                        path=info.name,
                        size=0,
                        sha256="",
                        time=int(info.mtime),
                        mode=info.mode,
                        owner=owner,
                        link=info.linkname,
                    )
                )
                continue
            file = archive.extractfile(info)
            if file is None:
                raise tarfile.ReadError(f"`{info.name}` is neither a file nor a folder nor a link")
            size, sha256, head = budget.read(file, counted=True)
            if PurePosixPath(info.name).name == "PKG-INFO" and info.name.count("/") == 1:
                texts["PKG-INFO"] = head
            members.append(
                _member(
                    info.name,
                    size,
                    sha256,
                    head,
                    time=int(info.mtime),
                    mode=info.mode,
                    owner=owner,
                )
            )
    return members, texts


class _Budget:
    """Counts what is read out of an archive, and stops at the limits."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._members = 0
        self._bytes = 0

    def count(self) -> None:
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise tarfile.ReadError(f"it has more than {MOST_MEMBERS} members")

    def spend(self, count: int) -> None:
        """Count bytes that came out of the archive."""
        self._bytes += count
        if self._bytes > self._most:
            raise tarfile.ReadError(f"it unpacks to more than {self._most // 1_000_000} MB")

    def read(
        self, file: IO[bytes], *, counted: bool = False, keep: int = _KEPT
    ) -> tuple[int, str, bytes]:
        """Give size, sha256 and the first ``keep`` bytes of a member; ``counted`` when its bytes are counted below."""
        self.count()
        digest, size, head = hashlib.sha256(), 0, bytearray()
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if not counted:
                self.spend(len(chunk))
            digest.update(chunk)
            if len(head) < keep:
                head += chunk[: keep - len(head)]
        return size, digest.hexdigest(), bytes(head)


class _Counted(gzip.GzipFile):
    """A compressed file whose content is counted as it comes out, tar headers included."""

    def __init__(self, content: IO[bytes], budget: _Budget) -> None:
        super().__init__(fileobj=content, mode="rb")
        self._budget = budget

    def read(self, size: int | None = -1) -> bytes:
        """Read at most ``size`` bytes."""
        content = super().read(size)
        self._budget.spend(len(content))
        return content


def _member(
    path: str, size: int, sha256: str, head: bytes, *, time: int, mode: int, owner: str = ""
) -> Member:
    return Member(
        path=path,
        size=size,
        sha256=sha256,
        time=time,
        mode=mode,
        owner=owner,
        holds_key=holds_key(head),
        sets=variables(head) if is_secret_name(path) else (),
    )


def tells_of_its_build(sdist: Built, when: int) -> bool:
    """Say whether a source distribution holds when or by whom it was built.

    All its sources have the time ``when``, so a later one is the build's; an owner that is
    not root or nobody is the builder.
    """
    if max(sdist.time, *(member.time for member in sdist.members), 0) > when:
        return True
    return any(member.owner not in _NOBODY for member in sdist.members)


def canonical_sdist(content: bytes, when: int) -> bytes:
    """Give a source distribution again with nothing in it that depends on when or where it was made.

    Members are sorted; times become ``when`` (seconds since 1970), owners and groups nobody,
    modes 644 or 755. What the files hold stays byte for byte.
    """
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as old,
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as new,
    ):
        for info in sorted(old.getmembers(), key=lambda info: info.name):
            runs = info.isdir() or info.mode & 0o100
            plain = copy.copy(info)  # TarInfo.replace came with Python 3.11.4
            plain.mtime = when
            plain.mode = 0o755 if runs else 0o644
            plain.uid = plain.gid = 0
            plain.uname = plain.gname = ""
            plain.pax_headers = {}
            new.addfile(plain, old.extractfile(info) if info.isreg() else None)
    return out.getvalue()
