"""The files of a project as they are now: walked once, and hashed only where size or time have changed.

What was seen is remembered in one file of the cache. A file that was changed so shortly before it
was looked at that its time could stay the same is hashed again (git calls such a file racy).
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.core.disk import write_atomic
from onward.core.errors import OutsideFailed
from onward.core.walk import SKIPPED, walk

DIGEST = 16  # bytes
_LARGE = 20_000_000  # bytes; a larger file counts by size and time alone
_CODE = (
    ".py",
    ".pyi",
    ".typed",
    ".so",
    ".pyd",
    ".pth",
    "METADATA",
)  # what an installation consists of
_RACY = 2_000_000_000  # nanoseconds; some file systems keep time in steps of two seconds


class _Seen(msgspec.Struct, frozen=True, array_like=True):
    size: int
    changed: int
    status: int
    inode: int
    digest: bytes


class _Memo(msgspec.Struct, frozen=True, array_like=True):
    written: int
    files: dict[str, _Seen]


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """Each file (relative with ``/``, sorted) and a digest of its content; ``foreign`` when a link leads out of the tree.

    ``began`` is when it was read, in nanoseconds, ``seen`` how each file looked then.
    """

    files: dict[str, bytes]
    foreign: bool
    began: int
    seen: dict[str, _Seen]


def read_tree(root: Path, memory: Path | None, now: int) -> Tree:
    """Give the files below ``root``; ``memory`` is the file that remembers (if any), ``now`` the time in nanoseconds."""
    known = _remembered(memory)
    found: dict[str, _Seen] = {}
    foreign = False
    for path, entry in walk(str(root)):
        if entry is None:
            foreign = True
            continue
        seen = _look(entry, known.files.get(path), known.written)
        if seen is not None:
            found[path] = seen
    if memory is not None and found != known.files:
        _remember(memory, _Memo(written=now, files=found))
    files = {path: found[path].digest for path in sorted(found)}
    return Tree(files=files, foreign=foreign, began=now, seen=found)


def is_unchanged(root: Path, tree: Tree) -> bool:
    """Say whether the files below ``root`` are still those of ``tree``, with the same content."""
    there = 0
    foreign = False
    for path, entry in walk(str(root)):
        if entry is None:
            foreign = True
            continue
        known = tree.seen.get(path)
        seen = _look(entry, known, tree.began)
        if seen is None:
            continue
        if known is None or seen.digest != known.digest:
            return False
        there += 1
    return there == len(tree.seen) and foreign == tree.foreign


def _look(entry: os.DirEntry[str], known: _Seen | None, written: int) -> _Seen | None:
    try:
        now = entry.stat()
        if (
            known is not None
            and known.status == now.st_ctime_ns < written - _RACY
            and known.changed == now.st_mtime_ns < written - _RACY
            and known.size == now.st_size
            and known.inode == now.st_ino
        ):
            return known
        if now.st_size > _LARGE:
            content = f"{now.st_size} {now.st_mtime_ns} {now.st_ino}".encode()
        else:
            with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - of thousands
                content = file.read()
    except OSError:
        return None
    digest = hashlib.sha256(content).digest()[:DIGEST]
    return _Seen(now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino, digest)


def environment_digest(environment: Path, root: Path) -> bytes | None:
    """Give a digest of what is installed in a virtual environment, by names, sizes and times of its modules.

    None when it cannot be told: there is no environment, or an editable installation leads
    to modules outside of it and of the project at ``root``, whose changes would go unseen.
    """
    told = hashlib.sha256()
    try:
        told.update((environment / "pyvenv.cfg").read_bytes())
    except OSError:
        return None
    for path, entry in sorted(walk(str(environment)), key=lambda pair: pair[0]):
        if entry is None:
            continue
        names_folders = path.endswith((".pth", ".egg-link")) or "__editable__" in path
        if names_folders and not _stays(Path(entry.path), (str(environment), str(root))):
            return None
        if path.endswith(_CODE):
            now = entry.stat()
            told.update(f"{path}\0{now.st_size}\0{now.st_mtime_ns}\n".encode())
    return told.digest()


def environment_paths(environment: Path) -> list[str]:
    """Give all that ``environment_digest`` goes by, and the folders that show when something comes or goes."""
    paths = [str(environment), str(environment / "pyvenv.cfg")]
    for folder, folders, files in os.walk(environment):
        folders[:] = [name for name in folders if name not in SKIPPED]
        paths += [os.path.join(folder, name) for name in folders]  # noqa: PTH118 - of thousands
        paths += [os.path.join(folder, name) for name in files if name.endswith(_CODE)]  # noqa: PTH118
    return paths


def _stays(file: Path, inside: tuple[str, ...]) -> bool:
    """Say whether every folder that such a file names (as a line, or as text in a finder) lies in one we look at."""
    try:
        text = file.read_text("utf-8", "replace")
    except OSError:
        return False
    lines = text.splitlines()  # splitlines: as Python's `site` reads them
    named = [*lines, *re.findall(r"'([^']+)'|\"([^\"]+)\"", text)]
    words = (word.strip() for one in named for word in ((one,) if isinstance(one, str) else one))
    folders = [word for word in words if word and Path(word).is_absolute()]
    return all(any(Path(word).is_relative_to(one) for one in inside) for word in folders)


def _remembered(memory: Path | None) -> _Memo:
    if memory is None:
        return _Memo(written=0, files={})
    try:
        return msgspec.msgpack.decode(memory.read_bytes(), type=_Memo)
    except (OSError, msgspec.MsgspecError):
        return _Memo(written=0, files={})


def _remember(memory: Path, memo: _Memo) -> None:
    try:
        write_atomic(memory, msgspec.msgpack.encode(memo), durable=False)
    except OutsideFailed:
        return  # then all is hashed again next time


def digest_of(parts: Mapping[str, object]) -> bytes:
    """Give a digest of plain values, the same for the same values in whatever order the keys stand."""
    text = msgspec.json.encode(parts, order="deterministic")
    return hashlib.sha256(text).digest()
