"""What the policy says of every release of one project, in a form that a server gives and a command reads."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from onward.core.finding import Finding
from onward.core.policy import Level, Verdict
from onward.domain.guard.advisories import canonical
from onward.domain.guard.releases import Judged
from onward.domain.policy.decide import Rulebook
from onward.domain.version_order import newest_first, parse


class ReleaseRuling(msgspec.Struct, frozen=True, kw_only=True):
    """One release: when it came (ISO, empty: not told), and every verdict on it but those that are off."""

    version: str
    uploaded: str = ""
    verdicts: tuple[Verdict, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether something holds it back."""
        return any(map(stops, self.verdicts))


class ProjectRuling(msgspec.Struct, frozen=True, kw_only=True):
    """A project: the index it comes from, the data behind the verdicts, those on it whole, its releases (newest first)."""

    name: str
    source: str
    advice: str
    verdicts: tuple[Verdict, ...] = ()
    releases: tuple[ReleaseRuling, ...] = ()
    schema: int = 1

    @property
    def blocked(self) -> bool:
        """Whether the project is held back as a whole."""
        return any(map(stops, self.verdicts))

    def release(self, version: str) -> ReleaseRuling | None:
        """Give a release by its version in any spelling, or None."""
        key = canonical(version)
        return next((r for r in self.releases if canonical(r.version) == key), None)

    def newest(self) -> ReleaseRuling | None:
        """Give the newest final release, or the newest of any kind."""
        return self.releases[0] if self.releases else None

    def nearest(self, version: str) -> ReleaseRuling | None:
        """Give the release that is let through and stands nearest to ``version``.

        That is the newest one below it, else the lowest above it; without a version the
        newest of all. Pre-releases only where nothing else is left.
        """
        if self.blocked:
            return None
        free = {r.version: r for r in self.releases if not r.blocked and r.version}
        order = newest_first(free) or _all_newest_first(free)
        wanted = parse(version) if version else None
        if wanted is None:
            return free[order[0]] if order else None
        below = [v for v in order if (known := parse(v)) is not None and known <= wanted]
        above = [v for v in reversed(order) if v not in below]
        return free[(below or above)[0]] if order else None


def stops(verdict: Verdict) -> bool:
    """Say whether a verdict holds something back."""
    return verdict.level.can_fail


def passes_on(verdicts: Iterable[Verdict]) -> dt.datetime | None:
    """Give when all that holds back is over by itself; None when nothing does, or some of it stays."""
    held = [verdict.finding for verdict in verdicts if stops(verdict)]
    moments = [_moment(finding.facts.get("passes")) for finding in held]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(held) else None


def rule_on(
    name: str,
    judged: Judged,
    files: Mapping[str, Iterable[str]],
    uploaded: Mapping[str, str],
    *,
    book: Rulebook,
    source: str,
    advice: str,
) -> ProjectRuling:
    """Put a judgement under a policy: ``files`` are the file names of each version, ``uploaded`` its time."""

    def verdicts(found: Iterable[Finding]) -> tuple[Verdict, ...]:
        given = (book.verdict(finding) for finding in found)
        return tuple(verdict for verdict in given if verdict.level is not Level.off)

    spelled = {canonical(version): found for version, found in judged.releases.items()}

    def found_on(version: str) -> Iterator[Finding]:
        yield from judged.releases.get(version) or spelled.get(canonical(version), ())
        for file in files[version]:
            yield from judged.files.get(file, ())

    finals = newest_first(files)
    final = set(finals)
    rest = [version for version in _all_newest_first(files) if version not in final]
    known = final.union(rest)
    odd = [version for version in files if version not in known]
    return ProjectRuling(
        name=name,
        source=source,
        advice=advice,
        verdicts=verdicts(judged.project),
        releases=tuple(
            ReleaseRuling(
                version=version,
                uploaded=uploaded.get(version, ""),
                verdicts=verdicts(found_on(version)),
            )
            for version in (*finals, *rest, *odd)
        ),
    )


def _all_newest_first(versions: Iterable[str]) -> list[str]:
    read = {text: known for text in versions if (known := parse(text)) is not None}
    return sorted(read, key=lambda text: read[text], reverse=True)


def _moment(value: object) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
