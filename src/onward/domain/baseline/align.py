"""Which items of two rows are the same ones, in order: an ordered diff whose cost stays near the length of the rows."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence

Pair = tuple[int, int]

_MOST_CELLS = 40_000  # of the table for a gap without anchors; a larger one is walked through once


def aligned(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    weight: Callable[[int, int], int] = lambda _old, _new: 1,
) -> list[Pair]:
    """Give index pairs of equal items, rising on both sides.

    First what is equal at both ends of the rows, then what is there once on each side, then again
    between those; what is left is tried in every way when it is little, by
    ``weight`` of a pair of indices (0 or less: no pair), else taken in order.
    """
    pairs: list[Pair] = []
    todo = [(0, len(old), 0, len(new))]
    while todo:
        low, high, left, right = todo.pop()
        if low >= high or left >= right:
            continue
        anchors = _anchors(old, new, (low, high, left, right))
        anchors = [pair for pair in anchors if weight(*pair) > 0]
        if anchors:
            pairs += anchors
            before = (low - 1, left - 1)
            for at, other in (*anchors, (high, right)):
                todo.append((before[0] + 1, at, before[1] + 1, other))
                before = (at, other)
        else:
            pairs += _table(old, new, (low, high, left, right), weight)
    return sorted(pairs)


_Span = tuple[int, int, int, int]


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable], span: _Span) -> list[Pair]:
    """Give the longest rising row of items that are there just once on each side."""
    low, high, left, right = span
    count_old = Counter(old[low:high])
    count_new = Counter(new[left:right])
    place = {item: at for at, item in enumerate(new[left:right], left) if count_new[item] == 1}
    unique = [
        (at, place[item])
        for at, item in enumerate(old[low:high], low)
        if item in place and count_old[item] == 1
    ]
    return _rising(unique)


def _rising(pairs: Sequence[Pair]) -> list[Pair]:
    """Give the longest part of ``pairs`` (rising in the first) that rises in the second too."""
    ends: list[int] = []
    ends_at: list[int] = []
    before: list[int] = []
    for at, (_, other) in enumerate(pairs):
        length = bisect_left(ends, other)
        before.append(ends_at[length - 1] if length else -1)
        ends[length : length + 1] = [other]
        ends_at[length : length + 1] = [at]
    row: list[Pair] = []
    at = ends_at[-1] if ends_at else -1
    while at >= 0:
        row.append(pairs[at])
        at = before[at]
    return row[::-1]


def _table(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    span: _Span,
    weight: Callable[[int, int], int],
) -> Iterator[Pair]:
    low, high, left, right = span
    if not set(old[low:high]) & set(new[left:right]):
        return
    if (high - low) * (right - left) > _MOST_CELLS:
        yield from _in_order(old, new, span, weight)
        return
    width = right - left
    best = [[0] * (width + 1)]
    gains: dict[Pair, int] = {}
    for at in range(low, high):
        above, row = best[-1], [0]
        for column in range(width):
            gain = weight(at, left + column) if old[at] == new[left + column] else 0
            if gain > 0:
                gains[at, left + column] = gain
                gain += above[column]
            row.append(max(above[column + 1], row[column], gain))
        best.append(row)
    at, other = high, right
    while at > low and other > left:
        here = best[at - low][other - left]
        gained = gains.get((at - 1, other - 1))
        if gained is not None and here == best[at - 1 - low][other - 1 - left] + gained:
            at, other = at - 1, other - 1
            yield at, other
        elif here == best[at - 1 - low][other - left]:
            at -= 1
        else:
            other -= 1


def _in_order(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    span: _Span,
    weight: Callable[[int, int], int],
) -> Iterator[Pair]:
    """Give each item the next equal one; both sides are walked through once for each kind of item."""
    low, high, left, right = span
    places: dict[Hashable, list[int]] = {}
    for at in range(right - 1, left - 1, -1):
        places.setdefault(new[at], []).append(at)
    reached = left - 1
    for at in range(low, high):
        waiting = places.get(old[at], [])
        while waiting and waiting[-1] <= reached:
            waiting.pop()
        if waiting and weight(at, waiting[-1]) > 0:
            reached = waiting.pop()
            yield at, reached
