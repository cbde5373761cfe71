"""The one function that gives findings their level: lint, secrets, advisories and the guard alike.

Within one source the first row that fits wins. The sources nearest to the project are
asked first, but what an organisation's row says is a floor for them.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from onward.core.finding import Finding, Subject
from onward.core.policy import Decision, Level, Row, Source, Verdict
from onward.domain.policy.globs import fits, text_test

CATCH_ALL = Row(match="*", level=Level.advise, where="onward's last row")
"""What holds when no row fits: shown, never failing."""

_Rows = tuple[Row, ...]


class Rulebook:
    """The rows that count on one day, sorted so that a verdict costs next to nothing.

    Make it once for many findings. It never changes after it was made; what it remembers
    is only which rows a rule can meet.
    """

    __slots__ = ("_anywhere", "_by_rule", "_sources")

    def __init__(self, rows: Sequence[Row], today: dt.date) -> None:
        counting = [row for row in rows if counts(row, today)]
        self._sources = {
            source: tuple((text_test(row.match), row) for row in counting if row.source is source)
            for source in Source
        }
        self._by_rule: dict[str, dict[Source, _Rows]] = {}
        self._anywhere: dict[str, Row] = {}  # what decides for a rule, whatever it is found in

    def verdict(self, finding: Finding) -> Verdict:
        """Give the level of one finding and the row that says so."""
        row = self.row(finding.rule, finding.subject)
        return Verdict(finding=finding, level=row.level, row=row)

    def row(self, rule: str, subject: Subject) -> Row:
        """Give the row that decides for a rule on a subject.

        A project's row (or an option's) that is weaker than the organisation's is passed
        over unless that organisation's row has ``may_loosen``.
        """
        always = self._anywhere.get(rule)
        if always is not None:
            return always
        rows = self._by_rule.get(rule)
        if rows is None:
            rows = self._by_rule[rule] = self._select(rule)
        row = _decides(rows, subject)
        if not any(one.only for every in rows.values() for one in every):
            self._anywhere[rule] = row
        return row

    def floor(self, rule: str, subject: Subject) -> Row | None:
        """Give the organisation's row for a rule on a subject, or None when it says nothing."""
        self.row(rule, subject)
        return _first(self._by_rule[rule][Source.organisation], subject)

    def _select(self, rule: str) -> dict[Source, _Rows]:
        return {
            source: tuple(
                row for test, row in rows if test(rule) and (not row.among or rule in row.among)
            )
            for source, rows in self._sources.items()
        }


def decide(findings: Iterable[Finding], rows: Sequence[Row], today: dt.date) -> Decision:
    """Give every finding its level, in the order of the findings.

    ``rows`` may come from several sources in any mixture; only their order within one source
    counts. Rows whose ``until`` is before ``today`` do not count. Verdicts of level ``off``
    are kept, so that ``explain`` can show them.
    """
    book = Rulebook(rows, today)
    return Decision(because=tuple(book.verdict(finding) for finding in findings))


def counts(row: Row, today: dt.date) -> bool:
    """Say whether a row still counts: ``until`` is its last day."""
    return row.until is None or row.until >= today


def admissible(row: Row, floor: Row | None) -> bool:
    """Say whether a row near the project may stand where the organisation says ``floor``."""
    return floor is None or floor.may_loosen or row.level.strength >= floor.level.strength


def _decides(rows: dict[Source, _Rows], subject: Subject) -> Row:
    floor = _first(rows[Source.organisation], subject)
    for source in (Source.option, Source.project):
        near = _first(rows[source], subject)
        if near is not None and admissible(near, floor):
            return near
    return floor or _first(rows[Source.builtin], subject) or CATCH_ALL


def _first(rows: _Rows, subject: Subject) -> Row | None:
    for row in rows:
        if not row.only or any(fits(glob, subject) for glob in row.only):
            return row
    return None
