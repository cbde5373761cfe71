"""Names that are easily taken for a far more popular one.

A name can only say so much: of known malicious names about one in six is near a popular
one, so this rule is a help against slips, not a protection. It is tuned to be silent on
honest names first (``scripts/bench guard-rules`` prints both figures).
"""

from collections.abc import Iterator
from itertools import combinations, permutations

import msgspec

from onward.core.names import Name
from onward.domain.guard.import_names import IMPORT_NAMES
from onward.domain.guard.slips import ANY, EASY, MULTI_ALIKE, NEAR, looks_of, slips
from onward.domain.guard.tables import PopularTable

# How far down the popular table a kind of likeness is believed. Honest names that are near
# each other are common among the less used ones, so the weaker the likeness, the higher the
# other name must stand.
_ANY_RANK = 15_000
_ONE_SLIP_RANK = 2_000
_ORDER_RANK = 1_000
_TOP_RANK = 100
_WEAK_RANK = 300  # affixes, digits, plural, two slips at once, other slips in short names

_BELIEVED = (
    # cost of the slip up to, ((letters in which the names differ at least, lowest rank), ...)
    (EASY, ((5, _ANY_RANK), (4, _WEAK_RANK))),
    (NEAR, ((9, _ANY_RANK), (7, _ONE_SLIP_RANK), (6, _WEAK_RANK), (5, _TOP_RANK))),
    (ANY, ((10, _ANY_RANK), (8, _ONE_SLIP_RANK), (6, _WEAK_RANK))),
)
_SHORTEST = 4
_LONG_ENOUGH = 8  # for two slips at once
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
_BEFORE = ("python-", "py-", "lib-", "python", "py", "lib")
_AFTER = ("-python", "-py", "-lib", "python", "py", "lib", "s")


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """What a name looks like: the kind of likeness, the name probably meant, and its rank from 1.

    ``kind`` is ``import-name`` for an import name used as project name; its rank is 0 when
    the right project is not in the popular table. Else it is in words: ``swapped letters``,
    ``separators``, ``an affix``, ``the order of its words``, ``two slips`` ... ``as_of`` is
    the day of the popular table where that decided.
    """

    kind: str
    meant: Name
    rank: int
    as_of: str = ""


def nearest_popular(
    name: Name, table: PopularTable, *, vouched: frozenset[Name] = frozenset()
) -> Likeness | None:
    """Give the popular name that ``name`` is probably taken for; None for an honest one.

    A name in ``vouched`` is never questioned. An import name (``sklearn``) gives its project
    even when it is in the table itself, since people install that trap a lot; any other name
    in the table is well known and gives None.
    """
    if name in vouched:
        return None
    if meant := IMPORT_NAMES.get(name):
        return Likeness(kind="import-name", meant=meant, rank=table.rank(meant) or 0)
    if name in table:
        return None
    found = min(_candidates(name, table), default=None)
    if found is None:
        return None
    _, rank, kind, meant = found
    return Likeness(kind=kind, meant=meant, rank=rank, as_of=table.date.isoformat())


_Found = tuple[float, int, str, Name]  # cost, rank, kind, name: the smallest is the likeliest


def _candidates(name: Name, table: PopularTable) -> Iterator[_Found]:
    for text in _other_separators(name):
        yield from _known(text, table, 0.4, _ONE_SLIP_RANK, "separators")
    for text in _look_the_same(name):
        yield from _known(text, table, EASY, _ONE_SLIP_RANK, "confusable letters")
    for text in _other_order(name):
        yield from _known(text, table, 0.6, _ORDER_RANK, "the order of its words")
    for text in _other_affix(name):
        yield from _known(text, table, 0.9, _WEAK_RANK, "an affix")
    for text in _one_edit(name):
        rank = table.ranks.get(text)
        if rank is not None and len(text) >= _SHORTEST:
            cost, kinds = slips(name, text)
            lowest = _believed(cost, kinds[0], _length_of_difference(name, text))
            if len(kinds) == 1 and rank <= lowest:
                yield cost, rank, kinds[0], Name(text)
    yield from _two_slips(name, table)


