"""Rules on what stands out in a project's history: new and unknown, a version far out of line, a burst, lost attestations.

None of them says that a release is bad. Each says that it does not go on as before, and
gives others time to look: what stands out passes by itself, but for a first number that is
too high to be one.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import msgspec

from onward.core.artifact import Artifact
from onward.core.finding import Finding, Release
from onward.core.names import Name
from onward.domain.guard.advisories import canonical, read_version
from onward.domain.guard.moments import after, iso, minute, span_in_words
from onward.domain.guard.setting import Index, Knowledge, Setting, claimed

VERSION_JUMP = "guard/version-jump"
RELEASE_BURST = "guard/release-burst"
PROVENANCE_LOST = "guard/provenance-lost"

NEW_FOR = dt.timedelta(days=14)
"""How long a project that is not well known counts as new, whether it goes on or not: one more release costs nothing.

``bench/holdout.py`` states the rule by which this is chosen, and checks that it is what the rule chooses.
"""

WATCHED = dt.timedelta(days=14)
"""How long a release that stands out is watched: nine of ten known attacks on releases were found by then."""

_ONE_DAY = dt.timedelta(days=1)
# steps of the first number; honest projects that change how they count mostly go to a date
_JUMP = 20
_TOO_HIGH = 90  # a first release with such a number is meant to be higher than someone else's
_BURST, _BURST_WITHIN = 3, dt.timedelta(hours=6)  # releases of one line; a mend of a mend is normal
# releases in one finding: each of a burst has one, and a hostile page has thousands
_MOST_NAMED = 6
_EARLIER = 3  # releases that make a habit


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules found on the project as a whole and on single versions; ``until`` as in ``Judged``."""

    project: tuple[Finding, ...] = ()
    releases: dict[str, tuple[Finding, ...]] = {}
    until: dt.datetime | None = None


def judge_history(
    name: Name,
    releases: Mapping[str, Sequence[Artifact]],
    *,
    index: Index,
    setting: Setting,
    knowledge: Knowledge,
    locked: frozenset[str] = frozenset(),
) -> Standing:
    """Judge all releases that ``index`` has of ``name`` by each other.

    Rules ``guard/new-project`` (``guard/new-project-own-index`` where not everyone may
    upload), ``guard/version-jump``, ``guard/release-burst``, ``guard/provenance-lost``.
    Names that ``guard.private`` claims are not looked at, nor the ``locked`` versions (in
    canonical form); a project of which one is locked is not new. Releases without an
    upload time count as old: that they have none is a finding of its own.
    """
    if claimed(name, setting.private):
        return Standing()
    past = _Past(
        name,
        releases,
        index=index,
        now=setting.now,
        well_known=knowledge.well_known,
        locked=locked,
    )
    project = past.new_project()
    found: dict[str, tuple[Finding, ...]] = {}
    for finding in (*past.jumps(), *past.bursts(), *past.provenance_lost()):
        version = finding.subject.version if isinstance(finding.subject, Release) else ""
        found[version] = (*found.get(version, ()), finding)
    return Standing(project=project, releases=found, until=past.until)


