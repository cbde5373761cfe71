"""What a project's files were before a plan began, kept until the plan is done.

The folder ``.onward/journal`` exists only while a plan is being performed; if onward is
killed, the next onward finds it and puts everything back. ``.onward/undo`` keeps the last
finished one, for ``onward undo``. The record is written before the first change.
"""

import os
import shutil
from pathlib import Path

import msgspec

from onward.core.disk import remove, sha256_of, write_atomic
from onward.core.errors import OnwardError
from onward.core.plan import Plan, RunTool, WriteFile

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


def begin(root: Path, plan: Plan, started: str) -> Record:
    """Write down how the files that ``plan`` will touch are now, before anything changes."""
    files: dict[str, Before] = {}
    stale = made = ""
    for step in plan.steps:
        if isinstance(step, WriteFile):
            path = Path(step.path)
            old = files.get(step.path)
            content = old.content if old else (path.read_bytes() if path.exists() else None)
            after = None if step.content is None else sha256_of(step.content)
            files[step.path] = Before(path=step.path, content=content, after_sha256=after)
        elif isinstance(step, RunTool) and step.environment:
            if os.path.lexists(step.environment):
                stale = step.environment
            else:
                made = step.environment
    record = Record(
        title=plan.title, started=started, files=tuple(files.values()), stale=stale, made=made
    )
    write_atomic(own_folder(root) / "journal", msgspec.json.encode(record))
    return record


def pending(root: Path) -> Record | None:
    """Give the record of a plan that never finished, or None."""
    return _read(root / FOLDER / "journal")


def last(root: Path) -> Record | None:
    """Give the record of the last finished plan, or None."""
    return _read(root / FOLDER / "undo")


def finish(root: Path) -> None:
    """Call the plan done: from here on it can be undone by choice, but not by accident."""
    folder = root / FOLDER
    (folder / "journal").replace(folder / "undo")


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
