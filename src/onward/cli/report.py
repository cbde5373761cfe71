"""What machines read: findings as JSON, JUnit XML and GitHub's workflow commands, a few lines at a time."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import msgspec

from onward import __version__
from onward.cli.values import verdict_value
from onward.core.finding import Place
from onward.core.policy import Level, Verdict
from onward.workflows.check import Checked

if TYPE_CHECKING:
    from onward.workflows.check_changed import Changed

SCHEMA = "onward.check/1"
"""Name and version of the JSON shape; keys are only ever added to a version."""

_NOT_SHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(checked: Checked, changed: "Changed | None" = None) -> Iterator[str]:
    """Give the lines of a check as JSON in the shape that ``SCHEMA`` names."""
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
                "warm": tool.warmth.asked,
            }
            for tool in checked.tools
        ],
        "counts": {
            level.value: checked.levels.get(level, 0) for level in Level if level is not Level.off
        },
        "known": None if checked.old is None else checked.old.known,
        "blocked": checked.blocked,
        "level": checked.level.value,
    }
    if changed is not None:
        value["changed"] = msgspec.to_builtins(changed)
    yield json.dumps(value, indent=2, ensure_ascii=False).removesuffix("\n}") + ","
    yield from array("findings", (verdict_value(one) for one in standing(checked)), indent=2)
    yield "}"


def array(key: str, values: Iterable[object], *, indent: int) -> Iterator[str]:
    """Give the lines of a JSON array under ``key``, one value after the other, ``indent`` spaces in."""
    margin = " " * indent
    waiting = ""
    yield f'{margin}"{key}": ['
    for value in values:
        if waiting:
            yield waiting + ","
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        waiting = "\n".join(f"{margin}  {line}" for line in text.split("\n"))
    if waiting:
        yield waiting
    yield f"{margin}]"


def marked(checked: Checked) -> Iterator[tuple[Verdict, str]]:
    """Give the verdicts that are shown, each with its fingerprint and a number that tells it from its twins."""
    twins: Counter[str] = Counter()
    path = ""
    for verdict in standing(checked):
        subject = verdict.finding.subject
        if isinstance(subject, Place) and subject.path != path:
            path = subject.path
            twins.clear()  # the path is part of a fingerprint, so twins stand in one file
        mark = verdict.finding.fingerprint
        twins[mark] += 1
        yield verdict, f"{mark}:{twins[mark]}"


def standing(checked: Checked) -> Iterator[Verdict]:
    """Give the verdicts that are shown: all but those that are off."""
    return (verdict for verdict in checked.verdicts if verdict.level is not Level.off)


def as_github(checked: Checked, *, inside: str = "") -> Iterator[str]:
    """Give a check as GitHub's workflow commands, which become annotations; nothing when nothing was found.

    ``inside`` is the project's folder in its repository, empty or ending with ``/``.
    """
    for verdict in standing(checked):
        finding = verdict.finding
        if verdict.known:
            continue
        kind = "error" if verdict.blocks else "warning"
        told = {"title": finding.rule}
        if isinstance(place := finding.subject, Place):
            told |= {"file": inside + place.path, "line": str(place.line or 1)}
            told |= {"col": str(place.column)} if place.column else {}
        words = ",".join(f"{key}={_property(value)}" for key, value in told.items())
        about = "" if isinstance(finding.subject, Place) else f"{finding.subject}: "
        yield f"::{kind} {words}::{_data(about + finding.message)}"


def as_junit(checked: Checked) -> Iterator[str]:
    """Give a check as JUnit XML: a case for each tool that found nothing to mend, a failure for each finding to mend."""
    whole = [tool for tool in checked.tools if tool.whole]
    failures = sum(count for level, count in checked.levels.items() if _fails(level))
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield (
        f'<testsuite name="onward check" tests="{failures + len(whole)}" failures="{failures}"'
        ' errors="0" skipped="0">'
    )
    for verdict in checked.verdicts:
        if verdict.blocks:
            finding = verdict.finding
            yield (
                f"  <testcase classname={_attribute(str(finding.subject))} name={_attribute(finding.rule)}>"
                f"<failure type={_attribute(verdict.level.value)} message={_attribute(finding.message)}>"
                f"{_text(verdict.hint)}</failure></testcase>"
            )
    for tool in whole:
        yield f'  <testcase classname="onward" name={_attribute(f"{tool.tool} {tool.version}".strip())}/>'
    yield "</testsuite>"


def _fails(level: Level) -> bool:
    return level.can_fail


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _data(text: str) -> str:
    text = _NOT_SHOWN.sub("\ufffd", text)  # a log is shown by terminals too
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("?", text))


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("?", text))
