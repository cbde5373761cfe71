"""A finding as an editor shows it: where, how strongly, under which name, and where to read more."""

from collections.abc import Callable

from lsprotocol import types as lsp

from onward.core.errors import OnwardError
from onward.core.finding import Certainty, Place
from onward.core.policy import Level, Verdict
from onward.workflows.explain import where_to_read

SOURCE = "onward"
BROKEN = "editor/not-checked"
"""The code of what stands in the way of any check at all."""

Units = Callable[[str], int]
"""How long a text is in the units that the editor counts columns in."""

_TO_THE_END = 10_000  # an editor takes a column beyond the line for its end
_SEVERITIES = {
    Level.enforce: lsp.DiagnosticSeverity.Error,
    Level.ratchet: lsp.DiagnosticSeverity.Warning,
    Level.advise: lsp.DiagnosticSeverity.Information,
}


def diagnostic(verdict: Verdict, units: Units) -> lsp.Diagnostic:
    """Give a verdict as a diagnostic; one that the baseline knows is only a hint."""
    finding = verdict.finding
    place = finding.subject
    severity = lsp.DiagnosticSeverity.Hint if verdict.known else _SEVERITIES[verdict.level]
    about = "" if isinstance(place, Place) else f"{place}: "
    return lsp.Diagnostic(
        range=range_of(place, units) if isinstance(place, Place) else _first_line(),
        message=about
        + finding.message
        + (f"\n{finding.hint}" if _needs_hint(verdict) else "")
        + (" (known from before)" if verdict.known else ""),
        severity=severity,
        code=finding.rule,
        code_description=_more(verdict),
        source=SOURCE,
    )


def broken(error: Exception) -> lsp.Diagnostic:
    """Give what is shown when nothing could be checked, in the error's own words."""
    words = [f"onward could not check this project: {error}"]
    if isinstance(error, OnwardError):
        words = [f"onward could not check this project: {error.message}", *error.context]
        words += [error.hint] if error.hint else []
    return lsp.Diagnostic(
        range=_first_line(),
        message="\n".join(words),
        severity=lsp.DiagnosticSeverity.Error,
        code=BROKEN,
        source=SOURCE,
    )


def range_of(place: Place, units: Units) -> lsp.Range:
    """Give the range of a place; what goes over several lines is shown in its first one."""
    line = max(place.line - 1, 0)
    if not place.column:
        return lsp.Range(lsp.Position(line, 0), lsp.Position(line, _TO_THE_END))
    text = place.source_line
    start = _column(text, place.column, units)
    end = _TO_THE_END
    if place.end_line == place.line and place.end_column:
        end = max(start, _column(text, place.end_column, units))
    elif place.end_line <= place.line:
        end = start
    return lsp.Range(lsp.Position(line, start), lsp.Position(line, end))


def _column(text: str, column: int, units: Units) -> int:
    before = text[: column - 1]
    return units(before) + (column - 1 - len(before))


def _first_line() -> lsp.Range:
    return lsp.Range(lsp.Position(0, 0), lsp.Position(0, _TO_THE_END))


def _needs_hint(verdict: Verdict) -> bool:
    """Say whether the hint is worth its room: what could not be looked at has the way out in it."""
    return verdict.finding.certainty is Certainty.unknown and bool(verdict.finding.hint)


def _more(verdict: Verdict) -> lsp.CodeDescription | None:
    url = str(verdict.finding.facts.get("url") or "") or where_to_read(verdict.finding.rule)
    return lsp.CodeDescription(href=url) if url.startswith("https://") else None
