"""The OSV API (https://google.github.io/osv.dev/api/) over the local advisories: uv audit and pip-audit ask it."""

from collections.abc import Callable, Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onward.adapters.feed.store import Feed
from onward.core.errors import OnwardError
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory
from onward.domain.guard.osv_query import (
    FROM_THE_START,
    page_of,
    read_batch,
    read_query,
)
from onward.index.answers import PROBLEM, Problem, problem_of

_LARGEST = 4_000_000  # bytes of a question; a batch of 10,000 has about 1,000,000
_MOST_AT_ONCE = 16_000_000  # bytes of documents on one page
_MOST_LOOKED_AT = 20_000  # advisories for one batch; the rest comes with the next page
_ELSEWHERE = "only PyPI was looked up, no other ecosystem"


About = Callable[[Name], Sequence[Advisory]]
"""Gives the advisories on a project, ordered by id, each as its source has it (not merged)."""


class OsvData(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered from: the store, which data it has, and what must be said of it (empty: nothing)."""

    feed: Feed
    about: About
    source: str
    warning: str = ""


Source = Callable[[], OsvData]
"""Gives the data as of now; raises OutsideFailed when there is none: then nothing could be looked up."""


class _Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    modified: str = ""


class _Found(msgspec.Struct, frozen=True, omit_defaults=True):
    vulns: tuple[_Entry, ...] = ()
    next_page_token: str = ""


class _Told(msgspec.Struct, frozen=True, omit_defaults=True):
    vulns: tuple[msgspec.Raw, ...] = ()
    next_page_token: str = ""


def osv_routes(source: Source) -> list[BaseRoute]:
    """Give the routes of the OSV API below ``/osv``, and below the root.

    uv puts ``v1/...`` in the place of what stands behind the last slash of the address that it
    is given, so that ``http://HOST/osv`` becomes ``http://HOST/v1/...`` (RFC 3986, section 5.2.3).
    """

    async def query(request: Request) -> Response:
        return await _answered(request, source, answer_query)

    async def batch(request: Request) -> Response:
        return await _answered(request, source, answer_batch)

    async def document(request: Request) -> Response:
        return await _document(request, source)

    return [
        Route(f"{root}/v1/{rest}", endpoint, methods=[method])
        for root in ("/osv", "")
        for rest, endpoint, method in (
            ("query", query, "POST"),
            ("querybatch", batch, "POST"),
            ("vulns/{id}", document, "GET"),
        )
    ]


def answer_query(data: OsvData, body: bytes) -> tuple[bytes, str]:
    """Answer ``POST /v1/query`` with whole documents, and say what was not looked up.

    Raises BadInput for a question that cannot be read.
    """
    query = read_query(body)
    if query.name is None:
        return b"{}", _ELSEWHERE
    ids, token = page_of(data.about(query.name), query)
    told: list[msgspec.Raw] = []
    size = 0
    for document in data.feed.documents(ids):
        told.append(msgspec.Raw(document))
        size += len(document)
        if size > _MOST_AT_ONCE and len(told) < len(ids):
            token = FROM_THE_START + ids[len(told) - 1]
            break
    return msgspec.json.encode(_Told(vulns=tuple(told), next_page_token=token)), ""


def answer_batch(data: OsvData, body: bytes) -> tuple[bytes, str]:
    """Answer ``POST /v1/querybatch`` with ids and their dates, and say what was not looked up.

    What would be too much for one answer is left for the next page of each question. Raises
    BadInput for a batch that cannot be read.
    """
    queries = read_batch(body)
    looked_at = 0
    pages: list[tuple[tuple[str, ...], str]] = []
    for query in queries:
        if query.name is None:
            pages.append(((), ""))
        elif looked_at > _MOST_LOOKED_AT:
            pages.append(((), query.token or FROM_THE_START))
        else:
            known = data.about(query.name)
            looked_at += len(known)
            pages.append(page_of(known, query))
    dates = data.feed.modified({identity for ids, _ in pages for identity in ids})
    results = [
        _Found(
            vulns=tuple(_Entry(identity, dates.get(identity, "")) for identity in ids),
            next_page_token=token,
        )
        for ids, token in pages
    ]
    elsewhere = any(query.name is None for query in queries)
    return msgspec.json.encode({"results": results}), _ELSEWHERE if elsewhere else ""


async def _answered(
    request: Request, source: Source, answer: Callable[[OsvData, bytes], tuple[bytes, str]]
) -> Response:
    try:
        body = await _body(request)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    if body is None:
        return _problem(
            Problem(
                title="the query is too large",
                status=413,
                detail=f"{_LARGEST:,} bytes are the most",
            )
        )
    try:
        data = source()
        content, unseen = await run_in_threadpool(answer, data, body)
    except OnwardError as error:
        return _problem(problem_of(request.scope, error))
    return _json(content, data, unseen)


async def _document(request: Request, source: Source) -> Response:
    identity = (
        request.path_params["id"].encode(errors="replace").decode()
    )  # half a character is in no id
    try:
        data = source()
        document = await run_in_threadpool(data.feed.document, identity)
        known_as = () if document else await run_in_threadpool(data.feed.also_known_as, identity)
    except OnwardError as error:
        return _problem(problem_of(request.scope, error))
    if document is None:
        others = ", ".join(f"`{other}`" for other in known_as)
        why = f"; that is another id of {others}" if others else ""
        detail = f"no advisory on PyPI has the id `{identity[:100]}`{why}"
        return _problem(Problem(title="not found", status=404, detail=detail))
    return _json(document, data, "")


async def _body(request: Request) -> bytes | None:
    """Give what the client sends, None when it is more than may be."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)


def _json(content: bytes, data: OsvData, unseen: str) -> Response:
    headers = {"cache-control": "no-cache", "onward-data": data.source}
    if warning := "; ".join(filter(None, (data.warning, unseen))):
        headers["onward-warning"] = warning
    return Response(content, media_type="application/json", headers=headers)


def _problem(problem: Problem) -> Response:
    return Response(msgspec.json.encode(problem), problem.status, media_type=PROBLEM)
