"""What the guard's rules on history say of every release that about a hundred well known projects ever made.

Each release is judged at the moment it leaves the cool-down, on the project's page as it was
then. None of them is known to be an attack, so what is held is a false alarm. The pages come
from this machine's registry and are kept; ``bench/histories.txt`` names the projects.

The ages at which they made their early releases are measured too (``AGES``): ``bench.replay``
dates little-known projects by them, of which the lists tell one release.
"""

import datetime as dt
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.version import Version

from bench.guard_library import Library
from bench.shares import told_share
from onward.adapters import simple_api
from onward.core.artifact import PUBLIC_INDEX, Artifact
from onward.core.names import Name, parse_name
from onward.domain.guard.advisories import read_version
from onward.domain.guard.history import (
    PROVENANCE_LOST,
    RELEASE_BURST,
    VERSION_JUMP,
    judge_history,
)
from onward.domain.guard.setting import Knowledge, Setting
from onward.workflows.judge import IndexFacts

NAMES = Path(__file__).parent / "histories.txt"
COOLDOWN = dt.timedelta(days=3)
DAY = dt.timedelta(days=1)
LATELY = 2024
MOST_ENFORCED, MOST_SHOWN = 0.001, 0.01  # shares of releases that may be held, and only be shown
SINCE = 2018
"""Only projects born since then say how fast a young one makes its releases: earlier ones were slower."""

EDGES = (1, 2, 3, 5, 7, 10, 14, 21, 28)
"""Days; the classes of ``AGES`` lie below, between and above them."""

AGES: tuple[tuple[int, ...], ...] = (
    (35, 0, 2, 0, 0, 1, 3, 0, 1, 20),
    (14, 3, 3, 4, 0, 2, 2, 5, 3, 56),
    (8, 4, 1, 6, 0, 0, 5, 2, 2, 95),
    (2, 3, 3, 2, 3, 2, 3, 2, 2, 115),
    (3, 2, 3, 0, 2, 1, 1, 2, 7, 130),
    (2, 0, 3, 2, 0, 2, 1, 2, 2, 142),
    (0, 0, 1, 2, 0, 0, 1, 2, 2, 141),
    (0, 0, 1, 1, 1, 0, 0, 3, 1, 166),
    (0, 0, 1, 0, 1, 1, 0, 2, 1, 156),
    (7, 2, 4, 4, 3, 4, 9, 20, 17, 3119),
)
"""How many final releases came how long after the first one of their project, by ``steps`` (row 9: nine or more).

Measured in November 2026 by this bench, 55 projects.
"""


INDEX = IndexFacts(address=PUBLIC_INDEX, public=True)

History = dict[str, list[Artifact]]
"""The files of each release, in the order of time; those without an upload time are left out."""


def steps(version: Version) -> int:
    """Give how many releases a number tells of before it, at least: three for ``0.3.1``, none for ``0.1.0`` and ``1.0``."""
    return max(sum(version.release[:3]) - 1, 0)


def history_of(name: Name, page: bytes) -> History:
    """Read a project's whole history from its page (PEP 691)."""
    read = simple_api.read_page(page, simple_api.JSON, f"{PUBLIC_INDEX}/{name}/", name)
    found = {
        version: files
        for version, all_files in simple_api.artifacts_of(read, name, PUBLIC_INDEX).items()
        if (files := [file for file in all_files if file.uploaded is not None])
    }
    return dict(sorted(found.items(), key=lambda item: came(item[1])))


def came(files: Iterable[Artifact]) -> dt.datetime:
    """Give when a release came: its first file."""
    return min(file.uploaded for file in files if file.uploaded is not None)


def held(name: Name, history: History) -> Iterator[tuple[str, frozenset[str]]]:
    """Give each release with the rules that hold it when its cool-down ends, as if the project were not well known."""
    for version, files in history.items():
        now = came(files) + COOLDOWN
        page = {other: seen for other, all_ in history.items() if (seen := _until(now, all_))}
        standing = judge_history(
            name,
            page,
            index=INDEX,
            setting=Setting(now=now),
            knowledge=Knowledge(),
        )
        found = (*standing.project, *standing.releases.get(version, ()))
        yield version, frozenset(finding.rule for finding in found)


