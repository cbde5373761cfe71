"""What a project's files were before a change began, kept until the change is done.

The folder ``.onward/journal`` exists only while a plan is being performed; if onward is
killed, the next onward finds it and puts everything back. ``.onward/undo`` keeps the last
finished one, for ``onward undo``. The record is written before the first change. Large files and
folders that were replaced lie in ``.onward/kept`` as long as one of the two records names them.

A folder can come from elsewhere (a clone, an archive, a copy of a project), so a record is
believed only where it was written, and only about files inside the project, or of the git
repository that it lies in: some tools read their files at the top of that alone.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from onward.core import kept, placing
from onward.core.disk import remove, remove_if_empty, sha256_of, sha256_of_file, write_atomic
from onward.core.errors import BadInput, OnwardError
from onward.core.placing import Placed

FOLDER = ".onward"


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it was: content None means that it was not there. On disk the path is relative to the root, with ``..`` for the repository around it."""

    path: str
    content: bytes | None
    after_sha256: str | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to go back.

    ``stale`` is an environment that has to be brought in step with the files again, ``made``
    one that was not there before, ``folders`` those above files that were not, the innermost
    first. ``placed`` are files and folders that are put in place whole (see ``core.placing``). ``mark`` says where it was written (see ``_mark``). Calls
    are not kept: they hold the user's environment, and that may hold secrets.
    """

    title: str
    started: str
    files: tuple[Before, ...]
    stale: str = ""
    made: str = ""
    mark: str = ""
    placed: tuple[Placed, ...] = ()
    folders: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All files and folders that it is about."""
        return (*(one.path for one in self.placed), *(before.path for before in self.files))


def own_folder(root: Path) -> Path:
    """Give ``root/.onward``, made with a ``.gitignore`` of its own so that it never enters a commit."""
    folder = root / FOLDER
    if folder.is_symlink():
        raise BadInput(
            "own-folder-link",
            f"`{folder}` is a link to another place, so onward does not write there",
            hint="Remove the link; onward makes the folder itself.",
        )
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_atomic(ignore, b"*\n")
    return folder


def begin(
    root: Path,
    title: str,
    files: Iterable[str],
    environment: str,
    started: str,
    *,
    placed: tuple[Placed, ...] = (),
    folders: tuple[str, ...] = (),
) -> Record:
    """Write down how ``files`` (paths) are now, before anything changes.

    ``environment`` is the folder that is about to be changed or made (empty: none),
    ``started`` an ISO time, ``placed`` what was prepared to be put in place, ``folders``
    what ``missing_above`` gave before that.
    """
    made = bool(environment) and not os.path.lexists(environment)
    record = Record(
        title=title,
        started=started,
        files=tuple(Before(path=path, content=_content(path)) for path in dict.fromkeys(files)),
        stale="" if made else environment,
        made=environment if made else "",
        placed=placed,
        folders=folders,
    )
    try:
        write_atomic(own_folder(root) / "journal", _written(record, root))
    except BaseException:
        kept.drop(placed)
        raise
    return record


def missing_above(paths: Iterable[str]) -> tuple[str, ...]:
    """Give the folders above ``paths`` that are not there, the innermost first."""
    above = {folder for path in paths for folder in Path(path).parents}
    missing = (str(folder) for folder in above if not os.path.lexists(folder))
    return tuple(sorted(missing, key=lambda path: (-len(Path(path).parts), path)))


def pending(root: Path) -> Record | None:
    """Give the record of a plan that never finished, or None.

    Raises BadInput (``journal-unreadable``) for one that cannot be read or is from elsewhere.
    """
    path = root / FOLDER / "journal"
    record = _read(path, root)
    if record is not None and record.mark != _mark(root):
        raise _unusable(path, "it was written in another place")
    return record


def is_there(root: Path) -> bool:
    """Say whether there is a record of a plan that has not finished, be it that it still runs."""
    return os.path.lexists(root / FOLDER / "journal")


def last(root: Path) -> Record | None:
    """Give the record of the last finished plan here, or None."""
    record = _read(root / FOLDER / "undo", root)
    return record if record is not None and record.mark == _mark(root) else None


