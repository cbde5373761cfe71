"""Whether a lock speaks the truth: does its index really list these files, and since when.

A lock is a file that anyone who may send a change can write. Hashes make sure that uv gets
the file the lock names; only the index can say that this is the file it offers.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from onward.core.artifact import Artifact, Origin
from onward.core.disk import sha256_of, write_atomic
from onward.core.errors import OnwardError, OutsideFailed
from onward.core.finding import Certainty, Finding, Release
from onward.core.lock import LockedPackage
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
    the rest a page from the cache will do as long as it agrees. Packages of places that are
    no index of the project are left as they are: they are ``guard/foreign-source``.
    """
    memory = _Memory(resolver)
    counters = {c.spec.address.rstrip("/"): c for c in resolver.counters.values()}
    asked = {
        package.key: counter
        for package in packages
        if package.origin is Origin.registry
        and not memory.knows(package)
        and (counter := counters.get(package.source.rstrip("/"))) is not None
    }
    with ThreadPoolExecutor(_THREADS) as pool:
        compared = list(
            pool.map(
                lambda p: _compare(p, asked[p.key], resolver) if p.key in asked else (p, (), True),
                packages,
            )
        )
    # as the index has them: a lock that tells another age is not known the next time either
    right = (package for package, findings, sure in compared if sure and not findings)
    memory.keep([*entered, *right])
    return Confirmed(
        packages=tuple(package for package, _, _ in compared),
        findings=tuple(f for _, findings, _ in compared for f in findings),
        sure=all(sure for _, _, sure in compared),
    )


def _compare(
    package: LockedPackage, counter: Counter, resolver: Resolver
) -> tuple[LockedPackage, tuple[Finding, ...], bool]:
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
    files = [(a.filename, a.sha256, a.url, a.uploaded) for a in package.artifacts]
    return sha256_of(msgspec.json.encode((package.key, files)))[:32]
