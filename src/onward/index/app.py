"""The index as a server: pages and files of the simple repository API, and PyPI's JSON, for every client.

What clients ask for most is answered here from memory, without a framework; everything else
(``more``) is an ordinary ASGI application. The shelves are synchronous: they are called in
threads, and only on a miss.
"""

import asyncio
import gzip
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote

from onward.core.errors import OnwardError
from onward.core.names import Name, is_name, parse_name
from onward.index.answers import PROBLEM, not_acceptable, not_found, problem_of
from onward.index.asgi import App, Asked, Receive, Reply, Scope, Send, lines_of
from onward.index.file_answers import FileAnswers, Given
from onward.index.hot import HotFiles
from onward.index.json_answers import JsonAnswers, Known
from onward.index.negotiate import JSON, content_type, is_known, takes_gzip
from onward.index.threads import Outside
from onward.shelves.files import Files
from onward.shelves.gate import Gate
from onward.shelves.pages import Head, Pages, Ready

STALE = b"onward-stale"
"""The header of a page whose index cannot be asked: the seconds since it last could be."""


class IndexApp:
    """Answers ``/simple/NAME/``, ``/files/``, ``/integrity/`` and ``/pypi/``; hands every other path to ``more``.

    ``gate`` says which files may be had, ``known`` gives the advisories on a project, ``hot`` holds files in memory, ``given`` hears
    of every file that a client is given.
    """

    def __init__(
        self,
        pages: Pages,
        files: Files,
        more: App,
        *,
        gate: Gate,
        known: Known,
        hot: HotFiles | None = None,
        given: Given | None = None,
    ) -> None:
        outside = Outside()
        self._outside = outside
        self._pages = pages
        self._files = FileAnswers(
            pages, files, self._explain, gate=gate, hot=hot, given=given, outside=outside
        )
        self._json = JsonAnswers(files, known, outside)
        self._more = more
        self._building: dict[Name, asyncio.Task[Ready | None]] = {}
        self._rooms = {
            "simple": self._page,
            "files": self._file,
            "integrity": self._provenance,
            "pypi": self._project,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3.0)."""
        if scope["type"] != "http":
            await self._more(scope, receive, send)
            return
        asked = Asked(scope, send)
        room, _, rest = asked.path[1:].partition("/")
        answer = self._rooms.get(room) if rest else None
        if answer is None:
            await self._more(scope, receive, send)
            return
        if asked.method not in ("GET", "HEAD"):
            await asked.answer(405, {"allow": "GET, HEAD"})
            return
        try:
            await answer(asked, rest)
        except OnwardError as error:
            problem = problem_of(asked.scope, error)
            await asked.json(problem.status, problem, PROBLEM)

    def at_once(self, asked: Asked) -> Reply | None:
        """Give a page or a file that is in memory, or that the client has the page already."""
        form = asked.form
        if not isinstance(form, _Form | _Whole):
            form = _form(asked) or _whole(asked)
            if form is None:
                return None
            asked.form = form
        hit = self._pages.hit(form.name)
        if hit is None:
            return None
        ready = self._hit(hit)
        if isinstance(form, _Whole):
            return self._files.at_once(asked, ready, form.filename)
        return self._kept(ready, form)

    async def _page(self, asked: Asked, rest: str) -> None:
        word = rest.removesuffix("/")
        hit = self._pages.hit(Name(word)) if rest.endswith("/") else None
        if hit is not None:  # what is kept under this word is the page of that name
            kind = _kind(asked)
            await (self._send(asked, self._hit(hit), kind) if kind else not_acceptable(asked))
            return
        if not is_name(word):
            await not_found(asked, f"`{word[:100]}` cannot be the name of a project")
            return
        name = parse_name(word)
        if word != name or not rest.endswith("/"):  # our addresses are relative to the slash
            query = asked.scope["query_string"].decode("latin-1")
            place = asked.place(f"/simple/{name}/") + (f"?{query}" if query else "")
            await asked.answer(301, {"location": place})
            return
        kind = _kind(asked)
        if kind is None:
            await not_acceptable(asked)
            return
        ready = await self._ready(name)
        if ready is None:
            await not_found(asked, f"no index behind this one has `{name}`")
            return
        await self._send(asked, ready, kind)

    async def _send(self, asked: Asked, ready: Ready, kind: str) -> None:
        form = _form_of(asked, ready.name, kind)
        reply = self._kept(ready, form)
        if reply is None:
            reply = await asyncio.to_thread(self._made, ready, kind, packed=form.packed)
        headers = reply.headers
        if reply.status != 304:
            headers = (*headers, (b"content-length", b"%d" % len(reply.body)))
        await asked.begin(reply.status, headers)
        await asked.chunk(reply.body if asked.wants_body else b"", more=False)

    def _kept(self, ready: Ready, form: "_Form") -> Reply | None:
        """Give the answer where nothing but what is kept is needed for it."""
        etag, headers, lines = self._head(ready, form.kind, packed=form.packed)
        if form.has and is_known(form.has, etag):
            return Reply(304, headers, lines, b"")
        body = ready.json if form.kind == JSON else ready.html
        return Reply(200, headers, lines, body) if form.packed and body is not None else None

    def _made(self, ready: Ready, kind: str, *, packed: bool) -> Reply:
        body = ready.json if kind == JSON else self._pages.html(ready)
        _, headers, lines = self._head(ready, kind, packed=packed)
        return Reply(200, headers, lines, body if packed else gzip.decompress(body))

    def _head(self, ready: Ready, kind: str, *, packed: bool) -> Head:
        head = ready.heads.get((kind, packed))
        if head is None:
            head = ready.heads[kind, packed] = _head(ready.view.mark, kind, packed=packed)
        age = self._pages.age(ready)
        if age is not None:
            headers = (*head.headers, (STALE, b"%d" % age))
            head = Head(head.etag, headers, lines_of(headers))
        return head

    async def _file(self, asked: Asked, rest: str) -> None:
        parts = rest.split("/")
        if len(parts) not in (2, 4):
            await not_found(asked, "no such file")
            return
        ready = await self._known_page(asked, parts[-2])
        if ready is not None:
            await self._files.answer(asked, ready, parts[-1])

    async def _explain(self, asked: Asked, name: Name, filename: str) -> None:
        """Answer a person who opens the address of a file that is held back: with the page that says why."""
        path = f"/refused/{name}/{filename}"
        raw = quote(asked.place(path)).encode("ascii")
        scope = {**asked.scope, "path": asked.place(path), "raw_path": raw}
        await self._more(scope, _no_body, asked.send)

    async def _provenance(self, asked: Asked, rest: str) -> None:
        match rest.split("/"):
            case [word, version, filename, "provenance"]:
                ready = await self._known_page(asked, word)
                if ready is not None:
                    await self._files.provenance(asked, ready, version, filename)
            case _:
                await not_found(asked, "no such file")

    async def _project(self, asked: Asked, rest: str) -> None:
        match rest.removesuffix("/").split("/"):
            case [word, "json"]:
                version = None
            case [word, version, "json"]:
                pass
            case _:
                await not_found(asked, "no such page")
                return
        ready = await self._known_page(asked, word)
        if ready is not None:
            await self._json.answer(asked, ready, version)

    async def _known_page(self, asked: Asked, word: str) -> Ready | None:
        """Give the page of a name as the client wrote it; None when it has been answered that there is none."""
        if not is_name(word):
            await not_found(asked, f"`{word[:100]}` cannot be the name of a project")
            return None
        ready = await self._ready(parse_name(word))
        if ready is None:
            await not_found(asked, f"no index behind this one has `{parse_name(word)}`")
        return ready

    async def _ready(self, name: Name) -> Ready | None:
        hit, begun = self._pages.hit(name), self._begun(name)
        if hit is None and begun is not None:
            # begun before we came, so maybe of a policy or an upload that is no longer the last: look again
            await asyncio.shield(begun)
            hit = self._pages.hit(name)
        return self._hit(hit) if hit is not None else await asyncio.shield(self._build(name))

    def _hit(self, hit: tuple[Ready, bool]) -> Ready:
        """Give the page, and have it looked at again in the background when it is time."""
        ready, stale = hit
        if stale:
            self._build(ready.name, anew=True)
        return ready

    def _build(self, name: Name, *, anew: bool = False) -> asyncio.Task[Ready | None]:
        """Give the building of a page, begun now unless someone waits for it already: one thread for each name."""
        task = self._begun(name)
        if task is None:
            task = asyncio.create_task(self._outside(self._pages.page, name, anew=anew))
            self._building[name] = task
            task.add_done_callback(lambda done: self._built(name, done))
        return task

    def _begun(self, name: Name) -> asyncio.Task[Ready | None] | None:
        """Give the building of a page that goes on now; to wait for one that is over would let nobody else run."""
        task = self._building.get(name)
        return None if task is None or task.done() else task

    def _built(self, name: Name, task: asyncio.Task[Ready | None]) -> None:
        if self._building.get(name) is task:
            del self._building[name]
        error = None if task.cancelled() else task.exception()
        # who waits gets it too; where nobody does, the page that is kept goes on, and the next request tries again
        if error is not None and not isinstance(error, OnwardError):
            words = {"message": f"the page of {name} could not be built", "exception": error}
            task.get_loop().call_exception_handler(words)


async def _no_body() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


class _Form(NamedTuple):
    """Which page a request asks for and how: its content type, compressed or not, and the entity tags that the client has."""

    name: Name
    kind: str
    packed: bool
    has: str


class _Whole(NamedTuple):
    """Which file a request asks for, from its first byte to its last."""

    name: Name
    filename: str


def _whole(asked: Asked) -> _Whole | None:
    """Read a request for a file; None for any other, and for a part of one."""
    room, *parts = asked.path[1:].split("/")
    whole = room == "files" and len(parts) in (2, 4) and b"range" not in asked.headers
    return _Whole(Name(parts[-2]), parts[-1]) if whole else None


def _form(asked: Asked) -> _Form | None:
    """Read a request for a page by its own address; None for any other."""
    room, _, rest = asked.path[1:].partition("/")
    if room != "simple" or not rest.endswith("/"):
        return None
    kind = _kind(asked)
    # what is kept under this word is the page of that name
    return _form_of(asked, Name(rest[:-1]), kind) if kind else None


def _form_of(asked: Asked, name: Name, kind: str) -> _Form:
    packed = takes_gzip(asked.header(b"accept-encoding"))
    return _Form(name, kind, packed, asked.header(b"if-none-match"))


def _kind(asked: Asked) -> str | None:
    query = asked.scope["query_string"]
    wanted = parse_qs(query.decode("latin-1")).get("format", [""])[0] if query else ""
    return content_type(asked.header(b"accept"), wanted)


def _head(mark: str, kind: str, *, packed: bool) -> Head:
    """Give entity tag and headers of a page in one form: made once, since most requests ask for little more."""
    form = "j" if kind == JSON else "h" if kind.startswith("application/") else "t"
    etag = f'"{mark}-{form}{"z" if packed else ""}"'
    named = {
        "content-type": kind if kind == JSON else f"{kind}; charset=utf-8",
        "etag": etag,
        # clients must ask each time, so that a new block is seen at once; a 304 is cheap
        "cache-control": "no-cache",
        "vary": "Accept, Accept-Encoding",
    }
    if packed:
        named["content-encoding"] = "gzip"
    headers = tuple((key.encode("ascii"), value.encode("ascii")) for key, value in named.items())
    return Head(etag, headers, lines_of(headers))
