"""Files as answers: whatever the page of their project says of them is what happens here too."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from onward.adapters.simple_api import File, version_of
from onward.core.names import Name
from onward.domain.guard.advisories import canonical
from onward.index.answers import PROBLEM, blocked, not_found
from onward.index.asgi import HELD, Asked, Reply, lines_of
from onward.index.hot import LARGEST, HotFiles
from onward.index.negotiate import prefers_html
from onward.index.threads import Outside
from onward.shelves.beside import METADATA
from onward.shelves.downloads import Download, Progress
from onward.shelves.files import Files
from onward.shelves.gate import Gate, Passed
from onward.shelves.pages import Pages, Ready
from onward.shelves.to_clients import BLOCKED, ROOT

_CHUNK = 524_288
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


Given = Callable[[Asked, Ready, File], None]
"""Hears that a client is given a file: the whole of it, or a part with its first byte. Must answer at once."""

Explain = Callable[[Asked, Name, str], Awaitable[None]]
"""Answers a person who asks for a file of a project that is held back."""


class _Cut(Exception):
    """The rest of an answer must not be sent."""


class FileAnswers:
    """Answers for one file of one page: the file, a part of it, its metadata, or why not."""

    def __init__(
        self,
        pages: Pages,
        files: Files,
        explain: Explain,
        *,
        gate: Gate,
        hot: HotFiles | None,
        given: Given | None,
        outside: Outside,
    ) -> None:
        self._explain = explain
        self._gate = gate
        self._outside = outside
        self._pages = pages
        self._files = files
        self._hot = hot or HotFiles()
        self._given = given

    async def answer(self, asked: Asked, ready: Ready, filename: str) -> None:
        """Look the file up in its page, and do what the page says."""
        wheel = filename.removesuffix(METADATA)
        if ready.files is None:
            await asyncio.to_thread(self._pages.file, ready, wheel)
        if wheel != filename:
            await self._metadata(asked, ready, wheel)
            return
        passed = self._gate.look(ready, filename)
        if passed is None:
            passed = await self._outside(self._gate.settle, ready, filename)
        if passed.file is None:
            await not_found(asked, f"`{ready.name}` has no file `{filename[:200]}`")
        elif passed.held:
            await self._refuse(asked, passed, passed.file)
        else:
            await self._whole(asked, passed.ready, passed.file)

    def at_once(self, asked: Asked, ready: Ready, filename: str) -> Reply | None:
        """Give a whole file that may be had and is in memory; None for any other."""
        passed = self._gate.look(ready, filename) if ready.files is not None else None
        if passed is None or passed.file is None or passed.held:
            return None
        path = self._files.stored(passed.file)
        content = self._hot.at_hand(path) if path is not None else None
        if content is None:
            return None
        if self._given is not None:
            self._given(asked, passed.ready, passed.file)
        return Reply(200, _WHOLE, _WHOLE_LINES, content)

    async def _refuse(self, asked: Asked, passed: Passed, listed: File) -> None:
        name, filename = passed.ready.name, listed.filename
        if not asked.path.startswith(f"/files/{BLOCKED}"):
            await _lead(asked, listed)
            return
        asked.scope[HELD] = passed.held
        if prefers_html(asked.header(b"accept")):
            await self._explain(asked, name, filename)
            return
        word = quote(filename)
        address = asked.address(f"/project/{name}/?file={word}#{word}")
        await asked.json(403, blocked(filename, passed.held, address), PROBLEM)

    async def provenance(self, asked: Asked, ready: Ready, version: str, filename: str) -> None:
        """Send the attestations of a file (PEP 740), also of one that is held back."""
        if ready.files is None:
            await asyncio.to_thread(self._pages.file, ready, filename)
        listed = self._pages.file(ready, filename)
        told = version_of(filename, ready.name) if listed else None
        if listed is None or told is None or canonical(told) != canonical(version):
            await not_found(asked, f"`{ready.name}` has no file `{filename[:200]}`")
            return
        content = await self._outside(self._files.provenance, ready, listed)
        if content is None:
            await not_found(asked, f"`{filename[:200]}` has no provenance")
            return
        await asked.answer(200, {"content-type": _INTEGRITY, **_FOR_EVER}, content)

    async def _metadata(self, asked: Asked, ready: Ready, wheel: str) -> None:
        """Send the metadata also of what is held back: with it resolvers find their way around."""
        listed = self._pages.file(ready, wheel)
        if listed is None:
            await not_found(asked, f"`{ready.name}` has no file `{wheel[:200]}`")
            return
        content = await self._outside(self._files.metadata, ready, listed)
        if content is None:
            await not_found(asked, f"`{listed.filename}` has no metadata beside it")
            return
        await asked.answer(200, {"content-type": "text/plain; charset=utf-8", **_FOR_EVER}, content)

    async def _whole(self, asked: Asked, ready: Ready, listed: File) -> None:
        def given() -> None:
            if asked.wants_body and self._given is not None:
                self._given(asked, ready, listed)

        if await self._stored(asked, listed, given):
            return
        download, file = await self._outside(self._files.fetch, ready, listed)
        with file:
            await _follow(asked, download, file, given)

    async def _stored(self, asked: Asked, listed: File, given: Callable[[], None]) -> bool:
        """Send a file that is kept; False when it is not, or was taken away just now."""
        path = self._files.stored(listed)
        if path is None:
            return False
        try:
            await _send_file(asked, path, self._hot, given)
        except FileNotFoundError:
            return False
        return True


async def _lead(asked: Asked, listed: File) -> None:
    """Lead from the plain address of a held file to the one that says why.

    A lock may hold the address of a time when the file could be had, and pdm and pip tell a
    person nothing but the address that failed.
    """
    there = asked.place(listed.url.removeprefix(ROOT))
    await asked.answer(302, {"location": there, "cache-control": "no-store"})


_INTEGRITY = "application/vnd.pypi.integrity.v1+json"
_FOR_EVER = {"cache-control": "max-age=31536000, immutable"}
_KEPT_FOR_EVER = (b"cache-control", b"max-age=31536000, immutable")
"""For what never changes under its name. Whether it may be had stands on its page, which is asked for each time."""


_WHOLE = (
    (b"content-type", b"application/octet-stream"),
    (b"accept-ranges", b"bytes"),
    _KEPT_FOR_EVER,
)
_WHOLE_LINES = lines_of(_WHOLE)


async def _send_file(asked: Asked, path: Path, hot: HotFiles, given: Callable[[], None]) -> None:
    """Send a file that is kept, or the one range of it that is asked for (RFC 9110, 14).

    ``given`` is called when its first byte is among what is sent. Raises FileNotFoundError
    when it is not there any more; then nothing has been sent.
    """
    size = path.stat().st_size
    span = _span(asked.header(b"range"), size)
    if span is None:
        whole = [*_WHOLE, (b"content-length", b"%d" % size)]
        if size <= LARGEST or not asked.wants_body:
            small = await hot.content(path) if asked.wants_body else b""
            given()
            await asked.begin(200, whole)
            await asked.chunk(small, more=False)
            return
        with path.open("rb") as file:  # before anything is promised
            given()
            await asked.begin(200, whole)
            await _send_part(asked, file, 0, size)
        return
    start, stop = span
    if start >= stop:
        await asked.begin(416, [*_WHOLE, (b"content-range", b"bytes */%d" % size)])
        await asked.chunk(b"", more=False)
        return
    told = b"bytes %d-%d/%d" % (start, stop - 1, size)
    length = (b"content-length", b"%d" % (stop - start))
    with path.open("rb") as file:
        if start == 0:
            given()
        await asked.begin(206, [*_WHOLE, (b"content-range", told), length])
        await _send_part(asked, file, start, stop if asked.wants_body else start)


def _span(header: str, size: int) -> tuple[int, int] | None:
    """Give (start, stop) of the range that is asked for; None for the whole, empty when it cannot be had."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return max(0, size - int(last)), size if int(last) else 0
    start, stop = int(first), min(size, int(last) + 1) if last else size
    if last and int(last) < int(first):
        return None
    return (start, stop) if start < size else (size, 0)


