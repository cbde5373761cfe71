"""The pages of the server, made here and sent whole: no script, no asset from elsewhere."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from onward.core.errors import OnwardError
from onward.core.names import is_name, parse_name
from onward.index.answers import problem_of
from onward.shelves.pages import Pages
from onward.web.project_json import as_json, wants_json
from onward.workflows.serving.about import about
from onward.workflows.serving.rulebook import LiveJudge

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def routes(pages: Pages, judge: LiveJudge) -> Sequence[Route]:
    """Give the routes of all pages."""
    templates = Environment(
        loader=PackageLoader("onward.web"), autoescape=True, undefined=StrictUndefined
    )

    async def project(request: Request) -> Response:
        """Show one project: every release, what is held back and why."""
        word = request.path_params["name"]
        name = parse_name(word) if is_name(word) else None
        if wants_json(request):
            return await as_json(pages, judge, word, name)
        try:
            found = await run_in_threadpool(about, pages, judge, name) if name else None
        except OnwardError as error:
            problem = problem_of(error)
            text = templates.get_template("problem.html").render(problem=problem)
            return HTMLResponse(text, problem.status, headers=_HEADERS)
        if found is None:
            text = templates.get_template("nothing.html").render(name=word)
            return HTMLResponse(text, 404, headers=_HEADERS)
        return HTMLResponse(
            templates.get_template("project.html").render(about=found), headers=_HEADERS
        )

    return [Route("/project/{name}/", project, methods=["GET"])]
