"""What machines read: findings and decisions as JSON, SARIF 2.1.0, JUnit XML and GitHub's workflow commands."""

import json
import re
from collections import Counter
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import msgspec

from onward import __version__
from onward.cli.values import decision_value, standing
from onward.core.finding import Certainty, Finding, Place, Release
from onward.core.policy import Level, Verdict
from onward.domain.policy.catalogue import rule_for
from onward.workflows.check import Checked

SCHEMA = "onward.check/1"
"""Name and version of the JSON shape; keys are only ever added to a version."""

_SARIF = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_SARIF_LEVELS = {Level.enforce: "error", Level.ratchet: "error", Level.advise: "warning"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(checked: Checked) -> str:
    """Give a check as JSON in the shape that ``SCHEMA`` names."""
    counts = Counter(verdict.level for verdict in standing(checked.decision))
    value = {
        "schema": SCHEMA,
        "onward": __version__,
        "files": checked.files,
        "tools": [
            {
                "tool": tool.tool,
                "version": tool.version,
                "origin": tool.origin,
                "seconds": round(tool.seconds, 3),
                "complete": tool.whole,
            }
            for tool in checked.tools
        ],
        "counts": {level.value: counts[level] for level in Level if level is not Level.off},
        **decision_value(checked.decision),
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def as_sarif(checked: Checked, *, anchor: str) -> str:
    """Give a check as SARIF 2.1.0 (OASIS), with fingerprints that survive moved lines.

    ``anchor`` is the file (relative, ``/``) that stands for what has no place in a file,
    for example the lock for a release: viewers need one.
    """
    shown = standing(checked.decision)
    order = list(dict.fromkeys(verdict.finding.rule for verdict in shown))
    twins: Counter[str] = Counter()
    results = []
    for verdict in shown:
        twins[verdict.finding.fingerprint] += 1
        mark = f"{verdict.finding.fingerprint}:{twins[verdict.finding.fingerprint]}"
        results.append(_result(verdict, order.index(verdict.finding.rule), mark, anchor))
    by_rule = {verdict.finding.rule: verdict.finding for verdict in reversed(shown)}
    driver = {
        "name": "onward",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule, by_rule[rule]) for rule in order],
    }
    run = {
        "tool": {"driver": driver, "extensions": _extensions(checked)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(checked)],
        "results": results,
    }
    return json.dumps(
        {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False
    )


def as_github(checked: Checked) -> str:
    """Give a check as GitHub's workflow commands, which become annotations; empty when nothing was found."""
    lines = []
    for verdict in standing(checked.decision):
        finding = verdict.finding
        kind = "error" if verdict.level.strength >= Level.ratchet.strength else "warning"
        told = {"title": finding.rule}
        if isinstance(place := finding.subject, Place):
            told |= {"file": place.path, "line": str(place.line or 1)}
            told |= {"col": str(place.column)} if place.column else {}
        words = ",".join(f"{key}={_property(value)}" for key, value in told.items())
        about = "" if isinstance(finding.subject, Place) else f"{finding.subject}: "
        lines.append(f"::{kind} {words}::{_data(about + finding.message)}")
    return "\n".join(lines)


def as_junit(checked: Checked) -> str:
    """Give a check as JUnit XML: a case for each tool that found nothing to mend, a failure for each finding to mend."""
    blocking = [v for v in standing(checked.decision) if v.level.strength >= Level.ratchet.strength]
    cases = [
        f"  <testcase classname={_attribute(str(verdict.finding.subject))} name={_attribute(verdict.finding.rule)}>"
        f"<failure type={_attribute(verdict.level.value)} message={_attribute(verdict.finding.message)}>"
        f"{_text(verdict.finding.hint)}</failure></testcase>"
        for verdict in blocking
    ]
    cases += [
        f'  <testcase classname="onward" name={_attribute(f"{tool.tool} {tool.version}".strip())}/>'
        for tool in checked.tools
        if tool.whole
    ]
    head = f'<testsuite name="onward check" tests="{len(cases)}" failures="{len(blocking)}" errors="0" skipped="0">'
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *cases, "</testsuite>"])


def _result(verdict: Verdict, index: int, mark: str, anchor: str) -> dict[str, Any]:
    finding = verdict.finding
    text = finding.message + (f"\n{finding.hint}" if finding.hint else "")
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _SARIF_LEVELS[verdict.level],
        "message": {"text": text},
        "locations": [_location(finding, anchor)],
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


def _location(finding: Finding, anchor: str) -> dict[str, Any]:
    subject = finding.subject
    if not isinstance(subject, Place):
        kind = "package" if isinstance(subject, Release) else "module"
        logical = {"fullyQualifiedName": str(subject), "kind": kind}
        return {
            "physicalLocation": _physical(anchor, {"startLine": 1}),
            "logicalLocations": [logical],
        }
    region: dict[str, Any] = {"startLine": max(subject.line, 1)}
    if subject.column:
        region["startColumn"] = subject.column
    if subject.end_line >= subject.line > 0 and subject.end_column:
        region |= {"endLine": subject.end_line, "endColumn": subject.end_column}
    if subject.source_line:
        region["snippet"] = {"text": subject.source_line}
    return {"physicalLocation": _physical(subject.path, region)}


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


def _invocation(checked: Checked) -> dict[str, Any]:
    unknown = [
        verdict
        for verdict in standing(checked.decision)
        if verdict.finding.certainty is Certainty.unknown
    ]
    return {
        "executionSuccessful": not any(
            verdict.level.strength >= Level.ratchet.strength for verdict in unknown
        ),
        "toolExecutionNotifications": [
            {
                "level": _SARIF_LEVELS[verdict.level],
                "message": {"text": verdict.finding.message},
                "descriptor": {"id": verdict.finding.rule},
            }
            for verdict in unknown
        ],
    }


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("?", text))


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("?", text))
