"""Whether a lock speaks the truth: does its index really list these files, and since when.

A lock is a file that anyone who may send a change can write. Hashes make sure that uv gets
the file the lock names; only the index can say that this is the file it offers.
"""

import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from onward.adapters.uv.indexes import IndexSpec
from onward.core.artifact import PUBLIC_INDEX, Artifact, Origin
from onward.core.disk import sha256_of, write_atomic
from onward.core.errors import OnwardError, OutsideFailed
from onward.core.finding import Certainty, Finding, Release
from onward.core.lock import LockedPackage
from onward.core.perform import counted
from onward.core.redact import redact
from onward.domain.guard.locks import judge_listed
from onward.workflows.counter import Counter
from onward.workflows.resolve import Resolver

_THREADS = 6
_KEPT = msgspec.json.Decoder(dict[str, bool])


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Packages with what their index tells of their files, and findings where it tells otherwise.

    ``sure`` is false when an index could not be asked about some of them.
    """

    packages: tuple[LockedPackage, ...]
    findings: tuple[Finding, ...] = ()
    sure: bool = True


def confirm(
    resolver: Resolver, packages: Sequence[LockedPackage], entered: Iterable[LockedPackage] = ()
) -> Confirmed:
    """Compare locked ``packages`` with the pages of their indexes; ``entered`` came from there just now.

    What was confirmed for this project is remembered, so an unchanged lock asks nobody; for
    the rest a page from the cache will do as long as it agrees. An index that neither the
    project nor its policy knows is ``guard/not-on-index`` as a whole: uv would lock anew
    rather than believe it, unless it is told to take the lock as it is.
    """
    memory, places = _Memory(resolver), _Places(resolver)
    new = [p for p in packages if p.origin is Origin.registry and not memory.knows(p)]
    strange = {package.key: _strange(package) for package in new if not places.know(package)}
    asked = {
        package.key: counter
        for package in new
        if package.key not in strange and (counter := places.counter(package)) is not None
    }

    def compare(package: LockedPackage) -> _Compared:
        if package.key in asked:
            return _compare(package, asked[package.key], resolver)
        return package, ((strange[package.key],) if package.key in strange else ()), True

    if asked:
        from concurrent.futures import ThreadPoolExecutor  # most often there is nobody to ask

        with ThreadPoolExecutor(_THREADS) as pool:
            every = pool.map(compare, packages)
            compared = list(counted(every, len(packages), "pages compared", resolver.listen))
    else:
        compared = [compare(package) for package in packages]
    # as the index has them: a lock that tells another age is not known the next time either
    right = (package for package, findings, sure in compared if sure and not findings)
    memory.keep([*entered, *right])
    return Confirmed(
        packages=tuple(package for package, _, _ in compared),
        findings=tuple(f for _, findings, _ in compared for f in findings),
        sure=all(sure for _, _, sure in compared),
    )


_Compared = tuple[LockedPackage, tuple[Finding, ...], bool]


class _Places:
    """The indexes and folders that the project, its policy or the machine knows."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        situation = resolver.situation
        self._root = situation.project.root
        settings = situation.uv_settings
        self._counters = {c.spec.address.rstrip("/"): c for c in resolver.counters.values()}
        self._known = {
            *self._counters,
            *(index.address.rstrip("/") for index in settings.indexes),
            *(link.rstrip("/") for link in settings.find_links),
        }

    def know(self, package: LockedPackage) -> bool:
        """Whether the package is from one of them."""
        place = self._place(package)
        return place in self._known or self._is_allowed(place)

    def counter(self, package: LockedPackage) -> Counter | None:
        """Give who can be asked for the page of the package; None for folders and flat listings."""
        place = self._place(package)
        if place not in self._known and place not in self._counters:
            spec = IndexSpec(url=package.source)
            judge = self._resolver.judge
            self._counters[place] = Counter(self._resolver.situation, spec, judge)
        return self._counters.get(place)

    def _place(self, package: LockedPackage) -> str:
        if "://" in package.source:
            return package.source.rstrip("/")
        return os.path.normpath(self._root / package.source)

    def _is_allowed(self, place: str) -> bool:
        allowed = (PUBLIC_INDEX, *self._resolver.judge.setting.indexes)
        web = place.startswith(("https://", "http://"))
        return web and any(
            place == glob.rstrip("/") or fnmatchcase(place, glob) for glob in allowed
        )


