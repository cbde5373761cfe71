"""Findings as SARIF 2.1.0 (OASIS), with fingerprints that survive moved lines; written a few lines at a time."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from onward import __version__
from onward.cli.report import array, marked, standing
from onward.core.finding import Certainty, Finding, Place, Release
from onward.core.policy import Level, Verdict
from onward.domain.policy.catalogue import rule_for
from onward.workflows.check import Checked

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Level.enforce: "error", Level.ratchet: "error", Level.advise: "warning"}


def as_sarif(checked: Checked, *, anchor: str, inside: str = "") -> Iterator[str]:
    """Give the lines of a check as SARIF.

    ``anchor`` is the file (relative, ``/``) that stands for what has no place in a file,
    for example the lock for a release: viewers need one. ``inside`` is the project's folder in
    its repository, empty or ending with ``/``.
    """
    examples: dict[str, Finding] = {}
    unknown: list[Verdict] = []
    for verdict in standing(checked):
        examples.setdefault(verdict.finding.rule, verdict.finding)
        if verdict.finding.certainty is Certainty.unknown:
            unknown.append(verdict)
    driver = {
        "name": "onward",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule, example) for rule, example in examples.items()],
    }
    run = {
        "tool": {"driver": driver, "extensions": _extensions(checked)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(unknown)],
    }
    head = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    text = json.dumps(head, indent=2, ensure_ascii=False)
    yield text.removesuffix("\n    }\n  ]\n}") + ","
    index = {rule: at for at, rule in enumerate(examples)}
    yield from array("results", _results(checked, index, inside, anchor), indent=6)
    yield "    }\n  ]\n}"


def _results(
    checked: Checked, index: dict[str, int], inside: str, anchor: str
) -> Iterator[dict[str, Any]]:
    for verdict, mark in marked(checked):
        result = _result(verdict, index[verdict.finding.rule], mark)
        result["locations"] = [_location(verdict.finding, inside, anchor)]
        if checked.old is not None:  # without a baseline nothing was compared
            result["baselineState"] = "unchanged" if verdict.known else "new"
        yield result


def _result(verdict: Verdict, index: int, mark: str) -> dict[str, Any]:
    """Give one finding as a result (SARIF 3.27), without its place."""
    finding = verdict.finding
    text = finding.message + (f"\n{verdict.hint}" if verdict.hint else "")
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": "note" if verdict.known else _LEVELS[verdict.level],
        "message": {"text": text},
        # the second is the one that GitHub compares alerts by
        "partialFingerprints": {"onwardFinding/v1": mark, "primaryLocationLineHash": mark},
        "properties": {
            "onward/level": verdict.level.value,
            "onward/certainty": finding.certainty.value,
            "onward/decidedBy": verdict.row.where,
            "onward/seenBy": finding.seen_by,
            "onward/facts": msgspec.to_builtins(finding.facts),
        },
    }


def _location(finding: Finding, inside: str, anchor: str) -> dict[str, Any]:
    """Give where a finding is (SARIF 3.28); the anchor where that is no file."""
    subject = finding.subject
    if not isinstance(subject, Place):
        kind = "package" if isinstance(subject, Release) else "module"
        logical = {"fullyQualifiedName": str(subject), "kind": kind}
        return {
            "physicalLocation": _physical(inside + anchor, {"startLine": 1}),
            "logicalLocations": [logical],
        }
    region: dict[str, Any] = {"startLine": max(subject.line, 1)}
    if subject.column:
        region["startColumn"] = subject.column
    if subject.end_line >= subject.line > 0 and subject.end_column:
        region |= {"endLine": subject.end_line, "endColumn": subject.end_column}
    if subject.source_line:
        region["snippet"] = {"text": subject.source_line}
    return {"physicalLocation": _physical(inside + subject.path, region)}


def _physical(path: str, region: dict[str, Any]) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": quote(path), "uriBaseId": "%SRCROOT%"},
        "region": region,
    }


def _rule(rule: str, example: Finding) -> dict[str, Any]:
    known = rule_for(rule)
    value: dict[str, Any] = {"id": rule}
    if name := example.facts.get("name"):
        value["name"] = str(name)
    if known is not None:
        value |= {
            "shortDescription": {"text": known.summary},
            "fullDescription": {"text": known.why},
            "help": {"text": f"{known.remedy}\nMore: onward explain {rule}"},
        }
    if str(url := example.facts.get("url") or "").startswith("https://"):
        value["helpUri"] = url
    return value


def _extensions(checked: Checked) -> list[dict[str, str]]:
    return [{"name": tool.tool, "version": tool.version} for tool in checked.tools if tool.version]


def _invocation(unknown: list[Verdict]) -> dict[str, Any]:
    return {
        "executionSuccessful": not any(verdict.level.can_fail for verdict in unknown),
        "toolExecutionNotifications": [
            {
                "level": _LEVELS[verdict.level],
                "message": {"text": verdict.finding.message},
                "descriptor": {"id": verdict.finding.rule},
            }
            for verdict in unknown
        ],
    }
