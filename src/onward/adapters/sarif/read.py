"""What SARIF 2.1.0 (OASIS) says, from any producer: results as findings, and whether the tool could look at all."""

import re
from collections.abc import Iterator

import msgspec

from onward.adapters.sarif.places import path_of, place_of
from onward.adapters.sarif.values import Table, at, table, tables, text, within
from onward.core.finding import Finding, Place, Whole
from onward.core.lines import lines_of
from onward.core.proc.call import Ran
from onward.core.tool import NO_JSON, failed

_NOT_FOUND = ("pass", "notApplicable", "informational")
_NO_RULE = "no-rule"
_LONGEST = 2_000  # characters of a message
_MOST = 20  # fingerprints of a result
_NOT_IN_A_RULE = re.compile(r"[^\w./:@+()#,=-]+")
_HOLE = re.compile(r"\{(\d+)\}")


def findings(tool: str, ran: Ran) -> Iterator[Finding]:
    """Give a finding ``TOOL/RULEID`` for each result of each run that stands (not suppressed, not passed, not absent).

    An answer that is no SARIF 2.1, a run without results or a tool that says it failed is a failure.
    """
    try:
        log = table(msgspec.json.decode(ran.out.removeprefix(b"\xef\xbb\xbf")))
    except NO_JSON:
        yield failed(tool, "its answer is no JSON", ran)
        return
    if not text(log.get("version")).startswith("2.1"):
        yield failed(tool, "its answer is not SARIF 2.1.0", ran)
        return
    runs = tables(log.get("runs"))
    if not runs:
        yield failed(tool, "its answer holds no run", ran)
    for run in runs:
        yield from _of_run(tool, run, ran)


def _of_run(tool: str, run: Table, ran: Ran) -> Iterator[Finding]:
    results = run.get("results")
    if not isinstance(results, list):
        yield failed(tool, "a run in its answer holds no results", ran)
    for result in tables(results):
        if not result:
            yield failed(tool, "a result in its answer cannot be read", ran)
        elif _stands(result):
            yield _finding(tool, result, run, ran.call.cwd)
    for why in _failures(run):
        yield failed(tool, why, ran)


def _stands(result: Table) -> bool:
    """Say whether a result is one (SARIF 3.27.9, 3.27.23, 3.27.24)."""
    suppressions = tables(result.get("suppressions"))
    waiting = ("underReview", "rejected")
    suppressed = bool(suppressions) and not any(
        one.get("status") in waiting for one in suppressions
    )
    passed = result.get("kind") in _NOT_FOUND
    return not (suppressed or passed or result.get("baselineState") == "absent")


def _failures(run: Table) -> Iterator[str]:
    """Give what a tool says about its own failures (SARIF 3.20)."""
    for invocation in tables(run.get("invocations")):
        told = [
            note
            for key in ("toolExecutionNotifications", "toolConfigurationNotifications")
            for note in tables(invocation.get(key))
            if note.get("level") == "error"
        ]
        for note in told:
            yield _shown(text(within(note, "message").get("text"))) or "it told of an error"
        if invocation.get("executionSuccessful") is False and not told:
            yield "it says that it did not end well"


def _finding(tool: str, result: Table, run: Table, root: str) -> Finding:
    rule = _rule(result, run)
    said = text(result.get("ruleId")) or text(within(result, "rule").get("id"))
    code = _NOT_IN_A_RULE.sub("-", said or text(rule.get("id"))).strip("-")[:200] or _NO_RULE
    physical = within(at(tables(result.get("locations")), 0), "physicalLocation")
    path = path_of(physical, run, root)
    subject: Place | Whole = place_of(physical, path) if path else Whole()
    message = _message(result, rule) or text(within(rule, "shortDescription").get("text")) or code
    return Finding(
        rule=f"{tool}/{code}",
        subject=subject,
        message=_shown(message),
        facts=_facts(result, rule, physical, path),
        seen_by=tool,
    )


def _rule(result: Table, run: Table) -> Table:
    """Give the description of a result's rule (SARIF 3.52.3): by its number in its component, else by its name."""
    about = table(result.get("rule"))
    component = within(about, "toolComponent")
    tool = table(run.get("tool"))
    owner = table(tool.get("driver"))
    if "index" in component:
        owner = at(tables(tool.get("extensions")), component["index"]) or owner
    rules = tables(owner.get("rules"))
    said = text(result.get("ruleId")) or text(about.get("id"))
    found = at(rules, result.get("ruleIndex", about.get("index")))
    if found and (not said or _is_named(found, said)):
        return found
    return next((one for one in rules if said and _is_named(one, said)), {})


def _is_named(rule: Table, said: str) -> bool:
    own = text(rule.get("id"))
    return bool(own) and (said == own or said.startswith(f"{own}/"))


def _message(result: Table, rule: Table) -> str:
    """Give the text of a message (SARIF 3.11): its own, or the rule's with its holes filled."""
    message = table(result.get("message"))
    said = text(message.get("text")) or text(message.get("markdown"))
    if not said:
        said = text(within(rule, "messageStrings", text(message.get("id"))).get("text"))
    words = message.get("arguments")
    given = [str(word) for word in words] if isinstance(words, list) else []

    def fill(hole: re.Match[str]) -> str:
        index = int(hole[1]) if len(hole[1]) < 4 else len(given)
        return given[index] if index < len(given) else hole[0]

    return _HOLE.sub(fill, said) if given else said


def _facts(result: Table, rule: Table, physical: Table, path: str) -> dict[str, object]:
    level = result.get("level") or within(rule, "defaultConfiguration").get("level") or "warning"
    uri = text(within(physical, "artifactLocation").get("uri"))
    said = {
        "severity": text(level),
        "name": text(rule.get("name")),
        "url": text(rule.get("helpUri")),
        "securitySeverity": text(within(rule, "properties").get("security-severity")),
        "uri": "" if path else uri[:500],
    }
    facts: dict[str, object] = {key: value for key, value in said.items() if value}
    prints = within(result, "partialFingerprints")
    kept = {key[:100]: value[:200] for key, value in prints.items() if isinstance(value, str)}
    if kept:
        facts["partialFingerprints"] = dict(list(kept.items())[:_MOST])
    return facts


def _shown(message: str) -> str:
    lines = " ".join(line.strip() for line in lines_of(message) if line.strip())
    return lines if len(lines) <= _LONGEST else lines[: _LONGEST - 3] + "..."