def _strange(package: LockedPackage) -> Finding:
    return Finding(
        rule="guard/not-on-index",
        subject=Release(name=package.name, version=package.version, source=redact(package.source)),
        message=f"uv.lock takes {package} from `{redact(package.source)}`, which is no index of this project",
        hint="If it should be one, add it as `[[tool.uv.index]]` or list it in `[tool.onward.guard] indexes`.",
    )


def _compare(package: LockedPackage, counter: Counter, resolver: Resolver) -> _Compared:
    """Give the package with its index's facts, what is wrong with it, and whether the index was asked."""
    on_name = resolver.judge.on_name(package.name, counter.facts)
    if any(resolver.judge.blocks(finding) for finding in on_name):
        return package, (), True  # not to be asked for; it is refused by its name
    findings: tuple[Finding, ...] = ()
    try:
        for anew in (False, True):
            listed = counter.guarded.listed(package.name, anew=anew)
            if listed is None:
                continue
            findings = judge_listed(package, listed)
            if not findings:
                return _with_facts(package, listed), (), True
        return package, findings or judge_listed(package, ()), True
    except OutsideFailed as error:
        return package, (_unasked(package, error),), False


def _with_facts(package: LockedPackage, listed: Sequence[Artifact]) -> LockedPackage:
    """Give the package with the upload times of its index: those in a lock are only a copy."""
    times = {artifact.filename: artifact.uploaded for artifact in listed}
    files = tuple(
        msgspec.structs.replace(file, uploaded=times.get(file.filename))
        for file in package.artifacts
    )
    return msgspec.structs.replace(package, artifacts=files)


def _unasked(package: LockedPackage, error: OnwardError) -> Finding:
    return Finding(
        rule="guard/lock-unchecked",
        subject=Release(name=package.name, version=package.version, source=package.source),
        message=f"whether the index lists the locked files of {package} could not be looked up: {error.message}",
        hint="Sync again when the index answers.",
        certainty=Certainty.unknown,
    )


class _Memory:
    """What was confirmed for one project, in onward's cache: marks of packages as the lock had them."""

    def __init__(self, resolver: Resolver) -> None:
        situation = resolver.situation
        word = sha256_of(str(situation.project.root).encode())[:24]
        self._path: Path = situation.cache / "confirmed" / word
        self._known = self._read()

    def knows(self, package: LockedPackage) -> bool:
        """Whether this very package was confirmed, and its files' age with it."""
        return self._known.get(_mark(package), False)

    def keep(self, packages: Iterable[LockedPackage]) -> None:
        """Remember these, and forget what is not among them."""
        known = {
            _mark(p): True
            for p in packages
            if p.origin is Origin.registry and all(a.uploaded for a in p.artifacts)
        }
        if known != self._known:
            write_atomic(self._path, msgspec.json.encode(known), durable=False)

    def _read(self) -> Mapping[str, bool]:
        try:
            return _KEPT.decode(self._path.read_bytes())
        except (OSError, msgspec.MsgspecError):
            return {}


def _mark(package: LockedPackage) -> str:
    files = [(a.filename, a.sha256, a.url, _cut(a.uploaded)) for a in package.artifacts]
    return sha256_of(msgspec.json.encode((package.key, files)))[:32]


def _cut(time: dt.datetime | None) -> dt.datetime | None:
    """Give an upload time as uv.lock keeps it, in whole milliseconds (uv 0.13); an index tells microseconds."""
    return time and time.replace(microsecond=time.microsecond // 1000 * 1000)
