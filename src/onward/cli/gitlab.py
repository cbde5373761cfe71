"""Findings as GitLab's code quality report: a JSON array of issues with fingerprints that survive moved lines."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from onward.cli.report import marked
from onward.core.finding import Place
from onward.core.policy import Level, Verdict
from onward.workflows.check import Checked

_SEVERITY = {Level.enforce: "major", Level.ratchet: "major", Level.advise: "minor"}


def as_gitlab(checked: Checked, *, anchor: str, inside: str = "") -> Iterator[str]:
    """Give the lines of a check in the shape of GitLab's code quality report; old findings are `info`.

    ``anchor`` is the file that stands for what has no place in a file: an issue needs one. ``inside``
    is the project's folder in its repository, empty or ending with ``/``.
    """
    waiting = ""
    yield "["
    for verdict, mark in marked(checked):
        if waiting:
            yield waiting + ","
        waiting = "  " + json.dumps(_issue(verdict, mark, inside, anchor))
    if waiting:
        yield waiting
    yield "]"


def _issue(verdict: Verdict, mark: str, inside: str, anchor: str) -> dict[str, Any]:
    finding = verdict.finding
    place = finding.subject if isinstance(finding.subject, Place) else None
    about = "" if place else f"{finding.subject}: "
    return {
        "description": about + finding.message,
        "check_name": finding.rule,
        "fingerprint": hashlib.sha256(mark.encode()).hexdigest(),
        "severity": "info" if verdict.known else _SEVERITY[verdict.level],
        "location": {
            "path": inside + (place.path if place else anchor),
            "lines": {"begin": max(place.line, 1) if place else 1},
        },
    }
