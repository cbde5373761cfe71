"""The index behind all servers of the bench: one process on loopback, with a latency we choose.

It does little for each answer, since whoever is measured directly against it must not be held
up: bodies are made and compressed once. It tells entity tags and that clients must ask again,
never an age: so a client with a full cache asks for each page and hears 304 from everyone.
"""

import asyncio
import contextlib
import gzip
import hashlib
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

import msgspec

from bench import guard_made_up
from bench.guard_library import Library
from bench.harness import ROOT
from onward.adapters.simple_api import read_page
from onward.adapters.simple_api.write_html import write_html
from onward.core.names import parse_name
from onward.index.serve import loop_factory

_JSON = "application/vnd.pypi.simple.v1+json"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Reply(msgspec.Struct, frozen=True):
    """An answer ready to send; ``packed`` is its body in gzip, where that may be sent."""

    status: int
    kind: str = "text/plain"
    body: bytes = b""
    packed: bytes = b""
    tag: str = ""


class Upstream:
    """The process with the index; ``url`` is its address, ``made_up`` that of the projects that do not exist."""

    def __init__(self, env: Mapping[str, str], port: int) -> None:
        code = f"from bench.guard_upstream import serve; serve({port})"
        self._child = subprocess.Popen([sys.executable, "-c", code], env=dict(env), cwd=ROOT)
        self._base = f"http://127.0.0.1:{port}"
        self.url = f"{self._base}/simple/"
        self.made_up = f"{self._base}/made-up/simple/"
        for _ in range(1000):
            with contextlib.suppress(OSError):
                self._control("asked")
                return
            time.sleep(0.02)
        self.close()
        raise OSError("the upstream did not start")

    @property
    def pid(self) -> int:
        """Its process."""
        return self._child.pid

    def latency(self, milliseconds: int) -> None:
        """Let each answer come so much later from now on."""
        self._control(f"latency/{milliseconds}")

    def asked(self) -> dict[str, int]:
        """Give how many pages, metadata and files were asked for since the last time."""
        return msgspec.json.decode(self._control("asked"), type=dict[str, int])

    def close(self) -> None:
        """End it."""
        self._child.terminate()
        self._child.wait(10)

    def _control(self, word: str) -> bytes:
        with urllib.request.urlopen(f"{self._base}/control/{word}", timeout=20) as answer:
            content: bytes = answer.read()
            return content


def serve(port: int) -> None:
    """Be that process until it is ended."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(port))


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    index = _Index(f"http://127.0.0.1:{port}")
    server = await loop.create_server(partial(_Connection, index), "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


class _Index:
    def __init__(self, base: str) -> None:
        self._base = base
        self._library = Library(os.environ)
        self._kept: dict[tuple[str, bool], Reply] = {}
        self._threads = ThreadPoolExecutor(8)
        self.latency = 0.0
        self.asked: Counter[str] = Counter()

    def now(self, path: str, *, json: bool) -> Reply | None:
        """Give the answer if it is at hand."""
        if path.startswith("/control/"):
            return self._control(path)
        kind = "metadata" if path.endswith(".metadata") else path.split("/")[1]
        self.asked[kind] += 1
        return self._kept.get((path, json))

    async def made(self, path: str, *, json: bool) -> Reply:
        """Make the answer, in a thread."""
        loop = asyncio.get_running_loop()
        try:
            reply = await loop.run_in_executor(self._threads, partial(self._make, path, json=json))
        except Exception as error:  # noqa: BLE001 - whatever it was, a server must answer
            return Reply(502, body=f"{type(error).__name__}: {error}".encode())
        if reply.status == 200 and not path.startswith("/made-up/"):
            self._kept[path, json] = reply
        return reply

    def _control(self, path: str) -> Reply:
        if path.startswith("/control/latency/"):
            self.latency = int(path.rpartition("/")[2]) / 1000
            return Reply(200)
        told = msgspec.json.encode(dict(self.asked))
        self.asked.clear()
        return Reply(200, body=told)

    def _make(self, path: str, *, json: bool) -> Reply:
        match path.strip("/").split("/"):
            case ["simple", name]:
                return self._page(self._library.page(name, self._base), name, path, json=json)
            case ["made-up", "simple", name]:
                page = guard_made_up.page_of(name, f"{self._base}/made-up")
                return self._page(page, name, path, json=json)
            case ["files", name, filename]:
                found = self._library.file(name, filename)
                if found is not None:
                    body = found.read_bytes()
                    return Reply(200, "application/octet-stream", body, tag=_tag(body))
        return Reply(404)

    def _page(self, body: bytes | None, name: str, path: str, *, json: bool) -> Reply:
        if body is None:
            return Reply(404)
        kind = _JSON
        if not json:
            page = read_page(body, _JSON, f"{self._base}{path}", parse_name(name))
            body, kind = write_html(page), "text/html; charset=utf-8"
        return Reply(200, kind, body, gzip.compress(body, 6, mtime=0), _tag(body))


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection of a client that sends no bodies."""

    def __init__(self, index: _Index) -> None:
        self._index = index
        self._read = b""
        self._busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's does not descend from it

    def data_received(self, data: bytes) -> None:
        self._read += data
        self._next()

    def _next(self) -> None:
        if self._busy or b"\r\n\r\n" not in self._read:
            return
        self._busy = True
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            key.strip().lower(): value.strip()
            for key, _, value in (line.partition(":") for line in lines)
        }
        method, path, _ = first.split(" ")
        json = _JSON in headers.get("accept", "")
        reply = self._index.now(path, json=json)
        if reply is not None:
            self._later(reply, method, headers)
            return
        task = asyncio.get_running_loop().create_task(self._made(path, method, headers, json=json))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _made(
        self, path: str, method: str, headers: Mapping[str, str], *, json: bool
    ) -> None:
        self._later(await self._index.made(path, json=json), method, headers)

    def _later(self, reply: Reply, method: str, headers: Mapping[str, str]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._index.latency, self._send, reply, method, headers)

    def _send(self, reply: Reply, method: str, headers: Mapping[str, str]) -> None:
        transport = self._transport
        if transport.is_closing():
            return
        status, body, told = reply.status, reply.body, [f"Content-Type: {reply.kind}"]
        if reply.tag:
            told += [f"ETag: {reply.tag}", "Cache-Control: no-cache"]
        if reply.tag and reply.tag in headers.get("if-none-match", ""):
            status, body = 304, b""
        elif reply.packed and "gzip" in headers.get("accept-encoding", ""):
            body = reply.packed
            told += ["Content-Encoding: gzip", "Vary: Accept, Accept-Encoding"]
        elif reply.kind == "application/octet-stream":
            told.append("Accept-Ranges: bytes")
            if (span := _RANGE.fullmatch(headers.get("range", ""))) and status == 200:
                start, stop = _part(span[1], span[2], len(body))
                told.append(f"Content-Range: bytes {start}-{stop - 1}/{len(body)}")
                status, body = 206, body[start:stop]
        if status != 304:
            told.append(f"Content-Length: {len(body)}")
        start_line = f"HTTP/1.1 {status} Answer"
        transport.write("\r\n".join([start_line, *told, "", ""]).encode("latin-1"))
        if method != "HEAD" and body:
            transport.write(body)
        self._busy = False
        if headers.get("connection", "").lower() == "close":
            transport.close()
        else:
            self._next()


def _part(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size