def kept_bytes(root: Path) -> int:
    """Give how much disk is taken by what the last change replaced and can be had back."""
    record = last(root)
    return kept.bytes_of(record.placed) if record else 0


def finish(root: Path, record: Record) -> None:
    """Call it done: from here on it can be undone by choice, but not by accident.

    The record keeps the project's files that did change, with how they are now; what the record
    before it kept aside goes then. A change of none of them leaves that one as the one to undo.
    """
    folder = root / FOLDER
    files = tuple(
        msgspec.structs.replace(before, after_sha256=now)
        for before in record.files
        if _place(before.path, root) is not None
        and (now := _digest(before.path))
        != (None if before.content is None else sha256_of(before.content))
    )
    placed = tuple(
        msgspec.structs.replace(one, seen=placing.look_of(Path(one.path)))
        for one in record.placed
        if kept.is_kept(one, folder)
    )
    if files or placed:
        done = msgspec.structs.replace(record, files=files, placed=placed)
        write_atomic(folder / "journal", _written(done, root))
        (folder / "journal").replace(folder / "undo")
    else:
        remove(folder / "journal")
    _let_go(root, record)


def follow(root: Path, path: str, before: bytes) -> None:
    """Let the last finished change count ``path`` in: onward wrote it anew because of that change.

    ``before`` is what it held. Where somebody else has changed it since, the record stays as it is.
    """
    record = last(root)
    if record is None:
        return
    now = _digest(path)
    old = next((file for file in record.files if file.path == path), None)
    if old is None:
        files = (*record.files, Before(path=path, content=before, after_sha256=now))
    elif old.after_sha256 == sha256_of(before):
        newer = msgspec.structs.replace(old, after_sha256=now)
        files = tuple(newer if file is old else file for file in record.files)
    else:
        return
    changed = msgspec.structs.replace(record, files=files)
    write_atomic(root / FOLDER / "undo", _written(changed, root))


def put_back(record: Record) -> None:
    """Bring every file of ``record`` back to what it was, and remove what was not there.

    One that cannot be written does not keep the others from it; then the error comes at the end.
    """
    faults: list[Exception] = []
    for before in record.files:
        path = Path(before.path)
        try:
            if before.content is None:
                remove(path)
            elif not path.exists() or path.read_bytes() != before.content:
                write_atomic(path, before.content)
        except (OnwardError, OSError) as error:
            faults.append(error)
    for one in record.placed:
        try:
            placing.take_back(one)
        except OnwardError as error:
            faults.append(error)
    remove_made(record)
    if faults:
        raise faults[0]


def remove_made(record: Record) -> None:
    """Remove the environment that was not there before, and folders that were not and are empty again."""
    if record.made:
        shutil.rmtree(record.made, ignore_errors=True)
    remove_if_empty(map(Path, record.folders))


def remove_begun(root: Path, record: Record | None) -> None:
    """Remove what an onward that was killed had begun to write: for ``record``'s files, and in our folder."""
    begun = list((root / FOLDER).glob(".*.tmp"))
    for before in record.files if record else ():
        path = Path(before.path)
        begun += path.parent.glob(f".{path.name}.*.tmp")
    for path in begun:
        with contextlib.suppress(OnwardError):
            remove(path)
    remove_if_empty(map(Path, record.folders if record else ()))


def forget(root: Path, record: Record | None = None) -> None:
    """Remove the journal of a plan that has been put back, and what of ``record`` lies aside."""
    remove(root / FOLDER / "journal")
    _let_go(root, record)
    remove_if_empty(map(Path, record.folders if record else ()))


def forget_last(root: Path) -> None:
    """Remove the record that ``onward undo`` has used."""
    remove(root / FOLDER / "undo")
    _let_go(root, None)


def _let_go(root: Path, record: Record | None) -> None:
    """Remove what lies aside and is named by neither record any more."""
    own = root / FOLDER
    kept.drop(one for one in (record.placed if record else ()) if not kept.is_kept(one, own))
    with contextlib.suppress(OnwardError):  # else nobody knows what is still needed
        records = (_read(own / "journal", root), last(root))
        kept.drop_others(own, [one for read in records if read for one in read.placed])


