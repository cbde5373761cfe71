"""The answer of a check, kept to be given again while nothing that it was made from has changed.

What it was made from is told by name, size, time and inode of every file of the project, of
what is installed, and of the settings outside of both. An answer is kept only when all of that
is older than the check by more than file systems may be wrong, so that nothing can have changed
unseen meanwhile. Imported on the fast path, so nothing heavy is imported here.
"""

import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO

from onward.core.walk import walk

_FORMAT = "onward-again 3"
_RACY = 2_000_000_000  # nanoseconds; some file systems keep time in steps of two seconds
_PASSING = frozenset({"_", "SHLVL", "OLDPWD", "PWD"})  # variables that say nothing of how to check
_IN_MEMORY = 1_000_000  # bytes of a packed answer before it goes to a file
_PIECE = 1 << 16  # letters or bytes that are handled at once
_HEAD = 240  # bytes of the first line
LARGEST = 200_000_000
"""Bytes of an answer as it is kept, which is packed: about a fifteenth of what is said. A larger one is not kept."""


class Made:
    """What an answer was made from: the project, its environment, the other files (there or not).

    ``seen`` is how each file of the project looked when the check began to look (size, time of
    change, of status, inode), None where that is not known: then it is looked up. ``stumbles`` are the
    tools that could not look, as lines of ``core.proc.stumble``: they are asked again each time.
    """

    __slots__ = ("environment", "others", "root", "seen", "stumbles")

    def __init__(
        self,
        root: str,
        environment: str,
        others: Iterable[str],
        seen: Mapping[str, tuple[int, int, int, int]] | None = None,
        stumbles: Sequence[str] = (),
    ) -> None:
        self.root = root
        self.environment = environment
        self.others = tuple(sorted(set(others)))
        self.seen = seen
        self.stumbles = tuple(stumbles)


def place(folder: str, cwd: str, argv: Sequence[str]) -> str:
    """Give the file in the cache ``folder`` for the answer to ``argv`` in ``cwd``."""
    words = "\0".join((cwd, *argv)).encode("utf-8", "surrogateescape")
    return os.path.join(
        folder, "check", "again", f"{zlib.crc32(words):08x}-{zlib.adler32(words):08x}"
    )


def salt(
    version: str, cwd: str, argv: Sequence[str], env: Mapping[str, str], *, terminal: bool
) -> str:
    """Give a text for all that is no file: onward's version, the words, the environment, the day."""
    told = sorted(f"{name}={value}" for name, value in env.items() if name not in _PASSING)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    return "\n".join((_FORMAT, version, day, str(terminal), cwd, *argv, "", *told))


class Said:
    """What is said, packed while it is said, so that little of it is in memory however much it is.

    What does not fit there lies in ``folder``, which may have to be made: on some systems the usual one for such
    files is memory too.
    """

    def __init__(self, folder: str, largest: int = LARGEST) -> None:
        import tempfile  # only where something is said anew

        self.whole = True
        """Whether all of it is here; not when it was too much, or the disk did not take it."""
        self._largest = largest
        self._folder = folder
        self._packing = zlib.compressobj(1)
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=folder)  # noqa: SIM115 - closed in `close`
        self._waiting: list[str] = []
        self._letters = 0

    def add(self, text: str) -> None:
        """Take in the next piece."""
        if self.whole:
            self._waiting.append(text)
            self._letters += len(text)
            if self._letters >= _PIECE:
                self._pack()

    def packed(self) -> Iterator[bytes]:
        """Give all of it, packed; nothing can be added any more."""
        self._pack()
        if self.whole:
            self._put(self._packing.flush())
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece

    def close(self) -> None:
        """Forget it."""
        self.whole = False
        self._waiting = []
        self._file.close()

    def _pack(self) -> None:
        text = "".join(self._waiting)
        self._waiting, self._letters = [], 0
        self._put(self._packing.compress(text.encode("utf-8", "surrogateescape")))

    def _put(self, packed: bytes) -> None:
        try:
            os.makedirs(self._folder, exist_ok=True)
            self._file.write(packed)
            if self._file.tell() > self._largest:
                self.close()
        except OSError:  # the disk is full
            self.close()


