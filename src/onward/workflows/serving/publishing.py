"""Take a file that was uploaded: check it, find out whose its name is, keep it, and only then say so.

The bytes are in the store before the row is written, and the row is written only while they
are there: a row never names missing bytes. What a killed server left is swept when the next
one starts.
"""

import datetime as dt
import threading
from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from onward.adapters.database.engine import Database
from onward.adapters.database.own_files import (
    OwnFile,
    add_own_file,
    find_own_file,
    own_files_of,
    own_revision,
)
from onward.adapters.objects import Objects
from onward.core.disk import sha256_of
from onward.core.errors import OutsideFailed, Refused
from onward.core.names import Name
from onward.domain.guard.advisories import canonical
from onward.domain.guard.setting import claimed
from onward.domain.shipping.attestations import read_attestations
from onward.domain.shipping.built import MOST_BYTES, read_open
from onward.domain.shipping.strict_zip import check_zip
from onward.domain.shipping.uploads import (
    Described,
    Named,
    check_contents,
    check_digests,
    check_form,
    read_filename,
)
from onward.index.uploads import Taken, Upload
from onward.shelves.beside import METADATA
from onward.shelves.files import own_key
from onward.shelves.merged import Merged
from onward.shelves.own import provenance_key
from onward.workflows.serving.rulebook import LiveJudge

_RATIO, _ROOM = 100, 50_000_000  # unpacked bytes for each packed one, and as many beside


class Publisher:
    """Takes uploads. ``changed`` hears of each project whose page is another one now."""

    def __init__(
        self,
        database: Database,
        objects: Objects,
        merged: Merged,
        judge: LiveJudge,
        *,
        clock: Callable[[], dt.datetime],
        changed: Callable[[Name], None],
    ) -> None:
        self._database = database
        self._objects = objects
        self._merged = merged
        self._judge = judge
        self._clock = clock
        self._changed = changed
        self._left: set[str] = set()
        self._lock = threading.Lock()

    def left(self) -> set[str]:
        """Give the keys of what uploads that were not taken may have left in the store, and forget them."""
        with self._lock:
            left, self._left = self._left, set()
        return left

    def note_left(self, keys: Iterable[str]) -> None:
        """Remember keys of which no row may speak."""
        with self._lock:
            self._left.update(keys)

    def take(self, upload: Upload) -> Taken:
        """Keep an upload, or say that the very same file is there already.

        Raises BadInput for a form, a name or a file that is not as it should be, Refused
        (``file-exists``, ``file-was-deleted``, ``name-taken``), OutsideFailed when the store
        fails or no upstream can say whose the name is.
        """
        named = read_filename(upload.filename)
        check_form(upload.fields, named)
        check_digests(upload.fields, upload.digests)
        with self._database.reading() as connection:
            old = find_own_file(connection, named.key)
        if old is not None:
            return _again(named, old, upload)
        told = upload.fields.get("attestations", ("",))[0]
        sha256 = upload.digests.sha256
        provenance = read_attestations(told, named.filename, sha256) if told.strip() else None
        described = _read(named, upload)
        self._check_owner(named.name)
        row = OwnFile(
            filename=named.filename,
            same=named.key,
            project=named.name,
            version=named.version,
            sha256=sha256,
            size=upload.size,
            requires_python=described.requires_python,
            metadata_sha256=sha256_of(described.metadata) if named.is_wheel else None,
            uploaded=self._clock(),
            uploader=upload.uploader,
            provenance=sha256_of(provenance) if provenance else None,
        )
        try:
            self._keep_bytes(row, upload, described, provenance)
            self._keep_row(row)
        except IntegrityError:  # somebody was faster
            self.note_left(keys_of(row))
            with self._database.reading() as connection:
                old = find_own_file(connection, named.key)
            if old is None:
                raise
            return _again(named, old, upload)
        except OutsideFailed:
            self.note_left(keys_of(row))
            raise
        self._changed(named.name)
        return Taken(name=named.name, version=named.version, filename=named.filename, is_new=True)

    def _keep_bytes(
        self, row: OwnFile, upload: Upload, described: Described, provenance: bytes | None
    ) -> None:
        key = own_key(row.sha256, row.filename)
        if row.metadata_sha256:
            self._objects.put(f"{key}{METADATA}", described.metadata)
        if row.provenance and provenance:
            self._objects.put(provenance_key(row.provenance), provenance)
        self._objects.take_in(key, upload.path)

    def _keep_row(self, row: OwnFile) -> None:
        """Write the row while its bytes are there: who sweeps leftovers waits for the same turn."""
        with self._database.writing() as connection:
            if any(self._objects.path(key) is None for key in keys_of(row)):
                raise OutsideFailed(
                    "store-failed",
                    f"`{row.filename}` was taken out of the store while it was uploaded",
                    hint="Upload it again.",
                )
            add_own_file(connection, _yanked_too(connection, row))

    def _check_owner(self, name: Name) -> None:
        """Raise unless the name is claimed, ours already, or nobody's.

        An unclaimed name of somebody else must not be taken over by an upload; and a name
        that nobody can be asked about could be anybody's.
        """
        if claimed(name, self._judge.policy.private):
            return
        with self._database.reading() as connection:
            if own_revision(connection, name) is not None:
                return
        try:
            address = self._merged.upstream_with(name)
        except OutsideFailed as error:
            raise OutsideFailed(
                "owner-unknown",
                f"whether `{name}` is somebody else's name cannot be found out now",
                context=(error.message,),
                hint=f"Try again later, or claim the name: `{name}` in `guard.private` of the server's policy.",
            ) from error
        if address is not None:
            raise Refused(
                "name-taken",
                f"`{name}` is a project of {address}",
                context=("Taking its name here would hide it from everyone who asks this server.",),
                hint="Choose another name. If it is to be yours here, whoever runs this server claims it in `guard.private`.",
            )


