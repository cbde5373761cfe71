"""What the guard's rules say of honest projects, each rule alone, and of known bad ones if you have the lists.

Of names alone: with the whole table in place, is any of the 15,000 most used names, or any
requirement of a dozen real projects, refused? (It must be none.) With each name left out of the
table in turn, as if it were new: how many are taken for another one?

Of whole projects (see ``bench.replay``): how many known bad ones are refused, with advisory data
and without, and how many honest ones? And are the days of ``guard/new-project`` those that its
rule of choice takes on one half of the names, and how do they fare on the other half (see
``bench.holdout``)? That takes two lists, which are not part of onward: bad names (name, versions)
and packages (name, version, month, rank), named as options or in the environment
(``ONWARD_BENCH_BAD_NAMES``, ``ONWARD_BENCH_PACKAGES``).
"""

import argparse
import datetime as dt
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

from bench import holdout, replay
from bench.histories import INDEX
from onward.adapters.tables import popular_table, starter_table
from onward.core.names import Name, is_name, parse_name
from onward.domain.guard.by_name import judge_name
from onward.domain.guard.import_names import IMPORT_NAMES
from onward.domain.guard.lookalike import Likeness, nearest_popular
from onward.domain.guard.setting import Setting
from onward.domain.guard.tables import PopularTable
from onward.domain.guard.vouched import VOUCHED

REQUIREMENTS = Path(__file__).parent / "real_requirements.txt"
MOST_LEFT_OUT = 0.02  # share of left-out names that may be taken for another
LISTS = {"bad-names": "ONWARD_BENCH_BAD_NAMES", "packages": "ONWARD_BENCH_PACKAGES"}
AGES = (4, 7, holdout.HORIZON - 1, holdout.HORIZON, 30, 90)  # days; all past the cool-down
LEAST_WITH = 0.99  # share of bad projects, with advisory data
LITTLE_KNOWN = 2_000


class OneLeftOut(PopularTable):
    """A table from which one name at a time can be left out, cheaply."""

    def without(self, name: Name, whole: PopularTable) -> Likeness | None:
        """Say what ``name`` looks like when the table does not hold it."""
        ranks = cast(dict[str, int], self.ranks)
        ranks.pop(name)
        try:
            return nearest_popular(name, self)
        finally:
            ranks[name] = whole.ranks[name]

    def __contains__(self, name: object) -> bool:
        return name in self.ranks

    def rank(self, name: Name) -> int | None:
        return self.ranks.get(name)


def refused(names: Iterable[Name], table: PopularTable) -> tuple[Counter[str], list[str]]:
    """Count what each rule on names alone refuses, import names apart, and name the refused ones."""
    counts: Counter[str] = Counter()
    refusals = []
    setting = Setting(now=dt.datetime.now(dt.UTC))
    for name in names:
        likeness = nearest_popular(name, table, vouched=VOUCHED)
        for finding in judge_name(name, INDEX, setting, likeness):
            deliberate = finding.facts.get("kind") == "import-name"
            counts[f"{finding.rule}{' (import name)' if deliberate else ''}"] += 1
            if not deliberate:
                refusals.append(f"{name} -> {finding.facts.get('meant', '?')}")
    return counts, refusals


def group(likeness: Likeness) -> str:
    """Give the kind without its details."""
    return likeness.kind.partition(":")[0]


def left_out(table: PopularTable) -> int:
    """Leave each name out in turn, print what is then taken for another by kind; give how many."""
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    one_out = OneLeftOut.of(list(table.names), table.date)
    started = time.process_time()
    for name in table.names:
        found = one_out.without(name, table)
        if found and found.kind != "import-name":
            kinds[group(found)].append(f"{name} -> {found.meant} ({found.rank})")
    spent = (time.process_time() - started) / len(table) * 1000
    total = sum(map(len, kinds.values()))
    share = total / len(table)
    print(
        f"Left out one by one: {total} of {len(table):,} taken for another ({share:.2%}); {spent:.2f} ms CPU each"
    )
    for kind, names in sorted(kinds.items(), key=lambda item: -len(item[1])):
        print(f"  {len(names):4}  {kind:24} {'; '.join(names[:3])}")
    return total