class _Past:
    """The releases in the order of time; ``until`` collects the next moment that matters."""

    def __init__(
        self,
        name: Name,
        releases: Mapping[str, Sequence[Artifact]],
        *,
        index: Index,
        now: dt.datetime,
        well_known: bool,
        locked: frozenset[str],
    ) -> None:
        self.name = name
        self.index = index
        self.now = now
        self.well_known = well_known
        self.locked = locked
        self.releases = releases
        self.times = {
            version: min(times)
            for version, files in releases.items()
            if (times := [file.uploaded for file in files if file.uploaded is not None])
        }
        since = now - WATCHED
        self.watched = {v: time for v, time in self.times.items() if time > since}
        self.settled = [v for v in releases if v not in self.watched]
        self.first = min(self.times.values(), default=now)
        self.in_one_go = max(self.times.values(), default=now) - self.first < _ONE_DAY
        self.until: dt.datetime | None = None
        for time in self.watched.values():  # then it joins what later ones are measured by
            self._look_again(after(time, WATCHED))

    def new_project(self) -> tuple[Finding, ...]:
        """Find a project that few know, and that has not been there for long."""
        if self.well_known or self.locked or not self.times:
            return ()
        passes = after(self.first, NEW_FOR)
        if passes <= self.now:
            return ()
        self._look_again(passes)
        rule = "guard/new-project" if self.index.public else "guard/new-project-own-index"
        count = len(self.releases)
        had = "one release" if count == 1 else f"{count} releases"
        claim = f'If it is your own, claim it: `guard.private = ["{self.name}"]`.'
        return (
            Finding(
                rule=rule,
                subject=Release(name=self.name, source=self.index.address),
                message=f"`{self.name}` is new and not well known: its first release came {minute(self.first)},"
                f" and it has had {had}; it passes on {minute(passes)}",
                facts={"first": iso(self.first), "releases": count, "passes": iso(passes)},
                hint="" if self.index.public else claim,
            ),
        )

    def jumps(self) -> Iterable[Finding]:
        """Find watched releases whose number leaves all settled ones far behind, by epoch or first number.

        Where nothing is settled yet, those of the first day are the measure. A project that
        begins too high has no measure at all: each of its releases is found.
        """
        if self._starts_too_high():
            for version in self.releases:
                yield self._finding(
                    VERSION_JUMP,
                    version,
                    f"{self.name} {version} is a first release, and its number is so high that it beats any other",
                    {"first": iso(self.first), "releases": len(self.releases)},
                )
            return
        high = [v for v in self._entering() if self._is_high(v)]
        if not high:
            return
        before = set(self.settled) or {
            v for v, time in self.times.items() if time - self.first < _ONE_DAY
        }
        ordered = [(read, v) for v in before if (read := read_version(v).version) is not None]
        if not ordered:
            return
        highest = max(ordered)[1]
        epoch, lead = _lead(highest)
        for version in high:
            its_epoch, its_lead = _lead(version)
            if version not in before and (its_epoch > epoch or its_lead - lead >= _JUMP):
                words = f"leaves far behind what came before ({highest})"
                yield self._standing_out(VERSION_JUMP, version, words, {"before": highest})

    def bursts(self) -> Iterable[Finding]:
        """Find watched releases that came in a burst, in a project with a past that has none.

        Locked ones count for the length of a burst and have no finding of their own.
        """
        dated = [v for v in self.settled if v in self.times]
        if len(self.watched) < _BURST or len(dated) < _EARLIER:
            return
        runs = list(_runs((v, self.watched[v]) for v in self.watched))
        if not runs or any(_runs((v, self.times[v]) for v in dated)):
            return
        for run in runs:
            length = self.watched[run[-1]] - self.watched[run[0]]
            some = [*run[:_MOST_NAMED], *(["..."] if len(run) > _MOST_NAMED else [])]
            for version in run:
                if canonical(version) not in self.locked:
                    yield self._standing_out(
                        RELEASE_BURST,
                        version,
                        f"is one of {len(run)} releases within {_short(length)} ({', '.join(some)}),"
                        " which this project never did before",
                        {
                            "releases": some,
                            "count": len(run),
                            "minutes": int(length.total_seconds() // 60),
                        },
                    )

    def provenance_lost(self) -> Iterable[Finding]:
        """Find watched releases with files that are not attested, where the last settled ones were attested whole."""
        lacking = [v for v in self._entering() if self._unattested(v)]
        if not lacking:
            return
        dated = sorted((v for v in self.settled if v in self.times), key=self.times.__getitem__)
        final = (v for v in reversed(dated) if not _is_early(v))
        earlier = list(islice(final, _EARLIER))[::-1]  # no others are parsed: a page has thousands
        if len(earlier) < _EARLIER or any(map(self._unattested, earlier)):
            return
        for version in lacking:
            lacking_files = self._unattested(version)
            files = lacking_files[:_MOST_NAMED]
            which = (
                "has no attestation"
                if len(lacking_files) == len(self.releases[version])
                else f"has no attestation for {', '.join(files)}"
            )
            yield self._standing_out(
                PROVENANCE_LOST,
                version,
                f"{which}, which the releases before it had ({', '.join(earlier)}):"
                " it was not published the way they were",
                {"attested": earlier, "files": files},
            )

    def _entering(self) -> Iterable[str]:
        """Give the watched releases that no lock holds."""
        return (v for v in self.watched if canonical(v) not in self.locked)

    def _unattested(self, version: str) -> list[str]:
        return [file.filename for file in self.releases[version] if not file.attested]

    def _is_high(self, version: str) -> bool:
        epoch, lead = _lead(version)
        return epoch > 0 or (lead >= _JUMP and not _is_date(lead, self.watched[version]))

    def _starts_too_high(self) -> bool:
        """Whether all there is came on one day, with first numbers that no project begins with and that are no dates."""
        if self.well_known or self.locked or not self.times or not self.in_one_go:
            return False
        leads = [_lead(version) for version in self.releases]
        return all(lead >= _TOO_HIGH and not _is_date(lead, self.first) for _, lead in leads)

    def _standing_out(
        self, rule: str, version: str, words: str, facts: dict[str, object]
    ) -> Finding:
        """Give a finding that ends by itself."""
        uploaded = self.watched[version]
        passes = after(uploaded, WATCHED)
        facts |= {"uploaded": iso(uploaded), "passes": iso(passes)}
        message = (
            f"{self.name} {version}, uploaded {minute(uploaded)}, {words}; it passes on"
            f" {minute(passes)}, {span_in_words(WATCHED)} after it came"
        )
        return self._finding(rule, version, message, facts)

    def _finding(self, rule: str, version: str, message: str, facts: dict[str, object]) -> Finding:
        return Finding(
            rule=rule,
            subject=Release(name=self.name, version=version, source=self.index.address),
            message=message,
            facts=facts,
        )

    def _look_again(self, moment: dt.datetime) -> None:
        self.until = min(self.until or moment, moment)


def _lead(version: str) -> tuple[int, int]:
    """Give the epoch and the first number of a version (PEP 440); zeros for what is none."""
    read = read_version(version).version
    return (0, 0) if read is None else (read.epoch, read.release[0])


def _is_early(version: str) -> bool:
    read = read_version(version).version
    return read is None or read.is_prerelease


def _is_date(lead: int, when: dt.datetime) -> bool:
    """Whether a first number is the year of ``when`` or one beside it: ``2026``, ``26``, with month and day or without."""
    text = str(lead)
    for year in map(str, range(when.year - 1, when.year + 2)):
        short = year[2:]
        if text in (year, short) or (len(text) in (6, 8) and text.startswith(year)):
            return True
        if len(text) in (4, 6) and text.startswith(short) and "01" <= text[2:4] <= "12":
            return True
    return False


def _runs(dated: Iterable[tuple[str, dt.datetime]]) -> Iterable[tuple[str, ...]]:
    """Give the bursts: final releases of one line (``1.4``) that came close together, in the order of time.

    By line, since the same mend for several lines comes out in one hour everywhere.
    """
    lines: dict[tuple[int, tuple[int, ...]], list[tuple[dt.datetime, str]]] = {}
    for version, time in dated:
        read = read_version(version).version
        if read is not None and not read.is_prerelease and not read.is_postrelease:
            lines.setdefault((read.epoch, read.release[:2]), []).append((time, version))
    for line in lines.values():
        if len(line) < _BURST:
            continue
        line.sort()
        run: dict[str, None] = {}
        for at in range(len(line) - _BURST + 1):
            if line[at + _BURST - 1][0] - line[at][0] <= _BURST_WITHIN:
                run |= dict.fromkeys(v for _, v in line[at : at + _BURST])
        if run:
            yield tuple(run)


def _short(length: dt.timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
