"""The registry itself: what it holds, how it behaves now, and what it was asked."""

import base64
import contextlib
import datetime as dt
import gzip
import hashlib
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Self

import msgspec

from onward.core.names import parse_name
from tests.registry import builds, pages
from tests.registry.faults import Fault, FaultKind, Faults
from tests.registry.pages import File, Options, Project
from tests.registry.wire import Handler, Reply, Seen, Server

LONG_AGO = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


class Registry:
    """A package index on a free loopback port; use it in a ``with`` block, or call ``close``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.options = Options()
        self.faults = Faults()
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._projects: dict[str, Project] = {}
        self._seen: list[Seen] = []
        self._servers: list[Server] = []
        self.base = self._listen(host, port, asks=True)

    @property
    def url(self) -> str:
        """The index address: what goes after ``--index-url``."""
        return f"{self.base}/simple/"

    def add(
        self,
        name: str,
        version: str,
        *,
        requires: Sequence[str] = (),
        requires_python: str | None = None,
        extras: Sequence[str] = (),
        files: Mapping[str, str | bytes] | None = None,
        scripts: Mapping[str, str] | None = None,
        licence: str = "MIT",
        headers: Sequence[tuple[str, str]] = (),
        tags: Sequence[str] = ("py3-none-any",),
        wheel: bool = True,
        sdist: bool = False,
        on_build: str = "",
        uploaded: dt.datetime | None = LONG_AGO,
        yanked: str | None = None,
    ) -> tuple[File, ...]:
        """Build and offer one release; gives its files. ``uploaded`` None leaves the time out."""
        description = builds.Description(
            name=name,
            version=version,
            requires=tuple(requires),
            requires_python=requires_python,
            extras=tuple(extras),
            files=dict(files or {}),
            scripts=dict(scripts or {}),
            licence=licence,
            headers=tuple(headers),
            on_build=on_build,
        )
        made = [
            builds.wheel(msgspec.structs.replace(description, tag=tag))
            for tag in (tags if wheel else ())
        ]
        if sdist:
            made.append(builds.sdist(description))
        metadata = builds.metadata_of(description)
        return tuple(
            self.offer(
                name,
                version,
                filename,
                content,
                metadata=metadata if filename.endswith(".whl") else None,
                requires_python=requires_python,
                uploaded=uploaded,
                yanked=yanked,
            )
            for filename, content in made
        )

    def offer(
        self,
        name: str,
        version: str,
        filename: str,
        content: bytes,
        *,
        metadata: bytes | None = None,
        requires_python: str | None = None,
        uploaded: dt.datetime | None = LONG_AGO,
        yanked: str | None = None,
    ) -> File:
        """Offer a file that is there already, in place of one with the same file name."""
        file = File(
            project=parse_name(name),
            version=version,
            filename=filename,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            metadata=metadata,
            metadata_sha256=hashlib.sha256(metadata or b"").hexdigest(),
            requires_python=requires_python,
            uploaded=uploaded,
            yanked=yanked,
        )
        with self._lock:
            project = self._projects.get(file.project) or Project(name=file.project)
            kept = tuple(f for f in project.files if f.filename != filename)
            self._projects[file.project] = msgspec.structs.replace(project, files=(*kept, file))
        return file

    def remove(self, name: str, version: str | None = None) -> None:
        """Take a project, or one version of it, off the index."""
        with self._lock:
            project = self._projects.pop(parse_name(name))
            left = tuple(f for f in project.files if version and f.version != version)
            if left:
                self._projects[project.name] = msgspec.structs.replace(project, files=left)

    def yank(self, name: str, version: str, reason: str | None = "") -> None:
        """Mark every file of a release as yanked (PEP 592); None takes the mark away."""
        with self._lock:
            project = self._projects[parse_name(name)]
            files = tuple(
                msgspec.structs.replace(f, yanked=reason) if f.version == version else f
                for f in project.files
            )
            self._projects[project.name] = msgspec.structs.replace(project, files=files)

    def status(self, name: str, status: str, reason: str = "") -> None:
        """Give a project a status (PEP 792): active, archived, quarantined, deprecated."""
        key = parse_name(name)
        with self._lock:
            project = self._projects.get(key) or Project(name=key)
            self._projects[key] = msgspec.structs.replace(project, status=status, reason=reason)

    def set(self, **changes: object) -> None:
        """Change how the registry behaves from now on: any field of ``Options``."""
        self.options = msgspec.structs.replace(self.options, **changes)

    def fail(self, kind: FaultKind | str, path: str = "*", **more: object) -> None:
        """Switch a fault on, for paths that match the glob; ``more`` is any field of ``Fault``."""
        given = {"kind": str(kind), "path": path, **more}
        self.faults.add(msgspec.convert(given, Fault))

    def second_host(self) -> str:
        """Listen on a second port too, without a login; gives its file folder, for ``files_base``."""
        return f"{self._listen('127.0.0.1', 0, asks=False)}/files"

    @property
    def requests(self) -> list[Seen]:
        """Every request so far, in the order they were answered."""
        with self._lock:
            return list(self._seen)

    def paths(self, prefix: str = "/") -> list[str]:
        """The paths asked for so far that start with ``prefix``."""
        return [seen.path for seen in self.requests if seen.path.startswith(prefix)]

    def forget(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._seen.clear()

    def note(self, seen: Seen) -> None:
        """Remember a request."""
        with self._lock:
            self._seen.append(seen)

    def answer(self, path: str, headers: Mapping[str, str], *, guarded: bool = True) -> Reply:
        """Give the answer for a GET, before any fault; ``guarded`` hosts ask for the login."""
        options = self.options
        if guarded and options.auth and headers.get("authorization") != _basic(options.auth):
            return _plain(401, {"WWW-Authenticate": 'Basic realm="registry"'})
        with self._lock:
            projects = dict(self._projects)
        parts = path.strip("/").split("/")
        if parts == ["simple"] and path.endswith("/"):
            kind = pages.choose(headers.get("accept", ""), json_too=options.json)
            return _page(pages.list_page(sorted(projects), options, kind), kind, options, headers)
        if parts[0] == "simple" and len(parts) == 2:
            try:
                name = parse_name(parts[1])
            except Exception:  # noqa: BLE001 - whatever is wrong with the word, no index has it
                return _plain(404)
            if path != f"/simple/{name}/":
                return _plain(301, {"Location": f"/simple/{name}/"})
            if name not in projects:
                return _plain(404)
            kind = pages.choose(headers.get("accept", ""), json_too=options.json)
            body = pages.project_page(projects[name], options, kind)
            return _page(body, kind, options, headers)
        if parts[0] == "files" and len(parts) == 2:
            for project in projects.values():
                for file in project.files:
                    if parts[1] == file.filename:
                        return _file(file.content, options, headers)
                    known = options.core_metadata and file.metadata is not None
                    if known and parts[1] == f"{file.filename}.metadata":
                        return _file(file.metadata or b"", options, headers)
        return _plain(404)

    def close(self) -> None:
        """Stop listening; answers that hang are dropped."""
        self.closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _listen(self, host: str, port: int, *, asks: bool) -> str:
        registry = self

        class Own(Handler):
            home = registry
            guarded = asks

        server = Server((host, port), Own)
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://{host}:{server.server_port}"


def _basic(auth: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(auth).encode()).decode()


def _plain(status: int, headers: Mapping[str, str] | None = None) -> Reply:
    words = HTTPStatus(status).phrase
    return Reply(
        status=status,
        headers={"Content-Type": "text/plain", **(headers or {})},
        body=words.encode(),
    )


def _page(body: bytes, kind: str, options: Options, headers: Mapping[str, str]) -> Reply:
    told = {"Content-Type": kind, "Vary": "Accept, Accept-Encoding"}
    if options.cache_control:
        told["Cache-Control"] = options.cache_control
    if options.etag:
        told["ETag"] = f'"{hashlib.sha256(kind.encode() + body).hexdigest()[:32]}"'
        if told["ETag"] in headers.get("if-none-match", ""):
            return Reply(status=304, headers=told)
    if options.gzip and "gzip" in headers.get("accept-encoding", ""):
        told["Content-Encoding"] = "gzip"
        body = gzip.compress(body, mtime=0)
    return Reply(status=200, headers=told, body=body)


def _file(content: bytes, options: Options, headers: Mapping[str, str]) -> Reply:
    told = {"Content-Type": "application/octet-stream"}
    if not options.ranges:
        return Reply(status=200, headers=told, body=content)
    told["Accept-Ranges"] = "bytes"
    wanted = headers.get("range", "")
    if not wanted.startswith("bytes=") or "," in wanted:
        return Reply(status=200, headers=told, body=content)
    with contextlib.suppress(ValueError):
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(content) - int(last))
        end = min(int(last) if first and last else len(content) - 1, len(content) - 1)
        if 0 <= start <= end:
            told["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
            return Reply(status=206, headers=told, body=content[start : end + 1])
    return Reply(status=416, headers={**told, "Content-Range": f"bytes */{len(content)}"})
