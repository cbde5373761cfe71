"""The page of a project as JSON: what `onward guard why` asks for."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from onward.core.errors import OnwardError
from onward.core.names import Name
from onward.index.answers import PROBLEM, Problem, problem_of
from onward.shelves.pages import Pages
from onward.workflows.serving.rulebook import LiveJudge
from onward.workflows.serving.ruling import ruling

_KIND = "application/json"


def wants_json(request: Request) -> bool:
    """Say whether a request asks for JSON: by ``?format=json``, or because it takes nothing else."""
    wanted = request.query_params.get("format", "")
    return wanted == "json" or (not wanted and request.headers.get("accept") == _KIND)


async def as_json(pages: Pages, judge: LiveJudge, word: str, name: Name | None) -> Response:
    """Answer with the ruling on ``name`` (None: ``word`` is no name), or with the problem (RFC 9457)."""
    try:
        found = await run_in_threadpool(ruling, pages, judge, name) if name else None
    except OnwardError as error:
        return _problem(problem_of(error))
    if found is None:
        return _problem(
            Problem(
                title="not found", status=404, detail=f"no index behind this one has `{word[:100]}`"
            )
        )
    headers = {"cache-control": "no-store", "vary": "Accept"}
    return Response(msgspec.json.encode(found), media_type=_KIND, headers=headers)


def _problem(problem: Problem) -> Response:
    return Response(msgspec.json.encode(problem), problem.status, media_type=PROBLEM)
