"""The page of a check: one file without scripts and with nothing from elsewhere, as safe as its foreign words are not."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from onward import __version__
from onward.core.policy import Level
from onward.workflows.checking.look import Looked
from onward.workflows.report_page import Report, Trend

_WIDTH, _HEIGHT, _MARGIN = 900, 200, 10


def page(
    report: Report,
    trend: Trend,
    *,
    project: str,
    when: str,
    tools: Sequence[Looked],
    blocked: bool,
    clean: Callable[[str], str],
) -> str:
    """Give the page as HTML; ``clean`` takes from foreign words what is no text."""
    made = Environment(
        loader=PackageLoader("onward.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["clean"] = clean
    style = _text("style.css") + _text("report.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return made.get_template("report.html").render(
        report=report,
        trend=trend,
        line=line(trend),
        project=project,
        when=when,
        tools=tools,
        blocked=blocked,
        levels=[level for level in reversed(Level) if level is not Level.off],
        version=__version__,
        style=style,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )


def line(trend: Trend) -> str:
    """Give the points of the trend's line for an SVG of 900 by 200."""
    counts = [point.count for point in trend.points]
    most = max(counts, default=0) or 1
    steps = max(len(counts) - 1, 1)
    wide, high = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN
    return " ".join(
        f"{_MARGIN + wide * at / steps:.1f},{_HEIGHT - _MARGIN - high * count / most:.1f}"
        for at, count in enumerate(counts)
    )


def _text(name: str) -> str:
    return (resources.files("onward.web") / "templates" / name).read_text(encoding="utf-8")
