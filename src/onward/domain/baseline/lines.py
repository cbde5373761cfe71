"""Which lines of a newer text are lines of an older one: in place, in a function that moved, under other names."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from onward.domain.baseline.align import Pair, aligned
from onward.domain.baseline.entry import Source, bare

Origins = Mapping[int, int]
"""A newer line to the older one that it is; both count from 0, and each older one is there once."""

_WORD = re.compile(r"[^\W\d]\w*")
_SAID = re.compile(r"""[rbufRBUF]{0,2}(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|#.*""")
_DEFINED = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+(\w+)")
_BOUND = re.compile(  # what a line gives a value to: a target, a name after a word, a parameter
    r"\b(?:for|as|import)\s+(\w+)|(?<![\w.])(\w+)\s*(?::[^=]*)?=(?!=)|(?<=[(,*])\s*(\w+)(?=\s*[,:)=])"
)


_MOST_WORK = (
    2_000_000  # pairs of equal lines that are looked at in one go; with more the cheap way is taken
)


def same_lines(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Give the lines that stayed, in order; blanks around a line do not count.

    Of several ways the one is taken that keeps the longest run of lines together, then the longest
    on both sides of it. A line that would stay on its own must also stay in the way that keeps the
    most lines with words: where two ways differ nobody can say which of two twins is the old one.
    Texts with very many equal lines go by the second way alone.
    """
    old, new = [line.strip() for line in before], [line.strip() for line in after]
    most = min(len(old), len(new))
    head = next((at for at in range(most) if old[at] != new[at]), most)
    most -= head
    tail = next((at for at in range(most) if old[-1 - at] != new[-1 - at]), most)

    def weight(one: int, two: int) -> int:
        at, other = head + one, head + two
        above = at > 0 and other > 0 and old[at - 1] == new[other - 1]
        below = at + 1 < len(old) and other + 1 < len(new) and old[at + 1] == new[other + 1]
        return (4 if _WORD.search(old[at]) else 1) + 2 * above + 2 * below

    left = old[head : len(old) - tail], new[head : len(new) - tail]
    between = _sure(*left, aligned(*left, weight))
    return (
        {at: at for at in range(head)}
        | {head + other: head + at for at, other in between}
        | {len(new) - at: len(old) - at for at in range(1, tail + 1)}
    )


def _sure(old: Sequence[str], new: Sequence[str], most: Sequence[Pair]) -> Iterator[Pair]:
    """Give the longest runs, and what is alone when it is among ``most`` too."""
    counts = Counter(old), Counter(new)
    if sum(count * counts[1][line] for line, count in counts[0].items()) > _MOST_WORK:
        yield from most
        return
    agreed = set(most)
    for run in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        for at in range(run.size):
            pair = (run.a + at, run.b + at)
            if run.size > 1 or pair in agreed:
                yield pair


def gaps(same: Origins, old: int, new: int) -> Iterator[tuple[range, range]]:
    """Give the runs of older and newer lines that lie between lines that stayed; ``old`` and ``new`` are how many there are."""
    before = (-1, -1)
    for other, at in (*sorted(same.items()), (new, old)):
        runs = range(before[0] + 1, at), range(before[1] + 1, other)
        if all(runs):
            yield runs
        before = (at, other)


def only_laid_out(before: Source, after: Source, same: Origins) -> bool:
    """Say whether the lines that did not stay hold the words of the older ones, all but one of fifty: a formatter keeps them."""
    kept = set(same.values())
    old = _words(line for at, line in enumerate(before.lines) if at not in kept)
    new = _words(line for at, line in enumerate(after.lines) if at not in same)
    return (old & new).total() >= 0.98 * max(old.total(), new.total())


def lines_laid_out(before: Source, after: Source, same: Origins) -> dict[int, int]:
    """Give the lines that are the same but for what formatters change in a line: inner blanks, quotes, a last comma."""
    found: dict[int, int] = {}
    for was, here in gaps(same, len(before.lines), len(after.lines)):
        old, new = (
            [bare(text.lines[at]) for at in run] for text, run in ((before, was), (after, here))
        )
        found |= {here[other]: was[at] for at, other in aligned(old, new)}
    return found


def _words(lines: Iterable[str]) -> Counter[str]:
    return Counter(word for line in lines for word in _WORD.findall(line))


def moved_functions(before: Source, after: Source, same: Origins) -> dict[int, int]:
    """Give the lines of functions and classes that stand elsewhere now, every line of them the same."""
    old, new = _by_symbol(before), _by_symbol(after)
    found: dict[int, int] = {}
    for symbol, lines in new.items():
        was = old.get(symbol, [])
        stayed = {same.get(at) for at in lines} & set(was)
        if not symbol or len(was) != len(lines) or stayed:
            continue
        if all(
            bare(before.lines[at]) == bare(after.lines[other])
            for at, other in zip(was, lines, strict=True)
        ):
            found |= dict(zip(lines, was, strict=True))
    return found


def _by_symbol(text: Source) -> dict[str, list[int]]:
    lines: dict[str, list[int]] = defaultdict(list)
    for at, symbol in enumerate(text.symbols()):
        line = text.lines[at].strip()
        if _WORD.search(line) and not line.startswith(
            "#"
        ):  # one below a function may be of the next
            lines[symbol].append(at)
    return lines


class _Names:
    """The names of one text: how many lines use each, by function or class with all in it (the empty one is the file)."""

    def __init__(self, text: Source) -> None:
        self.used: dict[str, Counter[str]] = defaultdict(Counter)
        self.bound: dict[str, set[str]] = defaultdict(set)
        self.symbols = text.symbols()
        for at, line in enumerate(text.lines):
            if not _WORD.search(line):
                continue
            symbol = self.symbols[at]
            words = set(_WORD.findall(_SAID.sub("", line)))
            bound = {name for names in _BOUND.findall(line) for name in names if name}
            for scope in _around(symbol):
                self.used[scope].update(words)
                self.bound[scope] |= bound


def _around(symbol: str) -> Iterator[str]:
    yield ""
    parts = symbol.split(".") if symbol else []
    for at in range(1, len(parts) + 1):
        yield ".".join(parts[:at])


def renamed_lines(before: Source, after: Source, same: Origins) -> dict[int, int]:
    """Give the lines that differ only by names that were changed throughout, where hardly anything else changed.

    Throughout means that the new name was not there before, and that the old one is gone: from the
    function that gave it its value, where both stand in as many lines, two at least; or from
    the file, when it is the name of a function or class. Nine tenths of the lines of the file that were replaced
    must be the older ones under such names: a renaming amid other edits is an edit.
    """
    pairs = list(_alike(before, after, same))
    if not pairs:
        return {}
    old, new = _Names(before), _Names(after)
    changes = {(at, other): _changes(before.lines[at], after.lines[other]) for at, other in pairs}
    defined = {
        (one[1], two[1]): (old.symbols[at], new.symbols[other])
        for at, other in pairs
        if (one := _DEFINED.match(before.lines[at]))
        and (two := _DEFINED.match(after.lines[other]))
        and not new.used[""][one[1]]
        and not old.used[""][two[1]]
    }

    def throughout(change: tuple[str, str], scopes: tuple[str, str]) -> bool:
        """Say whether a name was changed wherever it stands in its scope, or where it is defined."""
        was, now = change
        there, here = old.used[scopes[0]], new.used[scopes[1]]
        return change in defined or (
            all(scopes)
            and was in old.bound[scopes[0]]
            and now in new.bound[scopes[1]]
            and not here[was]
            and not there[now]
            and there[was] == here[now] > 1
        )

    found = [
        (at, other)
        for (at, other), some in changes.items()
        if some and all(throughout(one, (old.symbols[at], new.symbols[other])) for one in some)
    ]
    names = {pair for (at, other) in found for pair in changes[at, other]}
    if not _only_renamed(before.lines, after.lines, same, names):
        return {}
    return {other: at for at, other in found}


def _only_renamed(
    before: Sequence[str], after: Sequence[str], same: Origins, names: Collection[tuple[str, str]]
) -> bool:
    """Say whether nearly all lines that were replaced are, under the new names, the older ones; texts and remarks too."""
    now = dict(names)
    old, new = Counter[str](), Counter[str]()
    for was, here in gaps(same, len(before), len(after)):
        lines = (before[at].strip() for at in was)
        old.update(_WORD.sub(lambda word: now.get(word[0], word[0]), line) for line in lines)
        new.update(after[at].strip() for at in here)
    return (old & new).total() >= NEARLY_ALL * max(old.total(), new.total())


NEARLY_ALL = 0.9
"""Of what changed must be of one kind before it counts so: a formatter makes and mends nothing, nor does a renaming."""


def _alike(before: Source, after: Source, same: Origins) -> Iterator[Pair]:
    """Give pairs of lines in the same gap that are the same but for names."""
    for old, new in gaps(same, len(before.lines), len(after.lines)):
        shapes = [before.shape(at) or "-" for at in old], [after.shape(at) for at in new]
        for at, other in aligned(*shapes):
            yield old[at], new[other]


def _changes(old: str, new: str) -> set[tuple[str, str]]:
    """Give which names became which in a line; nothing when texts or remarks in it changed."""
    if _SAID.findall(old) != _SAID.findall(new):
        return set()
    words = (_WORD.findall(_SAID.sub('""', line)) for line in (old, new))
    return {pair for pair in zip(*words, strict=False) if pair[0] != pair[1]}
