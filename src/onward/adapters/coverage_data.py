"""The data that coverage 7 leaves behind: its database, and its reports as JSON, XML (Cobertura) and lcov."""

import contextlib
import sqlite3
import xml.parsers.expat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.disk import read_limited
from onward.core.errors import BadInput
from onward.core.lines import lines_of
from onward.core.tool import relative
from onward.domain.boundary.covered import Measured

_LARGEST = 500_000_000  # bytes of a report

Data = Mapping[str, Measured]


def newest(root: Path) -> Path | None:
    """Give the newest file with coverage data in a folder, None when there is none."""
    found = [root / name for name in _READERS if (root / name).is_file()]
    return max(found, key=lambda path: path.stat().st_mtime_ns, default=None)


def read(file: Path) -> Data:
    """Give what the data says of each file; paths as they stand in it, below its folder relative with ``/``.

    Raises BadInput when it cannot be read.
    """
    try:
        found = dict(_READERS[file.name](file))
    except (
        OSError,
        ValueError,
        TypeError,
        sqlite3.Error,
        msgspec.MsgspecError,
        xml.parsers.expat.ExpatError,
    ) as error:
        raise BadInput(
            "bad-coverage",
            f"`{file.name}` is no coverage data that can be read",
            context=(str(error),),
        ) from error
    return {relative(path, str(file.parent)): one for path, one in found.items()}


def _database(file: Path) -> Iterator[tuple[str, Measured]]:
    """Read coverage's schema 7: executed lines as bits for each context, or steps from line to line."""
    with contextlib.closing(
        sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    ) as base:
        paths: dict[int, str] = dict(base.execute("select id, path from file"))
        ran: dict[int, set[int]] = {at: set() for at in paths}
        for at, bits in base.execute("select file_id, numbits from line_bits"):
            ran.setdefault(at, set()).update(_numbers(bytes(bits)))
        for at, before, after in base.execute("select distinct file_id, fromno, tono from arc"):
            ran.setdefault(at, set()).update(one for one in (before, after) if one > 0)
        # a file that no line of ran in is listed too, where coverage was told of its folder
        for at, path in paths.items():
            yield path, Measured(ran=frozenset(ran[at]))


def _numbers(bits: bytes) -> Iterator[int]:
    for at, byte in enumerate(bits):
        for bit in range(8):
            if byte >> bit & 1:
                yield at * 8 + bit


class _JsonFile(msgspec.Struct, frozen=True):
    executed_lines: tuple[int, ...]
    missing_lines: tuple[int, ...]


class _Json(msgspec.Struct, frozen=True):
    files: dict[str, _JsonFile]


def _json(file: Path) -> Iterator[tuple[str, Measured]]:
    for path, one in msgspec.json.decode(read_limited(file, _LARGEST), type=_Json).files.items():
        yield (
            path,
            Measured(ran=frozenset(one.executed_lines), missing=frozenset(one.missing_lines)),
        )


def _lcov(file: Path) -> Iterator[tuple[str, Measured]]:
    path = ""
    hits: dict[int, bool] = {}
    for line in lines_of(read_limited(file, _LARGEST).decode("utf-8", "replace")):
        word, colon, rest = line.strip().partition(":")
        if word == "SF" and colon:
            path, hits = rest, {}
        elif word == "DA" and path:
            number, _, count = rest.partition(",")
            hits[int(number)] = hits.get(int(number), False) or count.partition(",")[0] != "0"
        elif word == "end_of_record" and path:
            yield path, _of_hits(hits)
            path = ""
        elif not path and word != "TN" and word:
            raise ValueError(f"`{line[:60]}` belongs to no file")
    if path:
        raise ValueError("it ends in the middle of a file")


def _of_hits(hits: Mapping[int, bool]) -> Measured:
    return Measured(
        ran=frozenset(line for line, hit in hits.items() if hit),
        missing=frozenset(line for line, hit in hits.items() if not hit),
    )


class _Cobertura:
    """Collects what the XML says; the names in it count from one of its ``source`` folders."""

    def __init__(self) -> None:
        self.sources: list[str] = []
        self.files: dict[str, dict[int, bool]] = {}
        self.is_coverage = False
        self._text: list[str] | None = None
        self._hits: dict[int, bool] | None = None

    def start(self, tag: str, told: dict[str, str]) -> None:
        """Take in the beginning of an element; raises KeyError or ValueError where one of coverage lacks what it has to say."""
        self.is_coverage = self.is_coverage or tag == "coverage"
        if tag == "source":
            self._text = []
        elif tag == "class":
            self._hits = self.files.setdefault(told["filename"], {})
        elif tag == "line" and self._hits is not None:
            number = int(told["number"])
            self._hits[number] = self._hits.get(number, False) or told["hits"] != "0"

    def text(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def end(self, tag: str) -> None:
        if tag == "source" and self._text is not None:
            self.sources.append("".join(self._text).strip())
            self._text = None
        elif tag == "class":
            self._hits = None


def _xml(file: Path) -> Iterator[tuple[str, Measured]]:
    seen = _Cobertura()
    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = seen.start
    parser.CharacterDataHandler = seen.text
    parser.EndElementHandler = seen.end
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(read_limited(file, _LARGEST), True)
    except KeyError as error:
        raise ValueError(f"an attribute {error} is missing") from error
    if not seen.is_coverage:
        raise ValueError("it has no element `coverage`")
    for name, hits in seen.files.items():
        folders = [source for source in seen.sources if (Path(source) / name).is_file()]
        yield (Path(folders[0]) / name).as_posix() if folders else name, _of_hits(hits)


def _no_entities(*_told: object) -> None:
    raise ValueError("it declares entities of its own")


_READERS: Mapping[str, Callable[[Path], Iterator[tuple[str, Measured]]]] = {
    ".coverage": _database,
    "coverage.json": _json,
    "coverage.xml": _xml,
    "coverage.lcov": _lcov,
    "lcov.info": _lcov,
}
"""Names that coverage gives its files when nobody says otherwise."""
