"""A file on its way: nobody sees its end before it is known to be right, and one fetch serves all."""

import contextlib
import hashlib
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from onward.core.errors import OutsideFailed
from onward.core.net import Net, Request, Stream
from onward.shelves.downloads import Download


class Slow:
    """A network that gives the next piece when the test says so; None is the end."""

    def __init__(self, size: int | None) -> None:
        self.pieces: queue.Queue[bytes | Exception | None] = queue.Queue()
        self._size = size

    @contextlib.contextmanager
    def stream(self, request: Request) -> Iterator[Stream]:
        headers = {} if self._size is None else {"content-length": str(self._size)}
        yield Stream(status=200, headers=headers, url=request.url, chunks=self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while (piece := self.pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece


class Fetch:
    """A download of ``content`` that has begun, from a slow network."""

    def __init__(self, folder: Path, content: bytes, promised: bytes) -> None:
        self.net = Slow(len(content))
        self.kept: list[bytes] = []
        digest = hashlib.sha256(promised).hexdigest()
        self.download = Download(
            cast(Net, cast(Any, self.net)),
            Request(url="https://files.test/a.whl"),
            folder / "a.part",
            ("sha256", digest),
            lambda path: self.kept.append(path.read_bytes()),
        )
        self.download.start()


def test_the_end_is_held_back_until_the_hash_is_right(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40
    fetch = Fetch(tmp_path, content, content)
    fetch.net.pieces.put(content)
    progress = fetch.download.wait(lambda p: p.ready > 0)
    assert progress.size == len(content)
    assert 0 < progress.ready < len(content)
    assert fetch.kept == []
    fetch.net.pieces.put(None)
    assert fetch.download.wait(lambda _: False).ready == len(content)
    assert fetch.kept == [content]


def test_what_is_not_as_promised_never_ends_and_is_not_kept(tmp_path: Path) -> None:
    content = bytes(10_000)
    fetch = Fetch(tmp_path, content, b"something else")
    fetch.net.pieces.put(content)
    fetch.net.pieces.put(None)
    progress = fetch.download.wait(lambda _: False)
    assert progress.error is not None
    assert progress.error.reference == "wrong-hash"
    assert not progress.done
    assert progress.ready < len(content)
    assert fetch.kept == []


def test_an_upstream_that_breaks_off_is_told(tmp_path: Path) -> None:
    fetch = Fetch(tmp_path, bytes(10_000), bytes(10_000))
    fetch.net.pieces.put(bytes(5_000))
    fetch.net.pieces.put(OutsideFailed("no-answer", "it broke off"))
    progress = fetch.download.wait(lambda _: False)
    assert progress.error is not None
    assert progress.error.reference == "no-answer"


def test_listeners_hear_of_each_piece_until_they_stop(tmp_path: Path) -> None:
    content = bytes(20_000)
    fetch = Fetch(tmp_path, content, content)
    heard: list[int] = []
    wake = lambda: heard.append(fetch.download.progress.ready)  # noqa: E731
    fetch.download.listen(wake)
    fetch.net.pieces.put(content[:10_000])
    fetch.download.wait(lambda p: p.ready > 0)
    fetch.download.ignore(wake)
    count = len(heard)
    fetch.net.pieces.put(content[10_000:])
    fetch.net.pieces.put(None)
    fetch.download.wait(lambda _: False)
    assert count >= 1
    assert len(heard) == count
