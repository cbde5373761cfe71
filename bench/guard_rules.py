"""What the guard's rules on names say of honest names, each rule alone, and of known bad ones if you have a list.

Three questions. With the whole table in place: is any of the 15,000 most used names, or any
requirement of a dozen real projects, refused? (It must be none.) With each name left out of the
table in turn, as if it were new: how many are taken for another one? Of the names in FILE
(one per line, or the first column of a tsv), how many are caught?
"""

import argparse
import datetime as dt
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import msgspec

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


class PublicIndex(msgspec.Struct, frozen=True):
    """The public index, as the rules see one."""

    address: str = "https://pypi.org/simple"
    public: bool = True
    remote: bool = True


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
        for finding in judge_name(name, PublicIndex(), setting, likeness):
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


def malicious(names: list[Name], table: PopularTable) -> None:
    """Print the share of known bad names that the rule catches, by kind."""
    kinds = Counter(group(found) for name in names if (found := nearest_popular(name, table)))
    total = sum(kinds.values())
    print(f"Of {len(names):,} known bad names: {total} caught ({total / max(len(names), 1):.2%})")
    for kind, count in kinds.most_common():
        print(f"  {count:4}  {kind}")


def read_names(path: Path) -> list[Name]:
    """Read names, one per line or in the first column of a tsv; ``#`` starts a remark."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    words = (line.partition("\t")[0].strip() for line in lines if not line.startswith("#"))
    return list(dict.fromkeys(parse_name(word) for word in words if is_name(word)))


def main(argv: list[str]) -> int:
    """Print all figures; 0 when no honest name is refused and few left-out ones are."""
    parser = argparse.ArgumentParser(prog="guard-rules", description=__doc__.partition("\n")[0])
    parser.add_argument("--malicious", type=Path, metavar="FILE", help="names known to be bad")
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
    if options.malicious:
        malicious(read_names(options.malicious), table)
    for refusal in [*wrong, *endless]:
        print(f"WRONG  {refusal}")
    return 1 if wrong or endless or total > MOST_LEFT_OUT * len(table) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
