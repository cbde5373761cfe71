"""What a policy says about itself: rows that loosen, rows that have ended, and the next day of change."""

import datetime as dt
from itertools import groupby

from onward.core.finding import Finding, Place, Subject, Whole
from onward.core.policy import Level, Row, Source
from onward.domain.policy.decide import counts
from onward.domain.policy.loosening import Review
from onward.domain.policy.model import Policy

LOOSENED = "policy/loosened"
EXPIRED = "policy/expired"


def policy_findings(policy: Policy, today: dt.date) -> tuple[Finding, ...]:
    """Give a ``policy/loosened`` for each row that makes something weaker and a ``policy/expired`` for each ended one.

    One table of a file is one finding, however many rules it names. Rows of onward's own
    and of this one call (options) are not reported.
    """
    review = Review(policy.rows, today)
    found: list[Finding] = []
    for _, group in groupby(policy.rows, key=lambda row: (row.source, row.where)):
        rows = list(group)
        if rows[0].source not in (Source.project, Source.organisation):
            continue
        if not counts(rows[0], today):
            found.append(_expired(rows))
            continue
        loose = [row for row in rows if row.level is not Level.enforce and review.loosens(row)]
        if loose:
            found.append(_loosened(loose))
    return tuple(found)


def next_change(policy: Policy, today: dt.date) -> dt.date | None:
    """Give the first day after ``today`` on which a decision may differ because a row ends; None if never."""
    ends = [row.until for row in policy.rows if row.until is not None and counts(row, today)]
    return min(ends) + dt.timedelta(days=1) if ends else None


def _loosened(rows: list[Row]) -> Finding:
    row = rows[0]
    until = f" until {row.until.isoformat()}" if row.until else ""
    return Finding(
        rule=LOOSENED,
        subject=_subject(row),
        message=f"{_matches(rows)} {'is' if len(rows) == 1 else 'are'} only `{row.level}`{_for(row)}{until}: {row.why}",
        facts=_facts(rows),
        hint="" if row.until else "Give the row an `until`, so that someone looks at it again.",
    )


def _expired(rows: list[Row]) -> Finding:
    row = rows[0]
    return Finding(
        rule=EXPIRED,
        subject=_subject(row),
        message=f"the row on {_matches(rows)}{_for(row)} ended on {row.until} and no longer counts",
        facts=_facts(rows),
        hint=f"Remove {row.where}, or set a new `until`.",
    )


def _subject(row: Row) -> Subject:
    # an organisation's file may be anywhere, also at an address
    if row.source is Source.project:
        return Place(path=row.where.partition(": ")[0])
    return Whole()


def _matches(rows: list[Row]) -> str:
    *most, last = (f"`{row.match}`" for row in rows)
    return f"{', '.join(most)} and {last}" if most else last


def _for(row: Row) -> str:
    return f" for {', '.join(row.only)}" if row.only else ""


def _facts(rows: list[Row]) -> dict[str, object]:
    row = rows[0]
    facts: dict[str, object] = {
        "row": row.where,
        "source": row.source.value,
        "match": [one.match for one in rows],
        "level": row.level.value,
    }
    if row.only:
        facts["only"] = list(row.only)
    if row.until:
        facts["until"] = row.until.isoformat()
    if row.why:
        facts["why"] = row.why
    return facts
