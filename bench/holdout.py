"""How the span of ``guard/new-project`` is chosen on one half of the lists, and how it fares on the other half.

The rule of choice. A candidate is two spans in days: for a project that goes on, and for one
whose releases all came on one day. A candidate is good when, on the half for choosing, at every
age from the end of the cool-down to two weeks and without advisory data,

1. at least 90 % of the known bad names are refused as they are listed,
2. and at least 90 % if each comes back with one more release a day later, since that costs nothing,
3. while at most 1 % of the little-known honest names are refused, dated as ``replay.Dating`` says.

Of the good ones the one is taken that refuses the fewest honest names, then the shortest. Two
weeks, because nine of ten attacks on releases were found by then (see docs/why/history-rules.md).
A name's half is decided by its hash. The list of bad names tells no dates, so there is no half by time.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from bench import replay
from bench.histories import DAY
from bench.replay import Dated, Dating, Entry
from bench.shares import told_share
from onward.core.names import Name
from onward.domain.guard.history import NEW_FOR
from onward.workflows.judge import Judge

DAYS = (3, 5, 7, 10, 14, 21, 28)
HORIZON = 14  # days
OLD = 90  # days; who is refused at that age is refused for the name or the numbers
LEAST_BAD, MOST_HONEST = 0.90, 0.01
TO_CHOOSE_ON = 20_000  # honest names
OFTEN_TOLD = (4, 7, HORIZON - 1)  # days; the last is the last day of the two weeks


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A project: its age in days, whether all releases came on one day, whether other rules refuse it."""

    age: float
    one_day: bool
    otherwise: bool


class Spans(msgspec.Struct, frozen=True, order=True):
    """A candidate, in days."""

    going_on: int
    one_day: int

    def refuse(self, case: Case, age: float | None = None) -> bool:
        """Whether a project is refused, at its own age or at another one."""
        span = self.one_day if case.one_day else self.going_on
        return case.otherwise or (case.age if age is None else age) < span

    def share(self, cases: Collection[Case], age: float | None = None) -> float:
        """The share that is refused."""
        return sum(self.refuse(case, age) for case in cases) / max(len(cases), 1)


def candidates() -> Iterable[Spans]:
    """Give all that are considered; nothing speaks for letting a project pass later because it goes on."""
    return (Spans(short, long) for short in DAYS for long in DAYS if short <= long)


def choose(
    listed: Collection[Case], back: Collection[Case], honest: Collection[Case]
) -> list[Spans]:
    """Give the good candidates, the one to take first."""
    last = (
        HORIZON - 0.01
    )  # a share only falls with the age, so the end of the two weeks is the hardest
    good = [
        spans
        for spans in candidates()
        if min(spans.share(listed, last), spans.share(back, last)) >= LEAST_BAD
        and spans.share(honest) <= MOST_HONEST
    ]
    return sorted(good, key=lambda spans: (spans.share(honest), spans.going_on + spans.one_day))


def cases(
    now: dt.datetime, projects: Iterable[tuple[Name, Dated]], otherwise: Collection[str]
) -> list[Case]:
    """Say of projects what the choice depends on; ``otherwise`` are those that other rules refuse."""
    return [
        Case(
            age=(now - min(dates.values())) / DAY,
            one_day=max(dates.values()) - min(dates.values()) < DAY,
            otherwise=name in otherwise,
        )
        for name, dates in projects
    ]


def _bad_cases(judge: Judge, bad: Mapping[Name, Sequence[str]]) -> list[Case]:
    projects = list(replay.aged(bad, judge.setting.now, OLD))
    return cases(judge.setting.now, projects, replay.tally(judge, projects).otherwise)


def report(bad: Mapping[Name, Sequence[str]], entries: Sequence[Entry], count: int) -> list[bool]:
    """Print the choice and the figures on the held-out half; whether each target is missed."""
    faults = _chosen(
        {name: versions for name, versions in bad.items() if replay.for_choosing(name)},
        entries,
        bad,
    )
    held_out = {name: v for name, v in bad.items() if not replay.for_choosing(name)}
    return [*faults, *_bad_half(held_out), *_honest_half(entries, bad, count)]


