"""The guard at work: rules, policy, advisory data and the project's lock in one place.

The same object judges pages for the index, and locks for ``add``, ``sync`` and ``check``.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import msgspec

from onward.adapters.uv.indexes import IndexSpec
from onward.core.artifact import Artifact, Origin, Status
from onward.core.disk import sha256_of
from onward.core.finding import Finding
from onward.core.lock import Lock, LockedPackage
from onward.core.names import Name
from onward.core.policy import Verdict
from onward.domain.guard.by_name import judge_name
from onward.domain.guard.licences import lets_in, lists_for
from onward.domain.guard.locks import judge_source, judge_wheels
from onward.domain.guard.lookalike import Likeness, nearest_popular
from onward.domain.guard.reach import Reach
from onward.domain.guard.releases import Judged, judge_releases
from onward.domain.guard.setting import Index, Knowledge, Setting
from onward.domain.guard.tables import PopularTable
from onward.domain.guard.vouched import VOUCHED
from onward.domain.policy.model import Policy
from onward.workflows.advice import Advice

Stated = Callable[[Name], Mapping[str, str | None]]
"""Gives what is known of the licences of a project's wheels, by sha256."""


class IndexFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules need to know of an index."""

    address: str
    public: bool = False
    remote: bool = True


class Judge:
    """Judges names, pages and locks for one project at one moment.

    ``locked`` maps each name to the versions that the project's lock holds; None when
    nothing is known of what was there before. ``stated`` gives what is known of the licences
    of a project's wheels, where pages are judged by them (``guard.setting.Knowledge``).
    """

    def __init__(
        self,
        *,
        policy: Policy,
        advice: Advice,
        popular: PopularTable,
        setting: Setting,
        locked: Mapping[Name, frozenset[str]] | None,
        stated: Stated | None = None,
    ) -> None:
        self.policy = policy
        self.advice = advice
        self.setting = setting
        self._popular = popular
        self._locked = locked
        self._stated = stated
        self._book = policy.book(setting.now.date())
        self._likeness: dict[Name, Likeness | None] = {}
        until = any(row.until is not None for row in policy.rows)
        day = setting.now.date().isoformat() if until else ""
        machine = (setting.platforms, setting.python)
        self._circumstances = f"{policy.digest[:16]} {advice.digest} {day} {machine} {popular.date}"

    @property
    def now(self) -> dt.datetime:
        """The moment of the judgement."""
        return self.setting.now

    def digest(self, name: Name) -> str:
        """Give a text that changes when a judgement on ``name`` could, other than by its page or the time."""
        before = "unknown" if self._locked is None else ",".join(sorted(self._locked.get(name, ())))
        return f"{self._circumstances} {before}{self._kept_out(name)}"

    def blocks(self, finding: Finding) -> bool:
        """Say whether the policy lets this finding stop an installation."""
        return self.verdict(finding).level.can_fail

    def verdict(self, finding: Finding) -> Verdict:
        """Give the level of a finding, and the row of the policy that says so."""
        return self._book.verdict(finding)

    def on_name(self, name: Name, index: Index) -> tuple[Finding, ...]:
        """Judge a name before any page is asked for."""
        if name not in self._likeness:
            self._likeness[name] = nearest_popular(name, self._popular, vouched=VOUCHED)
        return judge_name(name, index, self.setting, self._likeness[name])

    def on_releases(
        self, name: Name, releases: Mapping[str, Sequence[Artifact]], index: Index, status: Status
    ) -> Judged:
        """Judge all releases that an index offers of a project."""
        return judge_releases(
            name,
            releases,
            index=index,
            setting=self.setting,
            knowledge=msgspec.structs.replace(self._knowledge(name), stated=self._known(name)),
            status=status,
            locked=None if self._locked is None else self._locked.get(name, frozenset()),
            blocks=self.blocks,
        )

    def on_lock(
        self, lock: Lock, default_index: str, *, reach: Reach | None = None
    ) -> tuple[Finding, ...]:
        """Judge everything a lock holds by the lock alone, asking no index.

        The lock is taken as it is, as if it came from elsewhere: known weaknesses are
        ``guard/vulnerable-locked``, and a young version is let pass only when an advisory
        names it as a fix. ``reach`` is that of the whole lock where this is a part of it.
        """
        reach = reach or self.reach_of(lock)
        return tuple(
            f
            for package in lock.packages
            for f in self.on_package(package, default_index, reach=reach)
        )

    def reach_of(self, lock: Lock) -> Reach:
        """Give what says on which platforms a package of ``lock`` is installed."""
        return Reach(lock, self.setting.python)

    def on_package(
        self,
        package: LockedPackage,
        default_index: str,
        *,
        entering: bool = False,
        reach: Reach | None = None,
    ) -> tuple[Finding, ...]:
        """Judge one locked package; ``entering`` when it is about to enter (a weakness then counts in full).

        ``reach`` knows the platforms that install it; without it each declared one counts.
        """
        if package.is_workspace_member:
            return ()
        index = IndexFacts(
            address=package.source,
            public=package.origin is Origin.registry and is_public(package.source),
            remote=package.source.startswith(("http:", "https:")),
        )
        found = [
            *self.on_name(package.name, index),
            *judge_source(package, self.setting, default_index),
        ]
        found += judge_wheels(package, self.setting, reach)
        if package.version:
            judged = judge_releases(
                package.name,
                {package.version: package.artifacts},
                index=index,
                setting=self._setting_for(package),
                knowledge=self._knowledge(package.name),
                locked=frozenset() if entering else None,
                blocks=self.blocks,
                complete=False,
            )
            found += judged.on(package.version)
            found += [f for findings in judged.files.values() for f in findings]
        return tuple(found)

    def _setting_for(self, package: LockedPackage) -> Setting:
        """Only an index tells when a file came; what a URL, git or a path holds is foreign, whatever its age."""
        if package.origin is Origin.registry:
            return self.setting
        return msgspec.structs.replace(self.setting, cooldown=dt.timedelta(0))

    def _known(self, name: Name) -> Mapping[str, str | None] | None:
        lists = lists_for(name, self.setting)
        return self._stated(name) if lists and self._stated is not None else None

    def _kept_out(self, name: Name) -> str:
        """Give a text that changes when what is known of licences changes what is found."""
        known = self._known(name) or {}
        out = {said for said in set(known.values()) if not lets_in(said, self.setting.licences)}
        told = sorted(f"{sha256} {said}" for sha256, said in known.items() if said in out)
        return f" {sha256_of(' '.join(told).encode())[:16]}" if told else ""

    def _knowledge(self, name: Name) -> Knowledge:
        return Knowledge(
            advisories=self.advice.about(name),
            source=self.advice.source,
            well_known=name in self._popular or name in VOUCHED,
        )


def is_public(address: str) -> bool:
    """Say whether anyone may upload to the index at ``address``."""
    return IndexSpec(url=address).public