def _until(now: dt.datetime, files: list[Artifact]) -> list[Artifact]:
    return [file for file in files if file.uploaded is not None and file.uploaded <= now]


def ages(histories: Iterable[History]) -> tuple[tuple[int, ...], ...]:
    """Measure ``AGES``."""
    counts = [[0] * (len(EDGES) + 1) for _ in AGES]
    for history in histories:
        times = {version: came(files) for version, files in history.items()}
        first = min(times.values(), default=None)
        if first is None or first.year < SINCE:
            continue
        for text, time in times.items():
            version = read_version(text).version
            if version is not None and not version.is_prerelease:
                age = sum(time - first >= edge * DAY for edge in EDGES)
                counts[min(steps(version), len(AGES) - 1)][age] += 1
    return tuple(map(tuple, counts))


def report(histories: Mapping[Name, History]) -> list[bool]:
    """Print what each rule holds; whether each target is missed."""
    seen: Counter[bool] = Counter()
    hits: defaultdict[str, list[tuple[Name, str, bool]]] = defaultdict(list)
    years = 0.0
    for name, history in histories.items():
        times = [came(files) for files in history.values()]
        years += (times[-1] - times[0]) / (365 * DAY)
        for (version, rules), time in zip(held(name, history), times, strict=True):
            seen[time.year >= LATELY] += 1
            for rule in rules:
                hits[rule].append((name, version, time.year >= LATELY))
    print(
        f"{seen.total():,} releases of {len(histories)} well known projects over {years:,.0f} years of projects"
    )
    shown = (VERSION_JUMP, PROVENANCE_LOST, RELEASE_BURST)
    faults = []
    for rule in shown:
        if rule == PROVENANCE_LOST and not any(map(_attested, histories.values())):
            print(f"  {rule}: NOT MEASURED, this registry tells of no attestation at all")
            faults.append(True)
            continue
        count = len(hits[rule])
        late = sum(lately for *_, lately in hits[rule])
        most = MOST_SHOWN if rule == RELEASE_BURST else MOST_ENFORCED
        missed = count > most * seen.total()
        print(
            f"  {rule}: {told_share(count, seen.total())} in {len({n for n, *_ in hits[rule]})} projects;"
            f" since {LATELY}: {told_share(late, seen[True])}; target <= {most:.1%}: {'MISS' if missed else 'pass'}"
        )
        for name in dict.fromkeys(name for name, *_ in hits[rule]):
            print(f"    {name} {', '.join(v for other, v, _ in hits[rule] if other == name)}")
        faults.append(missed)
    new = hits["guard/new-project"]
    print(
        f"  guard/new-project, had none of them been well known: {told_share(len(new), seen.total())},"
        f" in {len({n for n, *_ in new})} projects (never held in fact: it spares the most used names)"
    )
    return faults


def _attested(history: History) -> bool:
    return any(file.attested for files in history.values() for file in files)


def main() -> int:
    """Print all; 0 when the targets are met."""
    library = Library(os.environ)
    histories: dict[Name, History] = {}
    faults = []
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name = parse_name(line)
        page = library.page(name, PUBLIC_INDEX)
        if page is None:
            print(f"NOT MEASURED: this registry has no page for {name}")
            faults.append(True)
        elif history := history_of(name, page):
            histories[name] = history
    faults += report(histories)
    print(
        f"Ages (days {EDGES}) of early releases, projects born since {SINCE}; bench/histories.py keeps those of November 2026:"
    )
    for number, row in enumerate(ages(histories.values())):
        print(f"  {number}{'+' if number == len(AGES) - 1 else ' '} {row}")
    return 1 if any(faults) else 0


if __name__ == "__main__":
    sys.exit(main())
