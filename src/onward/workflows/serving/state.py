"""What a server knows of itself: its data, its policy, what it keeps; and a search over the kept names."""

import datetime as dt
import difflib
from collections.abc import Iterable, Sequence

import msgspec

from onward.core.finding import Finding
from onward.core.names import Name, is_name, parse_name
from onward.domain.policy.durations import say_duration
from onward.shelves.pages import Pages
from onward.workflows.serving.rulebook import LiveJudge

MOST = 50
"""Results of a search that are shown."""

_CLOSE = 5


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The advisory data and the policy in force, and how many projects are kept.

    ``old`` says why the data is old, empty when it is not; ``trouble`` why the policy file as
    it is now cannot be used. ``allowed`` is the length of the list of allowed names, None
    without one.
    """

    source: str
    date: dt.date
    old: str
    profile: str
    cooldown: str
    private: tuple[str, ...]
    allowed: int | None
    rows: int
    trouble: str
    projects: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A name that is kept, and what its page held when it was last judged: releases held back, or all of it."""

    name: Name
    blocked: bool
    held: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search gave: ``exact`` is the name that was asked for if it is not kept; ``more`` results are not shown."""

    results: tuple[Result, ...]
    more: int
    close: bool
    exact: Name | None


def standing(pages: Pages, judge: LiveJudge) -> Standing:
    """Give how things stand now. Raises OutsideFailed (``store-failed``) when the disk cannot be read."""
    policy, advice = judge.policy, judge.advice
    trouble = judge.trouble
    return Standing(
        source=advice.source,
        date=advice.date,
        old=" ".join(finding.message for finding in judge.old_data()),
        profile=policy.profile,
        cooldown=say_duration(policy.cooldown),
        private=policy.private,
        allowed=None if policy.allow_only is None else len(policy.allow_only),
        rows=sum(1 for row in policy.rows if row.source != "builtin"),
        trouble="" if trouble is None else "; ".join((trouble.message, *trouble.context)),
        projects=len(pages.names()),
    )


def search(pages: Pages, judge: LiveJudge, words: str) -> Found:
    """Find kept names that hold ``words`` in any spelling, else those that are spelt nearly so; asks no index."""
    wanted = "-".join(words.lower().replace("_", "-").replace(".", "-").split())[:200]
    names = pages.names()
    holding = sorted(
        (name for name in names if wanted in name), key=lambda name: _rank(name, wanted)
    )
    close = not holding
    found: Sequence[Name] = holding or _near(wanted, names)
    exact = parse_name(wanted) if is_name(wanted) else None
    return Found(
        results=tuple(_result(name, pages, judge) for name in found[:MOST]),
        more=max(0, len(found) - MOST),
        close=close and bool(found),
        exact=None if exact in names else exact,
    )


def _rank(name: Name, wanted: str) -> tuple[bool, bool, str]:
    return name != wanted, not name.startswith(wanted), name


def _near(wanted: str, names: Iterable[Name]) -> list[Name]:
    """Give the names that are spelt most like it; only those of about its length are compared."""
    likely = [
        name for name in names if abs(len(name) - len(wanted)) <= 2 and set(name) & set(wanted)
    ]
    near = difflib.get_close_matches(wanted, likely, n=_CLOSE, cutoff=0.7)
    return [Name(name) for name in near]


def _result(name: Name, pages: Pages, judge: LiveJudge) -> Result:
    judged = pages.last_judged(name)
    if judged is None:
        return Result(name=name, blocked=False, held=0)

    def stopped(found: Sequence[Finding]) -> bool:
        return any(judge.blocks(finding) for finding in found)

    return Result(
        name=name,
        blocked=stopped(judged.project),
        held=sum(1 for found in judged.releases.values() if stopped(found)),
    )
