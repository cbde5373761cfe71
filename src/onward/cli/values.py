"""Findings and decisions as plain values, for every answer that is JSON."""

from typing import Any

import msgspec

from onward.core.policy import Decision, Level, Verdict


def verdict_value(verdict: Verdict) -> dict[str, Any]:
    """Give one verdict as plain values for JSON: the finding, its level and the row that gave it."""
    finding = verdict.finding
    row = verdict.row
    return {
        "rule": finding.rule,
        "level": verdict.level.value,
        "known": verdict.known,
        "certainty": finding.certainty.value,
        "message": finding.message,
        "hint": verdict.hint,
        "subject": msgspec.to_builtins(finding.subject),
        "facts": msgspec.to_builtins(finding.facts),
        "seen_by": finding.seen_by,
        "fingerprint": finding.fingerprint,
        "because": {
            "match": row.match,
            "level": row.level.value,
            "source": row.source.value,
            "where": row.where,
            "until": row.until.isoformat() if row.until else None,
            "why": row.why,
        },
    }


def decision_value(decision: Decision) -> dict[str, Any]:
    """Give a decision as plain values for JSON: whether it blocks, and every verdict but those that are off."""
    return {
        "blocked": decision.blocked,
        "level": decision.level.value,
        "findings": [verdict_value(verdict) for verdict in standing(decision)],
    }


def standing(decision: Decision) -> list[Verdict]:
    """Give the verdicts that a person should see: all but those that are off."""
    return [verdict for verdict in decision.because if verdict.level is not Level.off]