def keep(path: str, salted: str, made: Made, began: int, answer: tuple[int, Said]) -> None:
    """Keep an answer (exit code and output) at ``path``; ``began`` is when the check did, in ns since 1970.

    Nothing is kept when a file has changed since, or so shortly before that this could not be seen.
    """
    looks, newest = _looks(made)
    code, said = answer
    if looks is None or newest >= began - _RACY:
        return
    lines = (made.root, made.environment, str(len(made.stumbles)), *made.stumbles, *made.others)
    files = "\n".join(lines).encode("utf-8", "surrogateescape")
    new = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(new, "w+b") as file:
            file.write(b" " * _HEAD)  # the place of the first line, which says how long the rest is
            file.write(files)
            file.writelines(said.packed())
            size = file.tell()
            # a login in a variable is not written down, only a mark of it
            head = f"{_mark(salted)} {looks} {code} {len(files)}"
            file.seek(_HEAD + len(files))
            line = f"{_FORMAT} {head} {size} {_check(head, files, file)}"
            file.seek(0)
            file.write(line.ljust(_HEAD).encode())
        if said.whole:
            os.replace(new, path)
        else:
            os.remove(new)
    except (OSError, ValueError):  # it is made again the next time
        _remove(new)


def answer(
    path: str, salted: str, says_the_same: Callable[[str], bool] = lambda _: False
) -> tuple[int, Iterator[str]] | None:
    """Give the answer that is kept at ``path`` (exit code, and the output in pieces) if it still holds, else None.

    ``says_the_same`` asks a tool again that could not look.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed when all of it was said
    except OSError:
        return None
    words = file.read(_HEAD).decode("ascii", "replace").split()
    if len(words) != 8 or words[:3] != [*_FORMAT.split(), _mark(salted)] or not words[5].isdigit():
        file.close()
        return None
    looks, code, length, size, check = words[3:]
    files = file.read(int(length))
    right = size == str(os.fstat(file.fileno()).st_size)
    if not right or check != str(_check(" ".join(words[2:6]), files, file)):
        file.close()
        return None
    root, environment, many, *rest = files.decode("utf-8", "surrogateescape").split("\n")
    stumbles, others = rest[: int(many)], rest[int(many) :]
    unchanged = looks == _looks(Made(root, environment, others))[0]
    if not unchanged or not all(map(says_the_same, stumbles)):
        file.close()
        return None
    file.seek(_HEAD + len(files))
    return int(code), _unpacked(file)


def _check(head: str, files: bytes, packed: IO[bytes]) -> int:
    """Give a checksum of all that is kept, so that what the disk has spoiled is not said."""
    check = zlib.crc32(files, zlib.crc32(head.encode()))
    while piece := packed.read(_PIECE):
        check = zlib.crc32(piece, check)
    return check


def _unpacked(file: IO[bytes]) -> Iterator[str]:
    import codecs

    unpacking = zlib.decompressobj()
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with file:
        while piece := unpacking.unconsumed_tail or file.read(_PIECE):
            yield decoder.decode(unpacking.decompress(piece, 16 * _PIECE))
    yield decoder.decode(unpacking.flush(), final=True)


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        return


def _mark(salted: str) -> str:
    import hashlib  # only where there is something to compare

    return hashlib.sha256(salted.encode("utf-8", "surrogateescape")).hexdigest()


def _changed(seen: os.stat_result) -> int:
    """Give when an installed file was changed, 0 for one that has several names.

    uv gives the same file to many environments, and each new one of them changes that time.
    """
    return seen.st_ctime_ns if seen.st_nlink == 1 else 0


def _looks(made: Made) -> tuple[str | None, int]:
    """Give a mark of how all of it looks, and the newest time in it; None where that cannot be told."""
    lines: list[str] = []
    newest = 0
    for path, (size, written, changed, inode) in (made.seen or {}).items():
        newest = max(newest, written, changed)
        lines.append(f"{path} {size} {written} {changed} {inode}")
    folders = (made.root, made.environment) if made.seen is None else (made.environment,)
    for folder in folders:
        own = folder == made.root
        for path, entry in walk(folder):
            try:
                if entry is None:
                    return None, 0
                seen = entry.stat()
            except OSError:  # it goes while we look
                return None, 0
            changed = seen.st_ctime_ns if own else _changed(seen)
            newest = max(newest, seen.st_mtime_ns, changed)
            lines.append(f"{path} {seen.st_size} {seen.st_mtime_ns} {changed} {seen.st_ino}")
    lines.sort()  # folders are listed in no order
    for path in made.others:
        try:
            seen = os.stat(path)
        except OSError:
            lines.append(f"{path} -")
            continue
        changed = _changed(seen)
        newest = max(newest, seen.st_mtime_ns, changed)
        lines.append(f"{path} {seen.st_size} {seen.st_mtime_ns} {changed} {seen.st_ino}")
    return _mark("\n".join(lines)), newest
