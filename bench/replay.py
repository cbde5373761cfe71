"""The guard's rules on whole projects, on pages built in memory: known bad names, the most used ones, and little-known honest ones.

Nothing is asked for and no file exists: a page holds names, versions and days. What the lists
do not tell is assumed, and each assumption is printed with the figures.
"""

import datetime as dt
import hashlib
import json
import math
import random
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

from bench.histories import AGES, DAY, EDGES, INDEX, steps
from bench.shares import told_share
from onward.adapters import simple_api
from onward.adapters.feed.dump import compile_dump
from onward.adapters.feed.store import open_feed
from onward.adapters.simple_api import File, Meta, Page
from onward.adapters.tables import popular_table, starter_table
from onward.core.artifact import PUBLIC_INDEX
from onward.core.names import Name, is_name, parse_name
from onward.domain.guard.releases import TOO_NEW
from onward.domain.guard.setting import Setting
from onward.domain.policy.merge import read_policy
from onward.workflows.advice import Advice
from onward.workflows.judge import Judge

_LONG_AGO = 400  # days; the age of a release whose project is older than all classes
NEW = "guard/new-project"

Dated = Mapping[str, dt.datetime]
"""The releases of a project with the time of each."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list of packages: one release, its month (``2026-10``), its rank if it is among the most used."""

    name: Name
    version: str
    month: str
    ranked: bool


class Tally:
    """How many names are refused, by which rules alone; ``otherwise`` would be if no project counted as new."""

    def __init__(self) -> None:
        self.names = 0
        self.refused: list[str] = []
        self.otherwise: set[str] = set()
        self.alone: Counter[str] = Counter()

    @property
    def share(self) -> float:
        """The share that is refused."""
        return len(self.refused) / max(self.names, 1)

    def told(self) -> str:
        """Give the figures in a line, each rule as if it were the only one."""
        rules = ", ".join(f"{rule} {count}" for rule, count in self.alone.most_common()) or "none"
        return f"refused {told_share(len(self.refused), self.names)}; each rule alone: {rules}"


