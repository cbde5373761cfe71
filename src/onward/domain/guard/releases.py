"""Rules on the releases of one project: known bad, known weak, too young, withdrawn.

The same function serves a page that is being built (all releases of a project) and a lock
(one release), so that the index, the command line and CI answer alike.
"""

import bisect
import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import msgspec
from packaging.version import Version

from onward.core.artifact import Artifact, Status
from onward.core.finding import Certainty, Finding, Release
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory, canonical, hitting, named_fix, read_version
from onward.domain.guard.history import (
    PROVENANCE_LOST,
    RELEASE_BURST,
    VERSION_JUMP,
    Standing,
    judge_history,
)
from onward.domain.guard.licences import judge_stated
from onward.domain.guard.moments import after, before, iso, minute, span_in_words
from onward.domain.guard.setting import Index, Knowledge, Setting

Releases = Mapping[str, Sequence[Artifact]]
"""The files of each version of one project."""

Found = Mapping[str, Sequence[Finding]]
"""The findings of each version."""

Blocks = Callable[[Finding], bool]
"""Whether the policy would let a finding stop an installation."""

TOO_NEW = "guard/too-new"
_WAITING = (TOO_NEW, VERSION_JUMP, RELEASE_BURST, PROVENANCE_LOST)  # what time alone will settle
_LET_STAND = ("guard/vulnerable-locked", "guard/yanked-locked")  # what a lock may keep is no fix


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules found on one project.

    ``project`` holds findings on the project as a whole, ``releases`` those of each version
    that has any, ``files`` those of single files in a release that is itself fine.
    ``until`` is the moment at which an age rule will answer differently (None: never).
    """

    project: tuple[Finding, ...] = ()
    releases: dict[str, tuple[Finding, ...]] = {}
    files: dict[str, tuple[Finding, ...]] = {}
    until: dt.datetime | None = None

    def on(self, version: str) -> tuple[Finding, ...]:
        """Give the findings on a version, in whichever spelling (``1.0``, ``1.0.0``, ``v1.0``)."""
        found = self.releases.get(version)
        if found is not None:
            return found
        key = canonical(version)
        return next((f for text, f in self.releases.items() if canonical(text) == key), ())


def judge_releases(
    name: Name,
    releases: Releases,
    *,
    index: Index,
    setting: Setting,
    knowledge: Knowledge,
    status: Status = Status.active,
    locked: frozenset[str] | None = frozenset(),
    blocks: Blocks,
    complete: bool = True,
) -> Judged:
    """Judge every release of ``name`` that ``index`` offers.

    ``locked`` are the versions the project's lock already holds: for them a known weakness
    is ``guard/vulnerable-locked`` and the age no longer matters. None means that nothing is
    known of what was there before (a lock that came from elsewhere). ``blocks`` says
    whether the policy would let a finding stop an installation; it decides who may use the
    one exception to the cool-down (see ``_Judge.exempt``). ``complete`` says that these are
    all releases of the project; those of a lock say nothing of its history.
    """
    judge = _Judge(name, index, setting, knowledge, locked)
    past = Standing()
    if complete:
        past = judge_history(
            name,
            releases,
            index=index,
            setting=setting,
            knowledge=knowledge,
            locked=judge.locked,
        )
    found: dict[str, tuple[Finding, ...]] = {
        version: (*judge.release(version, files), *past.releases.get(version, ()))
        for version, files in releases.items()
    }
    hit = {v: {f.rule for f in findings} for v, findings in found.items() if findings}
    young = {v for v, rules in hit.items() if TOO_NEW in rules}
    waiting = {v for v, rules in hit.items() if not rules.isdisjoint(_WAITING)}
    if waiting and (exempt := judge.exempt(releases, found, waiting, blocks)):
        found[exempt] = tuple(f for f in found[exempt] if f.rule not in _WAITING)
    found = _with_way_out(name, found)
    files = judge.young_files(releases, set(found) - young)
    return Judged(
        project=(*judge.project(status), *past.project),
        releases={version: findings for version, findings in found.items() if findings},
        files=files,
        until=min((t for t in (judge.until, past.until) if t is not None), default=None),
    )


class _Judge:
    """The rules, with what they share; ``until`` collects the next moment that matters."""

    def __init__(
        self,
        name: Name,
        index: Index,
        setting: Setting,
        knowledge: Knowledge,
        locked: frozenset[str] | None,
    ) -> None:
        self.name = name
        self.index = index
        self.setting = setting
        self.knowledge = knowledge
        self.locked = frozenset(map(canonical, locked or ()))
        self.before_known = locked is not None
        self.grown = before(setting.now, setting.cooldown)
        self.until: dt.datetime | None = None

    def project(self, status: Status) -> tuple[Finding, ...]:
        """Find what the index says of the project as a whole (PEP 792)."""
        if status is Status.quarantined:
            text = "is quarantined by its index: someone is looking into it, and nothing should install it"
            return (self._finding("guard/quarantined", "", f"`{self.name}` {text}"),)
        if status is Status.archived:
            return (
                self._finding(
                    "guard/archived", "", f"`{self.name}` is archived: no fixes will come any more"
                ),
            )
        return ()

    def release(self, version: str, files: Sequence[Artifact]) -> tuple[Finding, ...]:
        """Find what is known of one release: advisories, whether it was yanked, its age, its licence."""
        found = []
        if (
            self.knowledge.advisories
        ):  # most projects have none, and a page has thousands of releases
            hits = hitting(self.knowledge.advisories, version)
            if bad := [a for a in hits if a.malicious]:
                found.append(self._malicious(version, bad))
            if weak := [a for a in hits if not a.malicious]:
                found.append(self._vulnerable(version, weak))
        if files and files[0].yanked is not None and all(file.yanked is not None for file in files):
            reason = next((file.yanked for file in files if file.yanked), "no reason given")
            rule = "guard/yanked-locked" if self._held(version) else "guard/yanked"
            found.append(
                self._finding(
                    rule, version, f"{self.name} {version} was yanked: {reason}", {"reason": reason}
                )
            )
        locked = bool(self.locked) and canonical(version) in self.locked
        if not locked and (age := self._age(version, files)):
            found.append(age)
        if self.knowledge.stated is not None:
            found += self._licence(version, files)
        return tuple(found)

    def young_files(self, releases: Releases, old: set[str]) -> dict[str, tuple[Finding, ...]]:
        """Find files that were added later, and lately, to a release that is old enough itself.

        Also to a locked one: its version may stay, a file that was slipped under it may not.
        """
        found: dict[str, tuple[Finding, ...]] = {}
        for version in old:
            times = [file.uploaded for file in releases[version] if file.uploaded]
            # most files of a large page are old, and this is asked of each release
            if not times or max(times) <= self.grown or self._passes(min(times)) > self.setting.now:
                continue
            for file in releases[version]:
                if file.uploaded and (
                    finding := self._too_new(version, file.uploaded, file.filename)
                ):
                    found[file.filename] = (finding,)
        return found

    def exempt(
        self, releases: Releases, found: Found, waiting: set[str], blocks: Blocks
    ) -> str | None:
        """Give the one waiting version that may pass at once: the lowest that an advisory names as the fix.

        Named, because a hijacker can publish "above the fix" but cannot write the advisory.
        The lowest, because any later one can wait. Only when nothing else blocks it or would
        if it were not in a lock: it mends nothing then.
        """
        parsed = {version: key for version in releases if (key := _version(version))}
        for fix in sorted(self._named_fixes(parsed, found, waiting)):
            version = next((text for text, key in parsed.items() if key == fix), None)
            if version is not None and not any(
                f.rule not in _WAITING and (blocks(f) or f.rule in _LET_STAND)
                for f in found[version]
            ):
                return version if version in waiting else None
        return None

    def _named_fixes(
        self, parsed: Mapping[str, Version], found: Found, waiting: set[str]
    ) -> set[Version]:
        """Give the versions named as fixes that count here.

        With a locked version: those named by the advisories that hit it. For a new
        dependency: only when no release outside the cool-down is free of advisories. For a
        lock from elsewhere every named fix counts, since what it replaced is not known.
        """
        weak = [a for a in self.knowledge.advisories if not a.malicious and not a.withdrawn]
        if not self.before_known:
            named = [span.fixed for a in weak for span in a.ranges]
        elif self.locked:
            named = [
                named_fix(a, version) or ""
                for version in self.locked
                for a in hitting(weak, version)
            ]
        else:
            grown = [version for version in parsed if version not in waiting]
            hits = {version: hitting(weak, version) for version in grown}
            if any(not hits[v] and not found[v] and not parsed[v].is_prerelease for v in grown):
                return set()
            named = [named_fix(a, version) or "" for version in grown for a in hits[version]]
        return {key for text in named if text and (key := _version(text))}

    def _licence(self, version: str, files: Sequence[Artifact]) -> tuple[Finding, ...]:
        """Judge what is known of a release's wheels; one without a wheel will never be known."""
        known = self.knowledge.stated or {}
        wheels = [file.sha256 for file in files if file.is_wheel and file.sha256]
        stated = {known[sha256] for sha256 in wheels if sha256 in known} if wheels else {None}
        subject = Release(name=self.name, version=version, source=self.index.address)
        return judge_stated(subject, stated, self.setting.licences)

    def _held(self, version: str) -> bool:
        """Whether a lock holds this version already: ours, or one that came from elsewhere."""
        return canonical(version) in self.locked or not self.before_known

    def _age(self, version: str, files: Sequence[Artifact]) -> Finding | None:
        if not self.setting.cooldown or not files:
            return None
        times = [file.uploaded for file in files if file.uploaded is not None]
        if times:
            first = min(times)
            return self._too_new(version, first) if first > self.grown else None
        rule = "guard/no-upload-time" if self.index.remote else "guard/no-upload-time-local"
        return self._finding(
            rule,
            version,
            f"{self.index.address} does not say when {self.name} {version} was uploaded, so its age is unknown",
            certainty=Certainty.unknown,
        )

    def _too_new(self, version: str, uploaded: dt.datetime, filename: str = "") -> Finding | None:
        passes = self._passes(uploaded)
        if passes <= self.setting.now:
            return None
        self.until = min(self.until or passes, passes)
        what = (
            f"{self.name} {version}"
            if not filename
            else f"the file {filename} of {self.name} {version}"
        )
        days = span_in_words(self.setting.cooldown)
        return self._finding(
            TOO_NEW,
            version,
            f"{what} was uploaded {minute(uploaded)}, less than the cool-down of {days} ago; "
            f"it passes on {minute(passes)}",
            {
                "uploaded": iso(uploaded),
                "passes": iso(passes),
                "cooldown": days,
                "file": filename,
            },
        )

    def _passes(self, uploaded: dt.datetime) -> dt.datetime:
        return after(uploaded, self.setting.cooldown)

    def _malicious(self, version: str, bad: list[Advisory]) -> Finding:
        ids = [a.id for a in bad]
        text = f"{self.name} {version} is listed as malware: {', '.join(ids)}"
        return self._finding("guard/malicious", version, text, {"ids": ids})

    def _vulnerable(self, version: str, weak: list[Advisory]) -> Finding:
        words = []
        for advisory in weak:
            fix = named_fix(advisory, version)
            severity = f" ({advisory.severity})" if advisory.severity else ""
            words.append(
                f"{advisory.id}{severity}, "
                + (f"fixed in {fix}" if fix else "no fixed version named")
            )
        fixes = {a.id: fix for a in weak if (fix := named_fix(a, version))}
        rule = "guard/vulnerable-locked" if self._held(version) else "guard/vulnerable"
        return self._finding(
            rule,
            version,
            f"{self.name} {version} has known weaknesses: {'; '.join(words)}",
            {
                "ids": [a.id for a in weak],
                "aliases": sorted({alias for a in weak for alias in a.aliases}),
                "severity": _worst(weak),
                "fixed_in": fixes,
            },
            seen_by=self.knowledge.source,
        )

    def _finding(
        self,
        rule: str,
        version: str,
        message: str,
        facts: dict[str, object] | None = None,
        *,
        certainty: Certainty = Certainty.known,
        seen_by: str = "onward",
    ) -> Finding:
        return Finding(
            rule=rule,
            subject=Release(name=self.name, version=version, source=self.index.address),
            message=message,
            facts={key: value for key, value in (facts or {}).items() if value not in ("", None)},
            certainty=certainty,
            seen_by=self.knowledge.source if rule == "guard/malicious" else seen_by,
        )