def bad_projects(bad: Mapping[Name, Sequence[str]], now: dt.datetime) -> list[bool]:
    """Print what is refused of known bad projects, with a feed and without, by their age; whether each target is missed."""
    listed = [name for name in bad if name in popular_table() or name in VOUCHED]
    print(
        f"\nKnown bad projects: {len(bad):,} names; each further version a day after the one before;"
        f" {len(listed)} of them are in the table of most used names"
    )
    faults = []
    plain = replay.judge_at(now)
    for days in AGES:
        count = replay.tally(plain, replay.aged(bad, now, days))
        words = f"no advisory data, first release {days} days old: {count.told()}"
        if days < holdout.HORIZON:
            least = holdout.LEAST_BAD
            faults.append(told(words, count.share >= least, f">= {least:.0%}"))
        else:
            print(f"  {words}")
    print(
        "  (Youth stops these, so the share falls when it ends; what is left then is the names and numbers.)"
    )
    fed = replay.judge_at(now, replay.feed_of(bad))
    count = replay.tally(fed, replay.aged(bad, now, 90))
    words = f"a feed that reports them all, 90 days old: {count.told()}"
    faults.append(told(words, count.share >= LEAST_WITH, f">= {LEAST_WITH:.0%}"))
    print(
        "  (That shows that a report reaches the page. How much of all malware is reported, it does not show.)"
    )
    return faults


def most_used(entries: Sequence[replay.Entry]) -> list[bool]:
    """Print what is refused of the most used projects; whether the target is missed."""
    end = replay.end_of(entries)
    judge = replay.judge_at(replay.first_of(end))
    print(
        f"\nHonest projects, as of {judge.now:%Y-%m-%d}, when the list ends. It tells one release and its month. What only the"
        " cool-down stops\nis not counted as refused, for it passes in three days, but stands among the rules."
    )
    used = [entry for entry in entries if entry.ranked]
    count = replay.tally(judge, replay.honest(used, replay.Dating(entries, end)))
    faults = [told(f"most used: {count.told()}", not count.refused, "0")]
    for name in count.refused[:20]:
        print(f"    WRONG  {name}")
    return faults


def told(words: str, met: bool, target: str) -> bool:
    """Print a figure beside its target; whether that is missed."""
    print(f"  {words}; target {target}: {'pass' if met else 'MISS'}")
    return not met


def read_names(path: Path) -> list[Name]:
    """Read names, one per line or in the first column of a tsv; ``#`` starts a remark."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    words = (line.partition("\t")[0].strip() for line in lines if not line.startswith("#"))
    return list(dict.fromkeys(parse_name(word) for word in words if is_name(word)))


def main(argv: list[str]) -> int:
    """Print all figures; 0 when no honest name is refused and few left-out ones are."""
    parser = argparse.ArgumentParser(prog="guard-rules", description=__doc__.partition("\n")[0])
    for word, variable in LISTS.items():
        given = os.environ.get(variable)
        default = Path(given) if given else None
        parser.add_argument(f"--{word}", type=Path, metavar="FILE", default=default)
    options = parser.parse_args(argv)
    table = popular_table()
    print(
        f"Popular table of {table.date}, {len(table):,} names; {len(IMPORT_NAMES)} import names listed"
    )
    wrong = []
    requirements = read_names(REQUIREMENTS)
    for what, names in (("most used names", table.names), ("real requirements", requirements)):
        counts, refusals = refused(names, table)
        wrong += refusals
        told = ", ".join(f"{rule}: {count}" for rule, count in sorted(counts.items())) or "none"
        print(
            f"Whole table, {len(names):,} {what}: {len(refusals)} wrongly refused (by rule: {told})"
        )
    endless = [
        f"{name} {advisory.id}"
        for name in table.names[: starter_table().packages]
        for advisory in starter_table().about(name)
        if any(not (span.fixed or span.last_affected) for span in advisory.ranges)
    ]
    print(f"Starter advisories without an end, which would refuse every release: {len(endless)}")
    total = left_out(table)
    for refusal in [*wrong, *endless]:
        print(f"WRONG  {refusal}")
    faults = [bool(wrong), bool(endless), total > MOST_LEFT_OUT * len(table)]
    return 1 if any([*faults, *projects(options.bad_names, options.packages)]) else 0


def projects(bad: Path | None, packages: Path | None) -> list[bool]:
    """Replay whole projects from the lists that are there; what could not be measured counts as missed."""
    faults = []
    for path, what in ((bad, "bad-names"), (packages, "packages")):
        if path is None:
            print(f"NOT MEASURED for want of a list: --{what} FILE or {LISTS[what]}")
            faults.append(True)
    known = replay.read_bad(bad) if bad is not None else {}
    if known:
        faults += bad_projects(known, dt.datetime.now(dt.UTC))
    if packages is not None:
        entries = replay.read_list(packages)
        faults += most_used(entries)
        if known:
            faults += holdout.report(known, entries, LITTLE_KNOWN)
    return faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