def _known(text: str, table: PopularTable, cost: float, lowest: int, kind: str) -> Iterator[_Found]:
    rank = table.ranks.get(text)
    if rank is not None and rank <= lowest and len(text) >= _SHORTEST:
        yield cost, rank, kind, Name(text)


def _length_of_difference(name: str, other: str) -> int:
    """Give the letters of ``other`` from its first to its last word that ``name`` does not share.

    ``mypy-boto3-sqs`` and ``mypy-boto3-sts`` are long, but what differs is three letters.
    """
    words, others = name.split("-"), other.split("-")
    while words and others and words[0] == others[0]:
        del words[0], others[0]
    while words and others and words[-1] == others[-1]:
        del words[-1], others[-1]
    return len("-".join(others))


def _believed(cost: float, kind: str, length: int) -> int:
    """Give the lowest rank at which one slip of this cost is believed in this many letters; 0 for none."""
    if kind in ("separators", "confusable letters"):
        return _ONE_SLIP_RANK
    for most, steps in _BELIEVED:
        if cost <= most:
            return next((rank for least, rank in steps if length >= least), 0)
    return 0


def _other_separators(name: str) -> Iterator[str]:
    """The name with no separators, and with one or two anywhere."""
    plain = name.replace("-", "")
    yield plain
    for at in range(1, len(plain)):
        yield f"{plain[:at]}-{plain[at:]}"
    for one, two in combinations(range(1, len(plain)), 2):
        yield f"{plain[:one]}-{plain[one:two]}-{plain[two:]}"


def _look_the_same(name: str) -> Iterator[str]:
    """The name with one character, or all of its kind, replaced by one that looks the same."""
    for at, key in enumerate(name):
        for other in looks_of(key):
            yield f"{name[:at]}{other}{name[at + 1 :]}"
            yield name.replace(key, other)
    for pair in MULTI_ALIKE:
        for old, new in (pair, pair[::-1]):
            at = name.find(old)
            while at >= 0:
                yield f"{name[:at]}{new}{name[at + len(old) :]}"
                at = name.find(old, at + 1)


def _other_order(name: str) -> Iterator[str]:
    words = name.split("-")
    if 2 <= len(words) <= 4:
        yield from ("-".join(order) for order in permutations(words))


def _other_affix(name: str) -> Iterator[str]:
    """The name without an affix it has, and with one it has not; digits at the end come and go too."""
    for affix in _BEFORE:
        yield affix + name
        if name.startswith(affix):
            yield name[len(affix) :]
    for affix in _AFTER:
        yield name + affix
        if name.endswith(affix):
            yield name[: -len(affix)]
    yield name.rstrip("0123456789").rstrip("-")
    yield from (f"{name}{digit}" for digit in "234")


def _one_edit(name: str) -> Iterator[str]:
    for at in range(len(name)):
        head, tail = name[:at], name[at + 1 :]
        yield head + tail
        if tail:
            yield f"{head}{tail[0]}{name[at]}{tail[1:]}"
        for letter in _LETTERS:
            yield f"{head}{letter}{tail}"
            yield f"{head}{letter}{name[at:]}"
    yield from (name + letter for letter in _LETTERS)


def _two_slips(name: str, table: PopularTable) -> Iterator[_Found]:
    letters = set(name)
    for rank, other in enumerate(table.names[:_WEAK_RANK], start=1):
        if (
            min(len(name), len(other)) < _LONG_ENOUGH
            or abs(len(other) - len(name)) > 2
            or len(letters.difference(other)) > 2
            or len(set(other).difference(name)) > 2
        ):
            continue
        cost, kinds = slips(name, other)
        if (
            len(kinds) == 2
            and cost <= 2 * NEAR
            and _length_of_difference(name, other) >= _LONG_ENOUGH
        ):
            yield cost, rank, "two slips: " + " and ".join(kinds), other
