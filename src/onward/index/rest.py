"""What the server answers besides pages and files: the list of projects, and whether it is well."""

from collections.abc import Sequence
from http import HTTPStatus
from importlib import resources

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onward.adapters.simple_api.write_html import write_html_list
from onward.core.errors import OnwardError
from onward.domain.grants import READING, Action, Grant
from onward.index.answers import NOT_ACCEPTABLE, PROBLEM, Problem, problem_of
from onward.index.asgi import GRANT, App
from onward.index.negotiate import JSON, content_type
from onward.shelves.pages import Pages
from onward.shelves.to_clients import API_VERSION


def rest_app(pages: Pages, more: Sequence[BaseRoute] = ()) -> App:
    """Give the application for every path that is no page and no file; ``more`` are further routes."""

    async def projects(request: Request) -> Response:
        return await _projects(request, pages)

    return Starlette(
        routes=[
            Route("/simple", _to_projects, methods=["GET"]),
            Route("/simple/", projects, methods=["GET"]),
            Route("/health", _health, methods=["GET"]),
            Route("/openapi.json", _openapi, methods=["GET"]),
            *more,
        ],
        exception_handlers={HTTPException: _refused, Exception: _fault},
    )


async def _projects(request: Request, pages: Pages) -> Response:
    """List what is known here (PEP 503, 691); never the upstream's list, which has close to a million names."""
    kind = content_type(request.headers.get("accept", ""), request.query_params.get("format", ""))
    if kind is None:
        return _problem(NOT_ACCEPTABLE)
    grant: Grant = request.scope.get(GRANT, READING)

    def listed() -> bytes:
        names = [name for name in pages.names() if grant.may(Action.read, name)]
        if kind != JSON:
            return write_html_list(names, API_VERSION)
        projects = [{"name": name} for name in names]
        return msgspec.json.encode({"meta": {"api-version": API_VERSION}, "projects": projects})

    try:
        body = await run_in_threadpool(listed)  # there may be many thousands
    except OnwardError as error:
        return _problem(problem_of(request.scope, error))
    headers = {"vary": "Accept, Authorization", "cache-control": "no-cache"}
    return Response(body, media_type=kind, headers=headers)


async def _to_projects(request: Request) -> Response:
    """Lead to the address with the slash, to which the others are relative (PEP 503)."""
    query = f"?{request.url.query}" if request.url.query else ""
    place = f"{request.scope.get('root_path', '')}/simple/{query}"
    return Response(status_code=301, headers={"location": place})


def _problem(problem: Problem) -> Response:
    return Response(msgspec.json.encode(problem), problem.status, media_type=PROBLEM)


async def _refused(_request: Request, error: Exception) -> Response:
    """Say that there is nothing here, or not by this method (RFC 9457)."""
    if not isinstance(error, HTTPException):
        raise error
    words = "there is nothing at this address" if error.status_code == 404 else ""
    title = HTTPStatus(error.status_code).phrase.lower()
    answer = _problem(Problem(title=title, status=error.status_code, detail=words))
    answer.headers.update(error.headers or {})
    return answer


async def _fault(_request: Request, error: Exception) -> Response:
    """Leave the fault to whoever stands around the whole application."""
    raise error


async def _health(_request: Request) -> Response:
    return Response('{"status":"ok","product":"onward"}', media_type="application/json")


async def _openapi(_request: Request) -> Response:
    """Describe the routes (OpenAPI 3.1)."""
    text = resources.files("onward.index").joinpath("openapi.json").read_bytes()
    return Response(text, media_type="application/json")
