"""What is left over in all files together: files that were moved or renamed, and functions that went to another file."""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Sequence

import msgspec

from onward.domain.baseline.entry import Entry
from onward.domain.baseline.match import Seen, closeness, inherited, paired, same_line

_HALF = 0.5
_SAME_AROUND = 4  # of six lines, for what went to another file on its own


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What of the leftovers is known after all (with its path now), what is new and what is gone."""

    known: tuple[Seen, ...] = ()
    new: tuple[Seen, ...] = ()
    gone: tuple[Entry, ...] = ()


def settle(
    new: Sequence[Seen], gone: Sequence[Entry], lost: Collection[str] = frozenset()
) -> Settled:
    """Match what is new in some files with what is gone from others; ``lost`` are files that are not there any more.

    A lost file of which at least half of the entries are in one other file counts as moved there; beyond
    that an entry follows its function when line, symbol and surroundings are the same.
    """
    fresh, old = _grouped(new), _grouped_old(gone)
    known: list[Seen] = []
    for before, now in _moved_files(new, [one for one in gone if one.path in lost]):
        coming = fresh.pop(now)
        match = paired(old.pop(before), [seen.entry for seen in coming])
        known += [msgspec.structs.replace(one, at=coming[one.at].at) for one in match.known]
        fresh[now] = [coming[one.at] for one in match.new]
        old[before] = list(match.gone)
    alone, rest, left = _moved_alone(
        [seen for path in sorted(fresh) for seen in fresh[path]],
        [entry for path in sorted(old) for entry in old[path]],
    )
    return Settled(known=(*known, *alone), new=tuple(rest), gone=tuple(left))


def _grouped(new: Sequence[Seen]) -> dict[str, list[Seen]]:
    by_path: dict[str, list[Seen]] = defaultdict(list)
    for seen in new:
        by_path[seen.entry.path].append(seen)
    return by_path


def _grouped_old(gone: Sequence[Entry]) -> dict[str, list[Entry]]:
    by_path: dict[str, list[Entry]] = defaultdict(list)
    for entry in gone:
        by_path[entry.path].append(entry)
    return by_path


def _moved_files(new: Sequence[Seen], gone: Sequence[Entry]) -> list[tuple[str, str]]:
    """Give (path before, path now), the best pairs first; each path once."""
    places: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for seen in new:
        places[same_line(seen.entry)][seen.entry.path] += 1
    votes: dict[tuple[str, str], int] = Counter()
    leaving = Counter(entry.path for entry in gone)
    wanted: dict[str, Counter[Hashable]] = defaultdict(Counter)
    for entry in gone:
        wanted[entry.path][same_line(entry)] += 1
    for before, keys in wanted.items():
        for key, count in keys.items():
            there = places.get(key, Counter())
            if len(there) > _COMMON:
                continue  # says nothing about where the file went
            for now, many in there.items():
                votes[before, now] += min(count, many)
    best = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    pairs: list[tuple[str, str]] = []
    left: set[str] = set()
    taken: set[str] = set()
    for (before, now), count in best:
        enough = bool(now) and now != before and count >= leaving[before] * _HALF
        if enough and before not in left and now not in taken:
            left.add(before)
            taken.add(now)
            pairs.append((before, now))
    return pairs


_COMMON = 20  # files that have the same line in the same symbol


def _moved_alone(
    new: Sequence[Seen], gone: Sequence[Entry]
) -> tuple[list[Seen], list[Seen], list[Entry]]:
    places: dict[Hashable, list[Seen]] = defaultdict(list)
    for seen in new:
        if seen.entry.symbol:  # at the margin of a file stand imports, which are alike everywhere
            places[same_line(seen.entry)].append(seen)
    known: list[Seen] = []
    left: list[Entry] = []
    for entry in gone:
        waiting = places.get(same_line(entry), []) if entry.path else []
        near = [
            (closeness(entry, one.entry), -at)
            for at, one in enumerate(waiting[:_COMMON])
            if one.entry.path != entry.path  # in its own file it was looked for
        ]
        most, best = max(near, default=(0, 0))
        if most >= _SAME_AROUND:
            one = waiting.pop(-best)
            known.append(Seen(at=one.at, entry=inherited(one.entry, entry)))
        else:
            left.append(entry)
    taken = {(one.entry.path, one.at) for one in known}
    return known, [one for one in new if (one.entry.path, one.at) not in taken], left