def _with_way_out(
    name: Name, found: dict[str, tuple[Finding, ...]]
) -> dict[str, tuple[Finding, ...]]:
    """Say, for each vulnerable release, which is the first later one that nothing at all was found on."""
    if not any(
        f.rule.startswith("guard/vulnerable") for findings in found.values() for f in findings
    ):
        return found
    parsed = {version: key for version in found if (key := _version(version))}
    clean = sorted(key for v, key in parsed.items() if not found[v] and not key.is_prerelease)
    told = dict(found)
    for version, key in parsed.items():
        at = bisect.bisect_right(clean, key)
        if at < len(clean) and found[version]:
            hint = (
                f"The first later release with nothing against it: onward add '{name}>={clean[at]}'"
            )
            told[version] = tuple(
                msgspec.structs.replace(f, hint=hint)
                if f.rule.startswith("guard/vulnerable")
                else f
                for f in found[version]
            )
    return told


def _version(text: str) -> Version | None:
    return read_version(text).version


_SEVERITIES = ("low", "medium", "moderate", "high", "critical")


def _worst(advisories: Sequence[Advisory]) -> str:
    words = [a.severity for a in advisories if a.severity]
    return max(
        words, key=lambda word: _SEVERITIES.index(word) if word in _SEVERITIES else -1, default=""
    )