def _content(path: str) -> bytes | None:
    file = Path(path)
    return file.read_bytes() if file.exists() else None


def _digest(path: str) -> str | None:
    file = Path(path)
    return sha256_of_file(file) if file.exists() else None


def _mark(root: Path) -> str:
    """Give a word that no other copy of the folder has: number and change time of a file that is made once.

    Nobody can set a change time, so nobody can write a record that this place believes.
    """
    try:
        about = (root / FOLDER / ".gitignore").stat()
    except OSError:
        return ""
    return f"{about.st_ino:x}-{about.st_ctime_ns:x}"


def _written(record: Record, root: Path) -> bytes:
    """Give what is kept on disk: what lies outside of ``root`` and its repository can only be put back by this process."""
    inside = [
        msgspec.structs.replace(before, path=relative)
        for before in record.files
        if (relative := _place(before.path, root)) is not None
    ]
    told = msgspec.structs.replace(
        record,
        files=tuple(inside),
        stale=record.stale and (_relative(record.stale, root) or "outside"),
        made=(record.made and _relative(record.made, root)) or "",
        mark=_mark(root),
        placed=kept.as_written(record.placed, root / FOLDER),
        folders=tuple(told for one in record.folders if (told := _place(one, root))),
    )
    return msgspec.json.encode(told)


def _read(path: Path, root: Path) -> Record | None:
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        record = msgspec.json.decode(raw, type=Record)
    except msgspec.MsgspecError as error:
        raise _unusable(path, str(error)) from error
    placed = kept.as_read(record.placed, root / FOLDER)
    outside = [
        word
        for word, far in (
            *((word, True) for word in (*(f.path for f in record.files), *record.folders)),
            (record.made, False),
        )
        if not _is_inside(word, root, far=far)
    ]
    outside += [one.path for one in placed if not kept.is_ours(one, root / FOLDER)]
    if outside:
        raise _unusable(path, f"it speaks of `{outside[0]}`, which is not in this project")
    made = root / record.made
    base = Path(os.path.realpath(root))
    return msgspec.structs.replace(
        record,
        placed=placed,
        files=tuple(
            msgspec.structs.replace(
                f,
                path=os.path.normpath(base / f.path)
                if f.path.startswith("..")
                else str(root / f.path),
            )
            for f in record.files
        ),
        made=str(made) if record.made and _is_made_by_us(made) else "",
        folders=tuple(str(root / word) for word in record.folders),
    )


def _relative(path: str, root: Path) -> str | None:
    """Give ``path`` as seen from ``root`` with ``/``; None when it really lies elsewhere."""
    real, base = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    return real.relative_to(base).as_posix() if real != base and base in real.parents else None


def _place(path: str, root: Path) -> str | None:
    """Give ``path`` as seen from ``root`` with ``/``; None when it is neither in there nor in the git repository around it."""
    if (inside := _relative(path, root)) is not None:
        return inside
    base = Path(os.path.realpath(root))
    top = next((folder for folder in base.parents if (folder / ".git").exists()), None)
    if top is None or (base / ".git").exists() or _relative(path, top) is None:
        return None
    return Path(os.path.relpath(os.path.realpath(path), base)).as_posix()


def _is_inside(word: str, root: Path, *, far: bool) -> bool:
    seen = _place if far else _relative
    return not word or (not Path(word).is_absolute() and seen(str(root / word), root) is not None)


_PARTS = {"bin", "scripts", "lib", "lib64", "include", "pyvenv.cfg", ".gitignore", "cachedir.tag", ".lock"}  # fmt: skip


_LAYOUT = {"blobs", "index.json", "oci-layout"}


def _is_made_by_us(folder: Path) -> bool:
    """Whether a folder is a virtual environment or an image layout, or one that is not finished yet."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    names = {entry.name.lower() for entry in folder.iterdir()}
    return "pyvenv.cfg" in names or names <= _PARTS or names <= _LAYOUT


def _unusable(path: Path, why: str) -> OnwardError:
    return BadInput(
        "journal-unreadable",
        f"`{path}` cannot be used, so an interrupted change cannot be put back",
        context=(why,),
        hint=f"Compare your files with version control, then remove `{path}`.",
    )