async def _send_part(asked: Asked, file: BinaryIO, start: int, stop: int) -> None:
    file.seek(start)
    while start < stop:
        data = await asyncio.to_thread(file.read, min(_CHUNK, stop - start))
        if not data:
            break
        start += len(data)
        await asked.chunk(data, more=start < stop)
    else:
        if start == stop and not asked.wants_body:
            await asked.chunk(b"", more=False)


async def _follow(
    asked: Asked, download: Download, file: BinaryIO, given: Callable[[], None]
) -> None:
    """Send ``file`` while it comes from upstream.

    Its end comes only once its hash is known to be right. When it turns out wrong the
    connection ends too early, which every client takes as a failure: the length was told
    before. ``given`` is called before the end is sent. Raises what went wrong when nothing
    has been sent yet.
    """
    loop = asyncio.get_running_loop()
    news = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(news.set)

    download.listen(wake)
    try:
        progress = await _until(download, news, beyond=0)
        if progress.error is not None:
            raise progress.error
        headers = [(b"content-type", b"application/octet-stream"), _KEPT_FOR_EVER]
        if progress.size is not None:
            headers.append((b"content-length", b"%d" % progress.size))
        await asked.begin(200, headers)
        if asked.wants_body:
            await _copy(asked, download, file, news, given)
        await asked.chunk(b"", more=False)
    finally:
        download.ignore(wake)


async def _copy(
    asked: Asked,
    download: Download,
    file: BinaryIO,
    news: asyncio.Event,
    given: Callable[[], None],
) -> None:
    """Send what of ``file`` is ready, and what becomes so, to its end."""
    sent = 0
    while True:
        progress = await _until(download, news, beyond=sent)
        if progress.done:  # its last bytes are still to be sent
            given()
        while (
            sent < progress.ready
        ):  # also when it has failed since: an answer that has begun must be seen to break off
            data = await asyncio.to_thread(file.read, min(_CHUNK, progress.ready - sent))
            if not data:  # someone cut it short under us: to go on would never end
                raise _Cut
            sent += len(data)
            await asked.chunk(data, more=True)
        if progress.error is not None:
            raise _Cut from progress.error
        if progress.done:
            return


async def _until(download: Download, news: asyncio.Event, *, beyond: int) -> Progress:
    """Wait until more than ``beyond`` bytes may be handed out, or it is over."""
    while True:
        news.clear()
        progress = download.progress
        if progress.ready > beyond or progress.done or progress.error is not None:
            return progress
        await news.wait()
