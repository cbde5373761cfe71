"""What the server answers besides pages and files: the list of projects, and whether it is well."""

from collections.abc import Sequence

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onward.adapters.simple_api.write_html import write_html_list
from onward.index.asgi import App
from onward.index.negotiate import JSON, content_type
from onward.shelves.pages import Pages
from onward.shelves.to_clients import API_VERSION


def rest_app(pages: Pages, more: Sequence[BaseRoute] = ()) -> App:
    """Give the application for every path that is no page and no file; ``more`` are further routes."""
    return Starlette(
        routes=[
            Route("/simple/", lambda request: _projects(request, pages), methods=["GET"]),
            Route("/health", _health, methods=["GET"]),
            *more,
        ]
    )


async def _projects(request: Request, pages: Pages) -> Response:
    """List what is known here (PEP 503, 691); never the upstream's list, which has close to a million names."""
    names = sorted(pages.names())
    kind = content_type(request.headers.get("accept", ""), request.query_params.get("format", ""))
    if kind is None:
        return Response("JSON or HTML is what there is\n", status_code=406)
    headers = {"vary": "Accept", "cache-control": "no-cache"}
    if kind == JSON:
        listed = {
            "meta": {"api-version": API_VERSION},
            "projects": [{"name": name} for name in names],
        }
        return Response(msgspec.json.encode(listed), media_type=JSON, headers=headers)
    return Response(write_html_list(names, API_VERSION), media_type=kind, headers=headers)


async def _health(_request: Request) -> Response:
    return Response('{"status":"ok"}', media_type="application/json")
