"""Which findings of one file are the old ones: an ordered diff first, then less and less alike, then moves."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

import msgspec

from onward.core.finding import Finding
from onward.domain.baseline.align import Pair, aligned
from onward.domain.baseline.entry import Entry, entries_of
from onward.domain.baseline.lines import NEARLY_ALL


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A finding: its place in the row that was handed in, and the entry that would stand for it now.

    For a known one the entry has the ``since`` and ``why`` of the old one.
    """

    at: int
    entry: Entry


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one file: those known from before, those that are new; and the entries that nothing fits any more.

    ``stale`` says that some known one has changed so much that its entry should be written anew,
    ``guessed`` that entries and findings were both left after what is exactly the same was matched.
    """

    known: tuple[Seen, ...] = ()
    new: tuple[Seen, ...] = ()
    gone: tuple[Entry, ...] = ()
    stale: bool = False
    guessed: bool = False


def matched(entries: Sequence[Entry], findings: Sequence[Finding], text: str) -> Match:
    """Match the old ``entries`` of one file (in their order) with its ``findings`` (in order of lines).

    ``text`` is the file's source now.
    """
    return paired(entries, entries_of(findings, text))


def paired(old: Sequence[Entry], now: Sequence[Entry]) -> Match:
    """Match old entries with those that would stand for today's findings."""
    pairs, guessed = likely(old, now)
    return msgspec.structs.replace(match_of(old, now, pairs), guessed=guessed)


def likely(old: Sequence[Entry], now: Sequence[Entry]) -> tuple[list[Pair], bool]:
    """Give indices that belong together, and whether both sides had some left after what is exactly the same."""
    pairs = _Pairs(old, now)
    pairs.in_order(*IN_ORDER[0])
    guessed = all(pairs.left())
    for key, least in IN_ORDER[1:]:
        pairs.in_order(key, least)
    for key, least in MOVED:
        pairs.moved(key, least)
    return pairs.found, guessed


def moved_exactly(old: Sequence[Entry], now: Sequence[Entry]) -> list[Pair]:
    """Pair what is the same with all its surroundings, wherever it stands, when that is all of the old ones.

    Amid other edits it may as well be another one.
    """
    pairs = _Pairs(old, now)
    pairs.moved(*MOVED[0])
    return pairs.found if len(pairs.found) == len(old) else []


def laid_out_anew(old: Sequence[Entry], now: Sequence[Entry]) -> list[Pair]:
    """Pair what has the same characters around it, however they are broken into lines."""
    pairs = _Pairs(old, now)
    pairs.in_order(_laid_out, 0)
    return pairs.found


def match_of(old: Sequence[Entry], now: Sequence[Entry], pairs: Sequence[Pair]) -> Match:
    """Give what it means that these indices of ``old`` and ``now`` belong together."""
    used_old, used_now = {at for at, _ in pairs}, {other for _, other in pairs}
    known = sorted((other, at) for at, other in pairs)
    return Match(
        known=tuple(Seen(at=other, entry=inherited(now[other], old[at])) for other, at in known),
        new=tuple(Seen(at=at, entry=one) for at, one in enumerate(now) if at not in used_now),
        gone=tuple(one for at, one in enumerate(old) if at not in used_old),
        stale=any(same_line(old[at]) != same_line(now[other]) for other, at in known),
    )


Key = Callable[[Entry], Hashable]


def _exact(one: Entry) -> Hashable:
    marks = one.marks
    return (one.rule, one.symbol, marks.line, marks.snippet, marks.above, marks.below)


def same_line(one: Entry) -> Hashable:
    """Give what an entry is told from others by: rule, symbol, the line and the part of it that is meant."""
    return (one.rule, one.symbol, one.marks.line, one.marks.snippet)


def _line_anywhere(one: Entry) -> Hashable:
    return (one.rule, one.marks.line, one.marks.snippet)


def _laid_out(one: Entry) -> Hashable:
    return (one.rule, one.marks.flow, one.marks.message)


def _renamed(one: Entry) -> Hashable:
    return (one.rule, one.marks.shape, one.marks.message)


def _in_its_function(one: Entry) -> Hashable:
    # at the margin of a file equal lines say little
    return same_line(one) if one.symbol else None


IN_ORDER: tuple[tuple[Key, int], ...] = (
    (_exact, 0),
    (same_line, 1),
    (_line_anywhere, 2),
    (_laid_out, 0),
    (_renamed, 6),
)
"""What must be equal, the most alike first, and how many lines around must be the same (0 to 6).

The figures come from release pairs of projects that are not among those measured: see docs/why/baseline.md.
"""

