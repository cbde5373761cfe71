"""The own packages of a data folder: take uploads, yank, delete; and what must be swept and noticed."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence

from onward.adapters.database.engine import Database
from onward.adapters.database.own_files import (
    OwnFile,
    delete_own_files,
    own_changes,
    own_files_of,
    yank_own_files,
)
from onward.adapters.objects import Objects
from onward.core.errors import BadInput, OutsideFailed, Refused
from onward.core.names import Name
from onward.index.publish import Changed, check_reason
from onward.index.uploads import Taken, Upload
from onward.shelves.own import provenance_key
from onward.workflows.serving.publishing import Publisher, files_of, keys_of

OWN = "own"
"""The folder of own files in the store."""


class OwnPackages:
    """The own packages in ``database`` and ``objects``; ``changed`` hears of each project that has changed."""

    def __init__(
        self,
        database: Database,
        objects: Objects,
        *,
        clock: Callable[[], dt.datetime],
        changed: Callable[[Name], None],
        publisher: Publisher | None = None,
    ) -> None:
        self._database = database
        self._objects = objects
        self._clock = clock
        self._changed = changed
        self._publisher = publisher
        with database.reading() as connection:
            self._seen, _ = own_changes(connection, 0)

    def take(self, upload: Upload) -> Taken:
        """Keep an uploaded file; see ``Publisher.take``."""
        if self._publisher is None:
            raise Refused("no-uploads", "nothing is uploaded here")
        return self._publisher.take(upload)

    def yank(
        self, name: Name, version: str, reason: str | None, *, pretend: bool = False
    ) -> Changed:
        """Yank a release for a reason (maybe empty), or (None) take that back.

        ``pretend`` looks only whether it could be done. Raises BadInput (``no-such-release``,
        ``bad-reason``).
        """
        text = check_reason(reason) if reason is not None else None
        with self._database.writing() as connection:
            release = release_of(own_files_of(connection, name), name, version)
            if not pretend:
                yank_own_files(connection, [file.filename for file in release], text)
        self._changed(name)
        return _changed(release, yanked=text)

    def delete(self, name: Name, filename: str, *, pretend: bool = False) -> Changed:
        """Delete a file of a yanked release; its name is never used again.

        ``pretend`` looks only whether it could be done. Raises BadInput (``no-such-file``),
        Refused (``not-yanked``).
        """
        return self._delete(name, lambda files: [one_of(files, name, filename)], pretend)

    def delete_release(self, name: Name, version: str, *, pretend: bool = False) -> Changed:
        """Delete all files of a yanked release; see ``delete``."""
        return self._delete(name, lambda files: release_of(files, name, version), pretend)

    def _delete(
        self, name: Name, choose: Callable[[Sequence[OwnFile]], Sequence[OwnFile]], pretend: bool
    ) -> Changed:
        """Delete the files that ``choose`` picks; the rows say so before the bytes go."""
        with self._database.writing() as connection:
            chosen = choose(own_files_of(connection, name))
            check_yanked(chosen)
            if not pretend:
                delete_own_files(connection, [file.filename for file in chosen], self._clock())
        if not pretend:
            self._changed(name)
            self._remove(chosen)
        return _changed(chosen, yanked=chosen[0].yanked, deleted=True)

    def refresh(self) -> None:
        """Notice what another process has changed: to be called every second."""
        with self._database.reading() as connection:
            last, names = own_changes(connection, self._seen)
        self._seen = last
        for name in names:
            self._changed(name)

    def sweep(self) -> int:
        """Remove what no row names, left by a server that was killed; give how many objects.

        Whoever uploads meanwhile waits for its turn to write the row, and looks then whether
        its bytes are still there.
        """
        return self._remove_unnamed([key for key, _ in self._objects.keys(OWN)])

    def tidy(self) -> None:
        """Remove what uploads have left that were not taken; what fails is tried again the next time."""
        left = self._publisher.left() if self._publisher is not None else set()
        try:
            self._remove_unnamed(left)
        except OutsideFailed:
            if self._publisher is not None:
                self._publisher.note_left(left)
            raise

    def _remove_unnamed(self, keys: Collection[str]) -> int:
        gone = 0
        if not keys:
            return 0
        with self._database.writing() as connection:
            projects = own_changes(connection, -1)[1]
            rows = (file for name in projects for file in own_files_of(connection, name))
            named = {key for file in rows if file.deleted is None for key in keys_of(file)}
            for key in keys:
                if key not in named:
                    self._objects.delete(key)
                    gone += 1
        return gone

    def _remove(self, files: Sequence[OwnFile]) -> None:
        """Take the bytes of deleted files away; attestations, which another file may share, are swept later."""
        for file in files:
            for key in keys_of(file):
                if key != (file.provenance and provenance_key(file.provenance)):
                    self._objects.delete(key)


def release_of(files: Iterable[OwnFile], name: Name, version: str) -> Sequence[OwnFile]:
    """Give what ``files_of`` gives; raises BadInput (``no-such-release``) when that is nothing."""
    found = files_of(files, version)
    if not found:
        raise BadInput(
            "no-such-release",
            f"no release `{name}=={version[:100]}` was uploaded to this server",
            hint="What other indexes have is held back by the policy, not by a yank.",
        )
    return found


def check_yanked(files: Sequence[OwnFile]) -> None:
    """Raise Refused (``not-yanked``) for files that are not yanked: who uses them has to hear of it first."""
    standing = [file.filename for file in files if file.yanked is None]
    if standing:
        raise Refused(
            "not-yanked",
            "only what was yanked can be deleted",
            context=tuple(f"`{filename}` is not yanked" for filename in standing),
            hint=f"First: `onward guard yank {files[0].project}=={files[0].version} --reason WHY`",
        )


def one_of(files: Iterable[OwnFile], name: Name, filename: str) -> OwnFile:
    """Give the file of that name that is there; raises BadInput (``no-such-file``)."""
    for file in files:
        if file.filename == filename and file.deleted is None:
            return file
    raise BadInput("no-such-file", f"`{name}` has no file `{filename[:240]}` here")


def _changed(files: Sequence[OwnFile], *, yanked: str | None, deleted: bool = False) -> Changed:
    return Changed(
        project=files[0].project,
        version=files[0].version,
        files=tuple(file.filename for file in files),
        yanked=yanked,
        deleted=deleted,
    )
