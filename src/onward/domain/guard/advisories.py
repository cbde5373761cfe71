"""What advisories say of versions: whether one is hit, what is named as its fix, what is one problem.

Versions are ordered by PEP 440; ranges are judged as the OSV schema 1.x says (section "Evaluation").
"""

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from onward.core.names import Name

if TYPE_CHECKING:
    from packaging.version import Version


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """One span of versions: from ``introduced`` up to but without ``fixed``, or up to ``last_affected``.

    All three are version texts, empty when absent. All empty means every version.
    """

    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""


class Advisory(msgspec.Struct, frozen=True, kw_only=True):
    """What one advisory says of one project.

    ``versions`` are in canonical form (see ``canonical``). ``severity`` is ``low``,
    ``medium``, ``high``, ``critical``, a score as the source wrote it, or empty.
    ``malicious`` means that the release itself is the attack, not a weakness in it.
    """

    id: str
    name: Name
    aliases: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    versions: frozenset[str] = frozenset()
    severity: str = ""
    published: dt.date | None = None
    withdrawn: bool = False
    malicious: bool = False


def canonical(text: str) -> str:
    """Give the form in which versions are compared as text: PEP 440 normalised, no zeros at the end.

    What is no version stays as it is, in lower case, so that it can still be listed.
    """
    return read_version(text).canonical


def hits(advisory: Advisory, version: str) -> bool:
    """Say whether ``advisory`` is about ``version`` (OSV schema, section "Evaluation").

    It is when the version is listed, or lies in a range, or when the advisory has neither.
    A local version (``1.0+cu12``) counts as listed when its public one is. A text that is
    no version is only hit when listed or when every version is. A withdrawn advisory hits nothing.
    """
    if advisory.withdrawn:
        return False
    read = read_version(version)
    if read.canonical in advisory.versions or read.public in advisory.versions:
        return True
    if not advisory.ranges:
        return not advisory.versions
    return any(_within(span, read) for span in advisory.ranges)


def hitting(advisories: Iterable[Advisory], version: str) -> tuple[Advisory, ...]:
    """Give those of ``advisories`` that hit ``version``, in the order they came."""
    return tuple(advisory for advisory in advisories if hits(advisory, version))


def named_fix(advisory: Advisory, version: str) -> str | None:
    """Give the version that ``advisory`` names as the fix for ``version``; None when it names none.

    That is the ``fixed`` end of the range that holds ``version``; the lowest one when several
    do. A fix that the same advisory hits again is no fix.
    """
    read = read_version(version)
    fixes = {
        span.fixed
        for span in advisory.ranges
        if span.fixed and _within(span, read) and not hits(advisory, span.fixed)
    }
    return min(fixes, key=_order, default=None)


def free_of(advisories: Iterable[Advisory], versions: Iterable[str]) -> tuple[str, ...]:
    """Give those of ``versions`` that no advisory hits, in the order they came."""
    known = tuple(advisories)
    return tuple(text for text in versions if not any(hits(advisory, text) for advisory in known))


def merged(advisories: Iterable[Advisory]) -> tuple[Advisory, ...]:
    """Keep one advisory per problem of one project, with all ids as its aliases.

    Two advisories are one problem when they share an id or alias, directly or through a
    third. Their ranges are not added up: one database may say "everything" where another
    knows the fixed version, and the sum would call the fixed release vulnerable. The one
    with the most precise data stands for all: ranges that all end, then versions listed,
    then ranges that are open; a tie goes to the lowest id. Severity is taken from another
    one where the chosen one has none, and the group is malicious when one of it is.
    Withdrawn advisories are left out first. Order: that of the first of each group.
    """
    groups: list[tuple[Name, set[str], list[Advisory]]] = []
    for advisory in advisories:
        if advisory.withdrawn:
            continue
        ids = {advisory.id, *advisory.aliases}
        near = [group for group in groups if group[0] == advisory.name and group[1] & ids]
        if not near:
            groups.append((advisory.name, ids, [advisory]))
            continue
        first = near[0]
        first[1].update(ids)
        first[2].append(advisory)
        for other in near[1:]:
            first[1].update(other[1])
            first[2].extend(other[2])
            groups.remove(other)
    return tuple(_one(ids, members) for _, ids, members in groups)