def read_bad(path: Path) -> dict[Name, tuple[str, ...]]:
    """Read known bad names with their versions: name, tab, versions with commas between. Odd names are left out."""
    found: dict[Name, tuple[str, ...]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        name, _, versions = line.partition("\t")
        good = tuple(v for v in versions.split(",") if _parsed(v) is not None)
        if is_name(name.strip()):
            found[parse_name(name.strip())] = good or ("1.0",)
    return found


def read_list(path: Path) -> list[Entry]:
    """Read a list of packages: name, version, month of that release, rank among the most used, summary, by tabs."""
    found = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        next(lines)
        for line in lines:
            name, version, month, rank = line.split("\t")[:4]
            if is_name(name) and len(month) == 7 and _parsed(version) is not None:
                found.append(
                    Entry(name=parse_name(name), version=version, month=month, ranked=bool(rank))
                )
    return found


def judge_at(now: dt.datetime, advice: Advice | None = None) -> Judge:
    """Give the guard of a new user: standard profile, nothing locked, a page that everyone may upload to."""
    return Judge(
        policy=read_policy(),
        advice=advice or Advice(None, starter_table()),
        popular=popular_table(),
        setting=Setting(now=now),
        locked={},
    )


def tally(judge: Judge, projects: Iterable[tuple[Name, Dated]]) -> Tally:
    """Count the projects of which nothing could be installed.

    What only the cool-down stops is not counted as refused, nor an import name, which is
    refused on purpose whoever holds it.
    """
    count = Tally()
    for name, releases in projects:
        count.names += 1
        stopping = list(_stopping(judge, name, releases))
        count.alone.update(set.intersection(*stopping))
        if all(rules - {TOO_NEW, IMPORT_NAME} for rules in stopping):
            count.refused.append(name)
        if all(rules - {TOO_NEW, IMPORT_NAME, NEW} for rules in stopping):
            count.otherwise.add(name)
    return count


IMPORT_NAME = "guard/lookalike (import name)"


def _stopping(judge: Judge, name: Name, releases: Dated) -> Iterator[set[str]]:
    """Give, for each release on the page, the rules that stop it."""
    page = simple_api.write_page(_page(name, releases))
    read = simple_api.read_page(page, simple_api.JSON, f"{PUBLIC_INDEX}/{name}/", name)
    artifacts = simple_api.artifacts_of(read, name, INDEX.address)
    judged = judge.on_releases(name, artifacts, INDEX, read.status)
    whole = (*judge.on_name(name, INDEX), *judged.project)
    for version in artifacts:
        stopping = (f for f in (*whole, *judged.on(version)) if judge.blocks(f))
        yield {IMPORT_NAME if f.facts.get("kind") == "import-name" else f.rule for f in stopping}


def _page(name: Name, releases: Dated) -> Page:
    files = tuple(
        File(
            filename=f"{name.replace('-', '_')}-{Version(version)}-py3-none-any.whl",
            url=f"https://files.example.org/{name}/{version}",
            size=1,
            upload_time=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        for version, time in releases.items()
    )
    return Page(meta=Meta(api_version="1.1"), name=name, files=files)


def coming_back(bad: Mapping[Name, Sequence[str]]) -> dict[Name, tuple[str, ...]]:
    """Give bad projects as if each had put out one more release, which costs whoever makes it nothing."""
    return {
        name: (*versions, f"{Version(versions[-1]).base_version}.post99")
        for name, versions in bad.items()
    }


def aged(
    bad: Mapping[Name, Sequence[str]], now: dt.datetime, days: int
) -> Iterator[tuple[Name, Dated]]:
    """Give bad projects whose first release came ``days`` ago, and an hour; each further one a day later, up to three days ago."""
    for name, versions in bad.items():
        yield (
            name,
            {
                version: now - max(days - at, 3) * DAY - dt.timedelta(hours=1)
                for at, version in enumerate(versions)
            },
        )


class Dating:
    """When little-known projects made the release that a list tells, and their first one.

    Of the release the list tells the month. Within the last month the days are not alike:
    whoever released early in it has often done so again since. How much later is likelier is
    read from the list itself, for each number of ``steps``: if the last month has the counts
    c1 and the one before c2, the share of releases no older than t days grows like t to the
    power log((c1 + c2) / c1) / log(61 / 31), for months of 31 and 30 days.

    How old the project was by then, no list tells. It is drawn from ``AGES``, as real
    projects were at a number of so many steps. That they are like little-known ones is the
    assumption that remains. ``strict`` is the worst reading: a number that can be a first one
    (``0.1.0``, ``1.0``) is the only release.
    """

    def __init__(self, entries: Sequence[Entry], end: str, *, strict: bool = False) -> None:
        self.strict = strict
        self.last = before(end)
        months: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for entry in entries:
            if not entry.ranked and entry.month in (self.last, before(self.last)):
                months[_row(entry.version)][entry.month] += 1
        self.powers = {row: self._power(counts) for row, counts in months.items()}

    def _power(self, counts: Counter[str]) -> float:
        end = first_of(next_month(self.last))
        one, two = end - first_of(self.last), end - first_of(before(self.last))
        late, early = counts[self.last], counts[before(self.last)]
        if not late or not early:
            return 1.0  # every day alike
        return min(math.log((late + early) / late) / math.log(two / one), 1.0)

    def releases(self, entry: Entry) -> dict[str, dt.datetime]:
        """Give the listed release and, if it came earlier, the first one; the same entry always gives the same."""
        chance = random.Random(entry.name)
        start, end = first_of(entry.month), first_of(next_month(entry.month))
        back = chance.random()
        if entry.month == self.last:
            back **= 1 / self.powers.get(_row(entry.version), 1.0)
        last = end - back * (end - start)
        releases = {entry.version: last}
        earlier = f"{max(Version(entry.version).release[0] - 1, 0)}.0.dev"
        if age := self._age(entry.version, chance):
            releases[f"{earlier}1"] = last - age * DAY
        if entry.ranked:  # nobody gets among the most used from one month to the next
            releases[f"{earlier}0"] = last - 365 * DAY
        return releases

    def _age(self, version: str, chance: random.Random) -> float:
        row = _row(version)
        if self.strict and row == 0:
            return 0
        ends = (0, *EDGES, _LONG_AGO)
        at = chance.choices(range(len(EDGES) + 1), AGES[row])[0]
        return chance.uniform(ends[at], ends[at + 1]) if at else 0


def _row(version: str) -> int:
    read = _parsed(version)
    return min(steps(read), len(AGES) - 1) if read is not None else 0


def honest(entries: Iterable[Entry], dating: Dating) -> Iterator[tuple[Name, Dated]]:
    """Give honest projects with what ``dating`` makes of them."""
    for entry in entries:
        yield entry.name, dating.releases(entry)


def for_choosing(name: Name) -> bool:
    """Whether a name is in the half that thresholds may be chosen on; by its hash, so that nobody can pick."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def little_known(
    entries: Sequence[Entry], bad: Iterable[Name], count: int, end: str
) -> list[Entry]:
    """Draw names outside the most used ones and not known to be bad, of releases before the month ``end``."""
    known = {*popular_table().names, *bad}
    outside = [e for e in entries if not e.ranked and e.name not in known and e.month < end]
    return random.Random("little known").sample(outside, count)


def feed_of(bad: Mapping[Name, Sequence[str]]) -> Advice:
    """Give advisory data that reports each of ``bad`` as malware, through OSV's dump and the compiled store."""
    with tempfile.TemporaryDirectory(prefix="onward-bench-") as folder:
        dump, store = Path(folder) / "all.zip", Path(folder) / "store"
        with zipfile.ZipFile(dump, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, (name, versions) in enumerate(bad.items()):
                archive.writestr(
                    f"MAL-0000-{number}.json", json.dumps(_report(number, name, versions))
                )
        compile_dump(dump, store, source="the bench", fetched=dt.datetime.now(dt.UTC), force=True)
        advice = Advice(open_feed(store), starter_table())
        for name in bad:
            advice.about(name)  # it remembers, and the folder goes
        return advice


def _report(number: int, name: Name, versions: Sequence[str]) -> dict[str, object]:
    package = {"ecosystem": "PyPI", "name": name}
    every = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
    affected = {
        "package": package,
        "versions": list(versions),
        "ranges": every if number % 2 else [],
    }
    day = "2026-01-01T00:00:00Z"
    return {"id": f"MAL-0000-{number}", "modified": day, "published": day, "affected": [affected]}


def end_of(entries: Iterable[Entry]) -> str:
    """Give the first month of which a list knows next to nothing, since it was made as that began."""
    months = Counter(entry.month for entry in entries)
    return next_month(max(m for m, count in months.items() if count > months.total() / 100))


def next_month(text: str) -> str:
    """Give the month after ``2026-10`` and the like."""
    year, month = map(int, text.split("-"))
    return f"{year + month // 12}-{month % 12 + 1:02}"


def before(text: str) -> str:
    """Give the month before ``2026-10`` and the like."""
    year, month = map(int, text.split("-"))
    return f"{year - (month == 1)}-{(month - 2) % 12 + 1:02}"


def first_of(text: str) -> dt.datetime:
    """Give the first moment of a month."""
    year, month = map(int, text.split("-"))
    return dt.datetime(year, month, 1, tzinfo=dt.UTC)


def _parsed(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None
