"""How pages for people are made and sent: whole, with no script and nothing from elsewhere."""

import base64
import functools
import gzip
import hashlib
from importlib import resources

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from onward.index.answers import PROBLEM, Problem
from onward.index.negotiate import prefers_html, takes_gzip

_WORTH_IT = 10_000  # bytes
_LEVEL = 5  # of compression: a page of 4,300 files is 1.7 MB, and 250 kB after 28 ms


@functools.cache
def _style() -> str:
    return (resources.files("onward.web") / "templates" / "style.css").read_text(encoding="utf-8")


@functools.cache
def headers() -> dict[str, str]:
    """Give the headers of every page: no script at all, and no style but our own, known by its hash (CSP level 3)."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return {
        "content-security-policy": "; ".join(policy),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "vary": "Accept, Accept-Encoding",
    }


@functools.cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("onward.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["style"] = _style()
    return made


def page(request: Request, template: str, status: int = 200, **values: object) -> Response:
    """Give a page made from ``template``."""
    root = request.scope.get("root_path", "")
    text = _templates().get_template(template).render({"root": root, "words": ""} | values)
    return packed(request, HTMLResponse(text, status, headers=headers()))


def packed(request: Request, answer: Response) -> Response:
    """Give the answer compressed where that pays and the client reads it."""
    body = bytes(answer.body)
    if len(body) >= _WORTH_IT and takes_gzip(request.headers.get("accept-encoding", "")):
        answer.body = gzip.compress(body, _LEVEL, mtime=0)
        answer.headers["content-encoding"] = "gzip"
        answer.headers["content-length"] = str(len(answer.body))
    return answer


def problem_page(request: Request, problem: Problem) -> Response:
    """Give a problem as a page for people, or as RFC 9457 has it for everyone else."""
    if prefers_html(request.headers.get("accept", "")):
        return page(request, "problem.html", problem.status, problem=problem)
    return Response(
        msgspec.json.encode(problem), problem.status, headers={"vary": "Accept"}, media_type=PROBLEM
    )
