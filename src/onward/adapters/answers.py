"""A tool's answer as one file: its findings by path, so that few of them need to be in memory at once.

The file is a row of blocks (some findings of one path), then what it holds, then where that begins.
It is written whole or not at all, and one that cannot be read counts as not there.
"""

import io
import struct
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from onward.core.disk import write_atomic
from onward.core.errors import OutsideFailed
from onward.core.finding import Certainty, Finding, Place, Release, Whole

_MAGIC = b"onward-answer-1"
_END = struct.Struct(f"<Q{len(_MAGIC)}s")
_AT_ONCE = 20_000  # findings in memory while an answer is written
_FARTHEST = 2**31 - 1  # line or column; SARIF, editors and msgpack take no larger ones
_IN_MEMORY = 8_000_000  # bytes of an answer before it goes to a file
LARGEST_KEPT = 64_000_000
"""Bytes; a larger answer is used once and not kept."""


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """One finding; ``place`` is line, column, end line, end column, or empty when it is about no file."""

    rule: str
    message: str
    place: tuple[int, ...]
    source_line: str
    hint: str
    facts: dict[str, Any]
    certain: bool
    subject: Release | Whole | None


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an answer: who saw it, for which state of the project, and where its findings are.

    ``frame`` stands for all but the contents of files, ``whole`` for those too, ``digests``
    are the files it is about. ``blocks`` maps a path (empty: none) to where its findings lie.
    """

    seen_by: str
    seconds: float = 0.0
    frame: bytes = b""
    whole: bytes = b""
    digests: dict[str, bytes] = {}
    blocks: dict[str, list[tuple[int, int]]] = {}
    count: int = 0


_ROWS = msgspec.msgpack.Decoder(list[_Row])
_HEAD = msgspec.msgpack.Decoder(Head)
_ENCODER = msgspec.msgpack.Encoder()


class Answer:
    """The findings of one tool, read from its file path by path."""

    def __init__(self, head: Head, file: IO[bytes]) -> None:
        self.head = head
        self._file = file
        weakref.finalize(self, file.close)

    def paths(self) -> Iterable[str]:
        """Give the paths that have findings; the empty one stands for those about no file."""
        return self.head.blocks

    def findings(self, path: str) -> Iterator[Finding]:
        """Give the findings of one path, in the order in which the tool told them."""
        for row in self.rows(path):
            yield _finding(row, path, self.head.seen_by)

    def save(self, path: Path, *, largest: int = LARGEST_KEPT) -> None:
        """Keep it at ``path`` unless it has more than ``largest`` bytes; that there is no room for it is no fault."""
        size = self._file.seek(0, io.SEEK_END)
        if size > largest:
            return
        self._file.seek(0)
        try:
            write_atomic(path, self._file.read(), durable=False)
        except OutsideFailed:
            return

    def rows(self, path: str) -> Iterator[_Row]:
        """Give the findings of one path in the form in which they are kept."""
        for offset, length in self.head.blocks.get(path, ()):
            self._file.seek(offset)
            yield from _ROWS.decode(self._file.read(length))


def opened(path: Path) -> Answer | None:
    """Give the answer kept at ``path``, None when there is none that can be read."""
    try:
        content = path.read_bytes()
        at, magic = _END.unpack(content[-_END.size :])
        if magic != _MAGIC:
            return None
        return Answer(_HEAD.decode(content[at : -_END.size]), io.BytesIO(content))
    except (OSError, ValueError, struct.error, msgspec.MsgspecError):
        return None


def written(
    head: Head,
    findings: Iterable[Finding],
    *,
    old: Answer | None = None,
    but: frozenset[str] = frozenset(),
    line_of: Callable[[Finding], str] | None = None,
) -> Answer:
    """Make an answer of ``findings``, and of those of ``old`` for all paths that are not in ``but``.

    ``line_of`` gives the source line of a finding, for findings that have none yet.
    At most ``_AT_ONCE`` findings are in memory, however many there are.
    """
    # closed with the answer
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    try:
        writer = _Writer(file)
        if old is not None:
            writer.add_all(old, but)
        for finding in findings:
            place = finding.subject
            path = place.path if isinstance(place, Place) else ""
            writer.add(path, _row(finding, line_of(finding) if line_of else ""))
        return writer.answer(head)
    except BaseException:
        file.close()
        raise


class _Writer:
    def __init__(self, file: IO[bytes]) -> None:
        self.blocks: dict[str, list[tuple[int, int]]] = {}
        self.count = 0
        self._file = file
        self._waiting: dict[str, list[_Row]] = {}
        self._number = 0

    def add(self, path: str, row: _Row) -> None:
        self._waiting.setdefault(path, []).append(row)
        self._number += 1
        if self._number >= _AT_ONCE:
            self.flush()

    def add_all(self, old: Answer, but: frozenset[str]) -> None:
        for path in old.paths():
            for row in old.rows(path) if path not in but else ():
                self.add(path, row)

    def answer(self, head: Head) -> Answer:
        """Give all of it as an answer; nothing can be added any more."""
        self.flush()
        whole = msgspec.structs.replace(head, blocks=self.blocks, count=self.count)
        at = self._file.tell()
        self._file.write(_ENCODER.encode(whole))
        self._file.write(_END.pack(at, _MAGIC))
        return Answer(whole, self._file)

    def flush(self) -> None:
        for path, rows in self._waiting.items():
            block = _ENCODER.encode(rows)
            self.blocks.setdefault(path, []).append((self._file.tell(), len(block)))
            self._file.write(block)
        self.count += self._number
        self._waiting, self._number = {}, 0


def _row(finding: Finding, line: str) -> _Row:
    subject = finding.subject
    certain = finding.certainty is Certainty.known
    if not isinstance(subject, Place):
        return _Row(
            finding.rule, finding.message, (), "", finding.hint, finding.facts, certain, subject
        )
    spot: tuple[int, ...] = (subject.line, subject.column, subject.end_line, subject.end_column)
    if min(spot) < 0 or max(spot) > _FARTHEST:
        spot = tuple(min(max(number, 0), _FARTHEST) for number in spot)
    source_line = line or subject.source_line
    return _Row(
        finding.rule, finding.message, spot, source_line, finding.hint, finding.facts, certain, None
    )


def _finding(row: _Row, path: str, seen_by: str) -> Finding:
    subject: Place | Release | Whole
    if row.subject is not None:
        subject = row.subject
    else:
        line, column, end_line, end_column = row.place
        subject = Place(
            path=path,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            source_line=row.source_line,
        )
    return Finding(
        rule=row.rule,
        subject=subject,
        message=row.message,
        facts=row.facts,
        hint=row.hint,
        certainty=Certainty.known if row.certain else Certainty.unknown,
        seen_by=seen_by,
    )