def keys_of(row: OwnFile) -> tuple[str, ...]:
    """Give the keys of all objects that belong to a file."""
    key = own_key(row.sha256, row.filename)
    metadata = (f"{key}{METADATA}",) if row.metadata_sha256 else ()
    provenance = (provenance_key(row.provenance),) if row.provenance else ()
    return (key, *metadata, *provenance)


def files_of(files: Iterable[OwnFile], version: str) -> list[OwnFile]:
    """Give those of ``files`` that are there and belong to a version, in any spelling of it."""
    wanted = canonical(version)
    return [f for f in files if f.deleted is None and canonical(f.version) == wanted]


def _read(named: Named, upload: Upload) -> Described:
    most = min(MOST_BYTES, upload.size * _RATIO + _ROOM)
    with upload.path.open("rb") as file:
        if named.is_wheel:
            check_zip(file, upload.size)
        file.seek(0)
        built = read_open(
            named.filename, file, size=upload.size, sha256=upload.digests.sha256, most_bytes=most
        )
    return check_contents(named, built)


def _again(named: Named, old: OwnFile, upload: Upload) -> Taken:
    """Answer for a name that was used before: the same bytes are no news, others are refused."""
    if old.deleted is not None:
        raise Refused(
            "file-was-deleted",
            f"`{old.filename}` was here and was deleted; its name is not used again",
            hint="Give the release a new version, and upload that.",
        )
    if (old.filename, old.sha256) != (named.filename, upload.digests.sha256):
        raise Refused(
            "file-exists",
            f"the file `{old.filename}` already exists, with other content",
            context=(f"The sha256 of what is here is {old.sha256}.",),
            hint="Files are never replaced. Give the release a new version, and upload that.",
        )
    return Taken(name=old.project, version=old.version, filename=old.filename, is_new=False)


def _yanked_too(connection: Connection, row: OwnFile) -> OwnFile:
    """Give the row, yanked if its whole release is: a file that comes later does not bring that back."""
    release = files_of(own_files_of(connection, row.project), row.version)
    if not release or any(file.yanked is None for file in release):
        return row
    return msgspec.structs.replace(row, yanked=release[0].yanked)
