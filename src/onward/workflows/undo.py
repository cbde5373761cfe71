"""Take back the last change that onward made to a project's files, and bring the environment in step."""

from pathlib import Path

from onward.core.disk import sha256_of
from onward.core.errors import Refused
from onward.core.journal import Record, last
from onward.core.perform import undo_last


def check_undo(root: Path, *, force: bool = False) -> Record:
    """Give the record of what would be taken back.

    Raises Refused when there is nothing to undo, or when a file has been changed since by
    someone else and ``force`` is not given.
    """
    record = last(root)
    if record is None:
        raise Refused("nothing-to-undo", "there is no change of onward's to take back here")
    changed = [f.path for f in record.files if _mark(Path(f.path)) != f.after_sha256]
    if changed and not force:
        raise Refused(
            "changed-since",
            f"`{record.title}` cannot be taken back without losing later changes",
            context=tuple(f"{path} was changed since" for path in changed),
            hint="Use version control, or `onward undo --force` to put the old files back anyway.",
        )
    return record


def undo(root: Path) -> Record | None:
    """Put the files back as they were before the last change; gives its record."""
    return undo_last(root)


def _mark(path: Path) -> str | None:
    return sha256_of(path.read_bytes()) if path.exists() else None
