"""Which findings of one file are the old ones, where an older text of it is known: by lines instead of by likeness."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence

from onward.core.finding import Finding, Place
from onward.domain.baseline.align import Pair
from onward.domain.baseline.entry import Entry, Source, entries_of, has_scopes
from onward.domain.baseline.lines import (
    lines_laid_out,
    moved_functions,
    only_laid_out,
    renamed_lines,
    same_lines,
)
from onward.domain.baseline.match import Match, laid_out_anew, likely, match_of, moved_exactly

Key = Callable[[Entry], Hashable]


def matched_by_lines(
    entries: Sequence[Entry], findings: Sequence[Finding], before: str, after: str
) -> Match:
    """Match the old ``entries`` of one file with its ``findings``; ``before`` is an older text of it, ``after`` today's.

    An entry that stood on a line of the older text is known where that line is now: in place, in
    a function that moved as a whole, under names that were changed throughout, in a statement
    that was only laid out anew; or where it is the same with all its surroundings. What cannot
    be found in the older text is matched by likeness.
    """
    scopes = has_scopes(findings)
    texts = Source(before, scopes=scopes), Source(after, scopes=scopes)
    now = entries_of(findings, after)
    lines = [one.subject.line if isinstance(one.subject, Place) else 0 for one in findings]
    return _Lines(entries, now, lines, placed(entries, texts[0])).match(*texts)


def placed(entries: Sequence[Entry], text: Source) -> list[int | None]:
    """Give for each entry the line that it stood on in ``text`` (from 0), as its marks tell; None when they do not.

    Lines that are alike with their surroundings are given out in order. Where the surroundings are no
    longer those of the entry, its line and function must be there just once.
    """
    wanted = {one.marks.line for one in entries}
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for at in range(len(text.lines)):
        line = text.line(at)
        if line in wanted:
            symbol = text.symbol(at + 1)
            alike[line, symbol, text.surroundings(at)].append(at)
            alike[line, symbol].append(at)
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number, one in enumerate(entries):
        groups[_around(one), one.rule, one.marks.snippet].append(number)
    found: list[int | None] = [None] * len(entries)
    for group in groups.values():
        one = entries[group[0]]
        places = alike.get(_around(one), [])
        if not places and len(alike.get((one.marks.line, one.symbol), ())) == 1:
            places = alike[one.marks.line, one.symbol]
        for number, entry in enumerate(group) if places else ():
            # more findings than lines: some lines have several
            share = number if len(group) <= len(places) else number * len(places) // len(group)
            found[entry] = places[share]
    return found


def _around(one: Entry) -> Hashable:
    marks = one.marks
    return (marks.line, one.symbol, (marks.near, marks.above, marks.below))


class _Lines:
    def __init__(
        self,
        old: Sequence[Entry],
        now: Sequence[Entry],
        lines: Sequence[int],
        places: Sequence[int | None],
    ) -> None:
        self._old = old
        self._now = now
        self._lines = [line - 1 for line in lines]
        self._places = places
        self._pairs: list[Pair] = []

    def match(self, before: Source, after: Source) -> Match:
        """Give what came out."""
        same = same_lines(before.lines, after.lines)
        self._tie(same, _snippet)
        self._by_likeness()
        if all(self._left()):
            self._tie(moved_functions(before, after, same), _snippet)
            self._tie(renamed_lines(before, after, same), _rule)
            if only_laid_out(before, after, same):
                self._tie(lines_laid_out(before, after, same), _rule)
                self._also(laid_out_anew)
            self._also(moved_exactly)
        return match_of(self._old, self._now, self._pairs)

    def _also(self, pair: Callable[[Sequence[Entry], Sequence[Entry]], list[Pair]]) -> None:
        old, now = self._left()
        pairs = pair([self._old[at] for at in old], [self._now[at] for at in now])
        self._pairs += [(old[at], now[other]) for at, other in pairs]

    def _tie(self, origins: Mapping[int, int], key: Key) -> None:
        """Pair what has the same key where the line of the newer text is that of the older one."""
        old, now = self._left()
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for at in reversed(old):
            line = self._places[at]
            if line is not None:
                waiting[line, key(self._old[at])].append(at)
        for other in now:
            place = origins.get(self._lines[other])
            there = waiting.get((place, key(self._now[other])))
            if place is not None and there:
                self._pairs.append((there.pop(), other))

    def _by_likeness(self) -> None:
        """Match what was not found in the older text the way it goes without one."""
        old, now = self._left()
        old = [at for at in old if self._places[at] is None]
        pairs, _ = likely([self._old[at] for at in old], [self._now[at] for at in now])
        self._pairs += [(old[at], now[other]) for at, other in pairs]

    def _left(self) -> tuple[list[int], list[int]]:
        used_old, used_now = {at for at, _ in self._pairs}, {other for _, other in self._pairs}
        return (
            [at for at in range(len(self._old)) if at not in used_old],
            [at for at in range(len(self._now)) if at not in used_now],
        )


def _snippet(one: Entry) -> Hashable:
    return (one.rule, one.marks.snippet)


def _rule(one: Entry) -> Hashable:
    return one.rule
