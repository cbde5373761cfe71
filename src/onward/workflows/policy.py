"""One sentence of a user: which rules are in force here, and where does each come from?"""

import datetime as dt
from itertools import groupby

import msgspec

from onward.core.policy import Level, Row, Source
from onward.domain.policy.decide import counts
from onward.domain.policy.durations import say_duration
from onward.domain.policy.loosening import Review
from onward.domain.policy.model import Policy
from onward.domain.policy.review import next_change
from onward.domain.policy.rules_refactor import OWN, RUFF


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting in words: its key, its value, and where that was said."""

    key: str
    value: str
    origin: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a policy file: its rules, and what has to be known about it today.

    ``expired``: its last day has passed. ``loosens``: it makes something weaker.
    ``held``: an organisation's floor keeps it from counting, at least somewhere.
    """

    rules: tuple[str, ...]
    level: Level
    source: Source
    where: str
    only: tuple[str, ...] = ()
    until: dt.date | None = None
    why: str = ""
    may_loosen: bool = False
    expired: bool = False
    loosens: bool = False
    held: bool = False


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A policy for people: settings, rows in the order in which they are asked, the next day of change."""

    settings: tuple[Setting, ...]
    rows: tuple[Line, ...]
    next_change: dt.date | None = None


def view(policy: Policy, today: dt.date) -> View:
    """Give everything that is in force on a day, and what each row does."""
    review = Review(policy.rows, today)
    # Onward's own rows are one line each; a table of a file is one line, however many rules it names.
    groups = groupby(
        policy.rows,
        key=lambda row: (
            row.source,
            (row.match, row.where) if row.source is Source.builtin else row.where,
        ),
    )
    return View(
        settings=settings(policy),
        rows=tuple(_line(list(group), review, today) for _, group in groups),
        next_change=next_change(policy, today),
    )


def settings(policy: Policy) -> tuple[Setting, ...]:
    """Give the settings of a policy in words, in a fixed order."""
    values = {
        "profile": policy.profile.value,
        "kind": policy.kind.value if policy.kind else "as the project's files say",
        "python": policy.python or "as the project's files say",
        "platforms": ", ".join(policy.platforms) or "this machine's",
        "guard.cooldown": say_duration(policy.cooldown),
        "guard.private": ", ".join(policy.private) or "none",
        "guard.allow_only": "no list"
        if policy.allow_only is None
        else ", ".join(policy.allow_only) or "nothing",
        "guard.indexes": ", ".join(policy.indexes) or "those this machine is set to",
        "guard.licences": "; ".join(", ".join(one) for one in policy.licences) or "all",
        "tasks": ", ".join(policy.tasks) or "none",
        "check.tools": "the usual ones"
        if policy.check.tools is None
        else ", ".join(policy.check.tools) or "none",
        "check.types": policy.check.types.value
        if policy.check.types
        else "the one the project uses, else mypy",
        "check.sarif": ", ".join(policy.check.configured) or "none",
        "check.refactor": _refactor(policy.check.refactor),
    }
    return tuple(
        Setting(
            key=key,
            value=value,
            origin=policy.origins.get(key) or policy.origins.get(key.partition(".")[0], ""),
        )
        for key, value in values.items()
    )


def _refactor(names: frozenset[str]) -> str:
    return "all" if names == OWN | RUFF else ", ".join(sorted(names)) or "none"


def _line(rows: list[Row], review: Review, today: dt.date) -> Line:
    row = rows[0]
    own = row.source is not Source.builtin
    return Line(
        rules=tuple(one.match for one in rows),
        level=row.level,
        source=row.source,
        where=row.where,
        only=row.only,
        until=row.until,
        why=row.why,
        may_loosen=row.may_loosen,
        expired=not counts(row, today),
        loosens=own and row.level is not Level.enforce and any(map(review.loosens, rows)),
        held=own and row.level is not Level.enforce and any(map(review.is_held_back, rows)),
    )
