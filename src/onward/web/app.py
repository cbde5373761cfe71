"""The pages of the server: search and state, one project, and why a file is refused."""

import shlex
from collections.abc import Callable, Hashable, Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from onward.core.errors import OnwardError
from onward.core.names import is_name, parse_name
from onward.index.answers import Problem, problem_of
from onward.index.asgi import GRANT
from onward.index.made import Made
from onward.index.negotiate import prefers_html, prefers_json, takes_gzip
from onward.index.threads import Outside
from onward.shelves.pages import Ready
from onward.web.operations import operations
from onward.web.render import packed, page, problem_page
from onward.workflows.serving.about import About, ReleaseRow, about, as_json, ways_out
from onward.workflows.serving.build import Parts
from onward.workflows.serving.ruling import ruling
from onward.workflows.serving.state import Found, Standing, search, standing

OPEN = 20
"""Releases that are shown unfolded; older ones are folded, so many together."""

_TOGETHER = 200


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Releases that are shown together; ``opened`` when what is looked for is among the folded ones."""

    releases: tuple[ReleaseRow, ...]
    folded: bool
    opened: bool = False

    @property
    def held(self) -> int:
        """How many of them are held back."""
        return sum(1 for release in self.releases if release.blocking)


class _Room:
    """What the pages on projects share: threads to wait in, and the answers that were made last."""

    def __init__(self) -> None:
        self.outside = Outside()
        self.made: Made[Response] = Made()


_KEY = 1_000  # bytes of memory for a key and headers, about


def routes(parts: Parts) -> Sequence[Route]:
    """Give the routes of all pages, and of what tells how the server is."""

    room = _Room()

    async def home(request: Request) -> Response:
        """Search the names that are kept, and show how things stand."""
        words = request.query_params.get("q", "")[:200].strip()

        def look() -> tuple[Found, Standing]:
            return search(parts.pages, parts.judge, words), standing(parts.pages, parts.judge)

        try:
            found, state = await run_in_threadpool(look)
        except OnwardError as error:
            return problem_page(request, problem_of(request.scope, error))
        address = f"{str(request.base_url).rstrip('/')}/simple/"
        return page(request, "home.html", words=words, address=address, found=found, state=state)

    async def project(request: Request) -> Response:
        """Show one project: every release, what is held back and why; ``version`` is one to look into before."""

        def made(found: About) -> Response:
            """Make the page of the project."""
            wanted = request.query_params.get("file", "")
            return page(
                request,
                "project.html",
                about=found,
                groups=_groups(found, wanted),
                wanted=wanted,
                commands=_commands(request, parts, found),
            )

        return await _about(request, parts, made, room)

    async def refused(request: Request) -> Response:
        """Show why one file is held back, with status 403; or that it is not any more."""

        def made(found: About) -> Response:
            return _refusal(request, parts, found)

        return await _about(request, parts, made, room)

    return [
        Route("/", home, methods=["GET"]),
        Route("/project/{name}/", project, methods=["GET"]),
        Route("/refused/{name}/{filename}", refused, methods=["GET"]),
        *operations(parts),
    ]


async def _about(
    request: Request, parts: Parts, made: Callable[[About], Response], room: _Room
) -> Response:
    word = request.path_params["name"]
    missing = Problem(
        title="not found", status=404, detail=f"No index behind this one has `{word[:200]}`."
    )
    if not is_name(word):
        return problem_page(request, missing)
    name = parse_name(word)

    version = request.query_params.get("version", "")[:200]

    def look() -> Response | None:
        """Make the answer, or take the one that is kept; None when there is no such project. Reads files and asks indexes."""
        if version:
            parts.gate.read_release(name, version)
        ready = parts.pages.page(name)
        if ready is None:
            return None
        key, state = _key(request), _state(parts, ready)
        if (kept := room.made.get(key, state)) is not None:
            return kept
        found = about(ready, parts.pages, parts.judge)
        answer = _as_json(request, parts, found) if _wants_json(request) else made(found)
        if found.age is not None:  # that changes with every second
            return answer
        return room.made.keep(key, state, answer, len(answer.body) + _KEY)

    try:
        answer = await room.outside(look)
    except OnwardError as error:
        return problem_page(request, problem_of(request.scope, error))
    return answer or problem_page(request, missing)


def _key(request: Request) -> Hashable:
    """Give what is asked of a project, and in which form."""
    scope = request.scope
    asked = (scope["path"], scope.get("root_path", ""), scope["query_string"], GRANT in scope)
    accept, packing = (request.headers.get(key, "") for key in ("accept", "accept-encoding"))
    return (*asked, _wants_json(request), prefers_html(accept), takes_gzip(packing))


def _state(parts: Parts, ready: Ready) -> Hashable:
    """Give all else that an answer on one project depends on."""
    judge, view = parts.judge, ready.view
    data = (*(finding.message for finding in judge.old_data()), judge.now.date())
    return (*data, view.mark, view.since, ready.edition, ready.stale is None)


def _as_json(request: Request, parts: Parts, found: About) -> Response:
    body = msgspec.json.encode(as_json(found, ruling(found, parts.judge)))
    fresh = {"cache-control": "no-store", "vary": "Accept, Accept-Encoding"}
    return packed(request, Response(body, headers=fresh, media_type="application/json"))


def _wants_json(request: Request) -> bool:
    wanted = request.query_params.get("format", "")
    return wanted == "json" or prefers_json(request.headers.get("accept", ""))


def _refusal(request: Request, parts: Parts, found: About) -> Response:
    filename = request.path_params["filename"]
    release = found.release_of(filename)
    if release is None:
        detail = f"`{found.name}` has no file `{filename[:200]}`."
        return problem_page(request, Problem(title="not found", status=404, detail=detail))
    own = next(file for file in release.files if file.filename == filename)
    blocking = release.blocking or own.blocking
    commands = _commands(request, parts, found)
    return page(
        request,
        "refused.html",
        403 if blocking else 200,
        about=found,
        filename=filename,
        blocking=blocking,
        commands=commands(release),
    )


def _commands(
    request: Request, parts: Parts, found: About
) -> Callable[[About | ReleaseRow], tuple[str, ...]]:
    """Give what lists the commands that let a project or a release pass.

    Where there are logins the data folder's place is nobody's business but the owner's.
    """
    data = "DIR" if GRANT in request.scope else shlex.quote(str(parts.data))

    def commands(what: About | ReleaseRow) -> tuple[str, ...]:
        if isinstance(what, About):
            ways = ways_out(what.findings, found.name)
        else:
            late = tuple(held for file in what.files for held in file.blocking)
            ways = ways_out(what.blocking or late, found.name, what.version)
        return tuple(f"{way} --data {data}" for way in ways)

    return commands


def _groups(found: About, wanted: str) -> tuple[Group, ...]:
    """Fold what is old, so that a project of thousands of files can be read."""
    groups = [Group(releases=found.releases[:OPEN], folded=False)]
    for start in range(OPEN, len(found.releases), _TOGETHER):
        releases = found.releases[start : start + _TOGETHER]
        opened = any(release.has(wanted) for release in releases)
        groups.append(Group(releases=releases, folded=True, opened=opened))
    return tuple(groups)
