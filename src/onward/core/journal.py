"""What a project's files were before a change began, kept until the change is done.

The folder ``.onward/journal`` exists only while a plan is being performed; if onward is
killed, the next onward finds it and puts everything back. ``.onward/undo`` keeps the last
finished one, for ``onward undo``. The record is written before the first change.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from onward.core.disk import remove, sha256_of, write_atomic
from onward.core.errors import OnwardError

FOLDER = ".onward"


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it was: content None means that it was not there."""

    path: str
    content: bytes | None
    after_sha256: str | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to go back.

    ``stale`` is an environment that has to be brought in step with the files again, ``made``
    one that was not there before. Calls are not kept: they hold the user's environment, and
    that may hold secrets.
    """

    title: str
    started: str
    files: tuple[Before, ...]
    stale: str = ""
    made: str = ""


def own_folder(root: Path) -> Path:
    """Give ``root/.onward``, made with a ``.gitignore`` of its own so that it never enters a commit."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_atomic(ignore, b"*\n")
    return folder


def begin(root: Path, title: str, files: Iterable[str], environment: str, started: str) -> Record:
    """Write down how ``files`` (paths) are now, before anything changes.

    ``environment`` is the folder that is about to be changed or made (empty: none),
    ``started`` an ISO time.
    """
    made = bool(environment) and not os.path.lexists(environment)
    record = Record(
        title=title,
        started=started,
        files=tuple(Before(path=path, content=_content(path)) for path in dict.fromkeys(files)),
        stale="" if made else environment,
        made=environment if made else "",
    )
    write_atomic(own_folder(root) / "journal", msgspec.json.encode(record))
    return record


def pending(root: Path) -> Record | None:
    """Give the record of a plan that never finished, or None."""
    return _read(root / FOLDER / "journal")


def last(root: Path) -> Record | None:
    """Give the record of the last finished plan, or None."""
    return _read(root / FOLDER / "undo")


def finish(root: Path, record: Record) -> None:
    """Call it done: from here on it can be undone by choice, but not by accident.

    The record keeps the files that did change, with how they are now. A change of no file
    leaves the one before it as the one to undo.
    """
    folder = root / FOLDER
    files = tuple(
        msgspec.structs.replace(before, after_sha256=None if now is None else sha256_of(now))
        for before in record.files
        if (now := _content(before.path)) != before.content
    )
    if files:
        done = msgspec.structs.replace(record, files=files)
        write_atomic(folder / "journal", msgspec.json.encode(done))
        (folder / "journal").replace(folder / "undo")
    else:
        remove(folder / "journal")


def put_back(record: Record) -> None:
    """Bring every file of ``record`` back to what it was, and remove what was not there."""
    for before in record.files:
        path = Path(before.path)
        if before.content is None:
            remove(path)
        elif not path.exists() or path.read_bytes() != before.content:
            write_atomic(path, before.content)
    if record.made:
        shutil.rmtree(record.made, ignore_errors=True)


def forget(root: Path) -> None:
    """Remove the journal of a plan that has been put back."""
    remove(root / FOLDER / "journal")


def forget_last(root: Path) -> None:
    """Remove the record that ``onward undo`` has used."""
    remove(root / FOLDER / "undo")


def _content(path: str) -> bytes | None:
    file = Path(path)
    return file.read_bytes() if file.exists() else None


def _read(path: Path) -> Record | None:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(raw, type=Record)
    except msgspec.MsgspecError as error:
        raise OnwardError(
            "journal-unreadable",
            f"`{path}` cannot be read, so an interrupted change cannot be put back",
            context=(str(error),),
            hint=f"Compare your files with version control, then remove `{path}`.",
        ) from error