def _one(ids: set[str], members: list[Advisory]) -> Advisory:
    if len(members) == 1:
        return members[0]
    best = min(members, key=lambda advisory: (_vagueness(advisory), advisory.id))
    words = [best.severity, *(m.severity for m in sorted(members, key=lambda m: m.id))]
    return msgspec.structs.replace(
        best,
        aliases=tuple(sorted(ids - {best.id})),
        severity=next(filter(None, words), ""),
        malicious=any(member.malicious for member in members),
    )


def _vagueness(advisory: Advisory) -> int:
    if advisory.ranges and all(span.fixed for span in advisory.ranges):
        return 0
    if advisory.ranges and all(span.fixed or span.last_affected for span in advisory.ranges):
        return 1
    if advisory.versions:
        return 2 if not advisory.ranges else 3
    return 4 if any(span != Range() for span in advisory.ranges) else 5


class ReadVersion:
    """A version text, read once.

    ``version`` is None for a text that is no version, ``base`` is it without the local part,
    ``canonical`` and ``public`` are the canonical texts of the two, ``text`` the normalised one
    with the zeros it was written with.

    Most versions of a page are numbers with dots, whose texts need no parsing; only who
    compares such a version has it parsed, and a page has thousands.
    """

    __slots__ = ("_parsed", "canonical", "public", "text")

    def __init__(self, text: str) -> None:
        self.text = word = text.strip()
        self._parsed: tuple[Version | None, Version | None] | None = None
        if _NUMBERS.fullmatch(word):
            self.canonical = self.public = _without_zeros(word)
            return
        self._parsed = version, base = _parse(word)
        if version is None or base is None:
            self.text = text
            self.canonical = self.public = word.lower()
            return
        self.text = str(version)
        self.canonical = self.public = _canonical(version, self.text)
        if base is not version:
            self.public = _canonical(base, str(base))

    @property
    def version(self) -> "Version | None":
        """The version, or None."""
        return self._both()[0]

    @property
    def base(self) -> "Version | None":
        """The version without its local part, or None."""
        return self._both()[1]

    def _both(self) -> "tuple[Version | None, Version | None]":
        if self._parsed is None:
            self._parsed = _parse(self.text)
        return self._parsed


_NUMBERS = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.(?:0|[1-9][0-9]{0,17}))*")
"""Release segments that are normalised already (PEP 440, "Integer Normalization")."""


def _parse(word: str) -> "tuple[Version | None, Version | None]":
    from packaging.version import Version  # most commands compare no version, and it takes 10 ms

    try:
        version = Version(word)
    except ValueError:  # InvalidVersion, or a number too long for Python to read
        return None, None
    return version, version if version.local is None else Version(version.public)


@lru_cache(maxsize=16_384)
def read_version(text: str) -> ReadVersion:
    """Read a version text (PEP 440); the last 16,384 are remembered, since pages repeat them."""
    return ReadVersion(text)


def _canonical(version: "Version", text: str) -> str:
    """The canonical form of a version and its text; ``packaging.utils`` has it too, but its import costs 20 ms."""
    written = ".".join(map(str, version.release))
    return text.replace(written, _without_zeros(written), 1)


def _without_zeros(release: str) -> str:
    while release.endswith(".0"):
        release = release[:-2]
    return release


def _order(text: str) -> "tuple[bool, Version | str]":
    version = read_version(text).version
    return (True, text) if version is None else (False, version)


def _within(span: Range, read: ReadVersion) -> bool:
    version, base = read.version, read.base
    if version is None or base is None:
        return span == Range()
    since = _bound(span.introduced)
    if since is not None and version < since:
        return False
    until = _bound(span.fixed)
    if until is not None and version >= until:
        return False
    last = _bound(span.last_affected)
    # a local version is a build of its public one: 1.0+cu12 is affected when 1.0 is
    return last is None or version <= last or base <= last


def _bound(text: str) -> "Version | None":
    return read_version(text).version if text else None