def _chosen(
    half: Mapping[Name, Sequence[str]], entries: Sequence[Entry], bad: Iterable[Name]
) -> list[bool]:
    end = replay.end_of(entries)
    judge = replay.judge_at(replay.first_of(end))
    now = judge.setting.now
    listed, back = _bad_cases(judge, half), _bad_cases(judge, replay.coming_back(half))
    mine = [entry for entry in entries if replay.for_choosing(entry.name)]
    drawn = replay.little_known(mine, bad, min(TO_CHOOSE_ON, len(mine)), end)
    dated = list(replay.honest(drawn, Dating(entries, end)))
    otherwise = replay.tally(judge, dated).otherwise
    honest = cases(now, dated, otherwise)
    strict = cases(now, replay.honest(drawn, Dating(entries, end, strict=True)), otherwise)
    print(
        f"\nThe choice of the spans of guard/new-project: {len(listed):,} bad and {len(honest):,} honest names, the half for choosing."
        f"\n  days (going on / one day), refused at two weeks: bad as listed, bad coming back; honest, honest read strictly"
    )
    good = choose(listed, back, honest)
    last = HORIZON - 0.01
    for spans in candidates():
        if spans.share(listed, last) >= LEAST_BAD:
            print(
                f"  {spans.going_on:3} / {spans.one_day:2}: {spans.share(listed, last):7.2%} {spans.share(back, last):7.2%}"
                f"  {spans.share(honest):.2%} {spans.share(strict):.2%}{'  good' if spans in good else ''}"
            )
    days = NEW_FOR // dt.timedelta(days=1)
    met = bool(good) and good[0] == Spans(days, days)
    taken = f"{good[0].going_on} / {good[0].one_day}" if good else "none"
    print(f"  taken: {taken}; the rule has {days} for both: {'pass' if met else 'MISS'}")
    return [not met]


def _bad_half(bad: Mapping[Name, Sequence[str]]) -> list[bool]:
    now = dt.datetime.now(dt.UTC)
    judge = replay.judge_at(now)
    print(f"\nThe held-out half, {len(bad):,} bad names, without advisory data:")
    faults = []
    for words, names in (("as listed", bad), ("coming back a day later", replay.coming_back(bad))):
        for days in OFTEN_TOLD:
            count = replay.tally(judge, replay.aged(names, now, days))
            met = count.share >= LEAST_BAD
            print(
                f"  {words}, {days} days old: {count.told()}; target >= {LEAST_BAD:.0%}: {'pass' if met else 'MISS'}"
            )
            faults.append(not met)
    return faults


def _honest_half(entries: Sequence[Entry], bad: Iterable[Name], count: int) -> list[bool]:
    end = replay.end_of(entries)
    judge = replay.judge_at(replay.first_of(end))
    other = [entry for entry in entries if not replay.for_choosing(entry.name)]
    faults = []
    print("\nThe held-out half, little-known honest names:")
    for number in (count, min(10 * count, len(other))):
        drawn = replay.little_known(other, bad, number, end)
        tallied = replay.tally(judge, replay.honest(drawn, Dating(entries, end)))
        met = tallied.share <= MOST_HONEST
        faults.append(not met)
        print(f"  {tallied.told()}; target <= {MOST_HONEST:.0%}: {'pass' if met else 'MISS'}")
    tallied = replay.tally(judge, replay.honest(drawn, Dating(entries, end, strict=True)))
    print(
        f"  read strictly (a number that can be a first one is the only release): {tallied.told()}"
    )
    alone = [msgspec.structs.replace(entry, version="1.0") for entry in drawn]
    tallied = replay.tally(judge, replay.honest(alone, Dating(entries, end, strict=True)))
    print(
        f"  as if no project had more than the listed release, which their numbers contradict: {told_share(len(tallied.refused), tallied.names)}"
    )
    return faults