MOVED: tuple[tuple[Key, int], ...] = ((_exact, 0), (_in_its_function, 3))
"""The same where the order has changed."""


class _Pairs:
    def __init__(self, old: Sequence[Entry], now: Sequence[Entry]) -> None:
        self._old = old
        self._now = now
        self._rows: list[Pair] = []  # rising on both sides
        self._loose: list[Pair] = []  # moved

    def in_order(self, key: Key, least: int) -> None:
        """Pair what lies between the pairs there are."""
        if len(self._rows) + len(self._loose) in (len(self._old), len(self._now)):
            return
        old, now = [key(one) for one in self._old], [key(one) for one in self._now]

        sure = _defining(old, now) if key is same_line else set()

        def weight(at: int, other: int) -> int:
            """Give how much is gained by taking two for the same; 0 for what cannot be."""
            near = closeness(self._old[at], self._now[other])
            one, two = self._old[at].marks, self._now[other].marks
            if near < least and old[at] not in sure:
                return 0
            same_scope = self._old[at].symbol == self._now[other].symbol
            if key is _renamed and same_scope and one.near == two.near:
                return 0  # a name that changed in this line alone was not renamed
            return 20 + 2 * near + (one.message == two.message)

        found: list[Pair] = []
        before = (-1, -1)
        for pair in (*self._rows, (len(old), len(now))):
            low, left = before[0] + 1, before[1] + 1
            if low < pair[0] and left < pair[1]:
                gap = aligned(
                    old[low : pair[0]],
                    now[left : pair[1]],
                    lambda at, other, low=low, left=left: weight(low + at, left + other),  # type: ignore[misc]
                )
                found += [(low + at, left + other) for at, other in gap]
            before = pair
        if key is not _laid_out or self._is_layout(len(found)):
            self._rows = sorted([*self._rows, *found])

    def _is_layout(self, count: int) -> bool:
        """Say whether ``count`` pairs are nearly all that is left: laying out anew makes and mends nothing."""
        most = max(len(self._old), len(self._now)) - len(self._rows)
        return count >= most * NEARLY_ALL

    def moved(self, key: Key, least: int) -> None:
        """Pair what is left wherever it stands, the nearest surroundings first."""
        old, now = self.left()
        places: dict[Hashable, list[int]] = {}
        sure = _defining(
            [key(self._old[at]) for at in old], [key(self._now[other]) for other in now]
        )
        for other in now:
            places.setdefault(key(self._now[other]), []).append(other)
        for at in old:
            mark = key(self._old[at])
            waiting = places.get(mark)
            if mark is None or not waiting:
                continue
            near = [
                (closeness(self._old[at], self._now[other]), -other) for other in waiting[:_TRIED]
            ]
            most, best = max(near)
            if most >= least or mark in sure:
                waiting.remove(-best)
                self._loose.append((at, -best))

    @property
    def found(self) -> list[Pair]:
        """All pairs, in no order."""
        return [*self._rows, *self._loose]

    def left(self) -> tuple[list[int], list[int]]:
        """Give what has no partner on either side."""
        used_old, used_now = {at for at, _ in self.found}, {other for _, other in self.found}
        return (
            [at for at in range(len(self._old)) if at not in used_old],
            [at for at in range(len(self._now)) if at not in used_now],
        )


def _defining(old: Sequence[Hashable], now: Sequence[Hashable]) -> set[Hashable]:
    """Give the keys that are there just once on either side, in a function or class: such a line is itself, whatever is around."""
    count_old, count_now = Counter(old), Counter(now)
    return {
        key
        for key, count in count_old.items()
        if count == 1 and count_now[key] == 1 and isinstance(key, tuple) and key[1]
    }


_TRIED = 50  # places that a moved finding is compared with


def closeness(old: Entry, now: Entry) -> int:
    """Give how many of the lines around two findings are the same, 0 to 6; one put in between does no harm."""
    return _common(old.marks.above, now.marks.above) + _common(old.marks.below, now.marks.below)


def inherited(now: Entry, old: Entry) -> Entry:
    """Give the entry for today's finding with what is remembered of the old one."""
    return msgspec.structs.replace(now, since=old.since, why=old.why)


def _common(old: tuple[str, ...], now: tuple[str, ...]) -> int:
    if old == now:
        return 3  # at the edge of a file there are fewer than three, which is as good
    return (Counter(old) & Counter(now)).total()
