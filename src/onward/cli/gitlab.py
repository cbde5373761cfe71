"""Findings as GitLab's code quality report: a JSON array of issues with fingerprints that survive moved lines."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from onward.cli.report import standing
from onward.core.finding import Place
from onward.core.policy import Level, Verdict
from onward.workflows.check import Checked

_SEVERITY = {Level.enforce: "major", Level.ratchet: "major", Level.advise: "minor"}


def as_gitlab(checked: Checked, *, anchor: str) -> Iterator[str]:
    """Give the lines of a check in the shape of GitLab's code quality report; old findings are `info`.

    ``anchor`` is the file that stands for what has no place in a file: an issue needs one.
    """
    twins: Counter[str] = Counter()
    path = ""
    waiting = ""
    yield "["
    for verdict in standing(checked):
        subject = verdict.finding.subject
        if isinstance(subject, Place) and subject.path != path:
            path = subject.path
            twins.clear()  # the path is part of a fingerprint, so twins stand in one file
        mark = verdict.finding.fingerprint
        twins[mark] += 1
        if waiting:
            yield waiting + ","
        waiting = "  " + json.dumps(_issue(verdict, f"{mark}:{twins[mark]}", anchor))
    if waiting:
        yield waiting
    yield "]"


def _issue(verdict: Verdict, mark: str, anchor: str) -> dict[str, Any]:
    finding = verdict.finding
    place = finding.subject if isinstance(finding.subject, Place) else None
    about = "" if place else f"{finding.subject}: "
    return {
        "description": about + finding.message,
        "check_name": finding.rule,
        "fingerprint": hashlib.sha256(mark.encode()).hexdigest(),
        "severity": "info" if verdict.known else _SEVERITY[verdict.level],
        "location": {
            "path": place.path if place else anchor,
            "lines": {"begin": max(place.line, 1) if place else 1},
        },
    }
