"""What tells machines how the server is: ``/ready`` and ``/metrics``.

Where there are no logins (loopback) anyone may see all of it. Where there are, anyone may
ask whether the server is ready, and only a token with the right ``admin`` sees more.
"""

from collections.abc import Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from onward.domain.grants import Action, Grant
from onward.index.answers import PROBLEM
from onward.index.asgi import GRANT
from onward.index.auth import challenge, refusal
from onward.index.exposition import CONTENT_TYPE, write_figures
from onward.workflows.serving.build import Parts
from onward.workflows.serving.figures import figures
from onward.workflows.serving.readiness import Check, readiness

_FRESH = {"cache-control": "no-store"}


def operations(parts: Parts) -> Sequence[Route]:
    """Give the routes."""

    async def ready(request: Request) -> Response:
        """Say whether it can do its work: 200 or 503, with a word on each thing for who may see it."""
        checks = await run_in_threadpool(readiness, parts)
        return _told(checks, whole=_may_see(request))

    async def metrics(request: Request) -> Response:
        """Give the figures for Prometheus."""
        if not _may_see(request):
            return _refused(request.scope[GRANT])
        body = await run_in_threadpool(lambda: write_figures(figures(parts)))
        return Response(body, headers=_FRESH | {"content-type": CONTENT_TYPE})

    return [
        Route("/ready", ready, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


def _told(checks: Sequence[Check], *, whole: bool) -> Response:
    fine = all(check.fine for check in checks)
    told: dict[str, object] = {"status": "ready" if fine else "not ready"}
    if whole:
        told["checks"] = {
            check.name: {"fine": check.fine, "words": check.words} for check in checks
        }
    body = msgspec.json.encode(told)
    return Response(body, 200 if fine else 503, headers=_FRESH, media_type="application/json")


def _may_see(request: Request) -> bool:
    grant = request.scope.get(GRANT)
    return grant is None or grant.may(Action.admin)


def _refused(grant: Grant) -> Response:
    problem = refusal(grant, Action.admin)
    headers = _FRESH | challenge(problem)
    return Response(
        msgspec.json.encode(problem), problem.status, headers=headers, media_type=PROBLEM
    )
