"""How likely a hand or an eye takes one word for another: edit distance weighted by how people slip."""

from functools import cache

_ROWS = ((0.0, "1234567890-"), (0.5, "qwertyuiop"), (0.75, "asdfghjkl"), (1.25, "zxcvbnm"))
_PLACES = {key: (x + at, y) for y, (at, row) in enumerate(_ROWS) for x, key in enumerate(row)}
_VOWELS = frozenset("aeiouy")
_ALIKE = frozenset(map(frozenset, ("0o", "1l", "1i", "il", "5s", "2z", "8b", "3e", "4a")))

MULTI_ALIKE = (("rn", "m"), ("vv", "w"))
"""Pairs of letters that look like one other letter."""

EASY = 0.5
"""Letters swapped, doubled or not doubled, or mistaken for one that looks the same."""
NEAR = 0.75
"""A neighbouring key, another vowel, a letter left out."""
ANY = 1.0
"""Any other letter added or replaced."""
_FIRST = 0.25  # more, for the first letter: people look at it
_DIGIT = 3.0  # another digit is another member of a family (boto, boto3), not a slip


def alike(one: str, other: str) -> bool:
    """Say whether two characters look the same in many typefaces."""
    return frozenset((one, other)) in _ALIKE


def looks_of(key: str) -> tuple[str, ...]:
    """Give the characters that look like ``key``."""
    return tuple(sorted("".join(pair - {key}) for pair in _ALIKE if key in pair))


@cache
def _neighbours(one: str, other: str) -> bool:
    if one not in _PLACES or other not in _PLACES:
        return False
    (x, y), (u, v) = _PLACES[one], _PLACES[other]
    return abs(x - u) <= 1.0 and abs(y - v) <= 1


def _replaced(typed: str, meant: str) -> tuple[float, str]:
    if alike(typed, meant):
        return EASY, "confusable letters"
    if typed.isdigit() and meant.isdigit():
        return _DIGIT, "another digit"
    if _neighbours(typed, meant):
        return NEAR, "a neighbouring key"
    if typed.isdigit() or meant.isdigit():
        return _DIGIT, "another digit"
    if typed in _VOWELS and meant in _VOWELS:
        return NEAR, "another vowel"
    return ANY, "another letter"


def _extra(word: str, at: int) -> tuple[float, str]:
    key = word[at]
    if key == "-":
        return EASY, "separators"
    if key.isdigit():
        return _DIGIT, "another digit"
    around = (word[at - 1] if at else "", word[at + 1] if at + 1 < len(word) else "")
    if key in around:
        return EASY, "a doubled letter"
    if any(_neighbours(key, other) for other in around if other):
        return NEAR, "a neighbouring key"
    return ANY, "one letter more"


def _missing(word: str, at: int) -> tuple[float, str]:
    cost, kind = _extra(word, at)
    if kind in ("separators", "another digit"):
        return cost, kind
    return (EASY, "a letter not doubled") if cost == EASY else (NEAR, "one letter less")


def slips(typed: str, meant: str) -> tuple[float, tuple[str, ...]]:
    """Give the cost of typing ``typed`` for ``meant``, and the kinds of the slips.

    An optimal string alignment: letters may be added, left out, replaced or swapped with
    their neighbour, each with its own weight. 0 for equal words.
    """
    table: list[list[tuple[float, tuple[str, ...]]]] = [[(0.0, ())] * (len(meant) + 1)]
    for j in range(1, len(meant) + 1):
        table[0][j] = _plus(table[0][j - 1], _missing(meant, j - 1), first=True)
    for i in range(1, len(typed) + 1):
        row = [_plus(table[i - 1][0], _extra(typed, i - 1), first=True)]
        table.append(row)
        for j in range(1, len(meant) + 1):
            row.append(_best(table, typed, meant, i, j))  # noqa: PERF401 - it reads the row it grows
    return table[-1][-1]


_Cell = tuple[float, tuple[str, ...]]


def _best(table: list[list[_Cell]], typed: str, meant: str, i: int, j: int) -> _Cell:
    a, b = typed[i - 1], meant[j - 1]
    if a == b:
        found = [table[i - 1][j - 1]]
    else:
        found = [_plus(table[i - 1][j - 1], _replaced(a, b), first=i == 1 and j == 1)]
    found.append(_plus(table[i - 1][j], _extra(typed, i - 1), first=i == 1))
    found.append(_plus(table[i][j - 1], _missing(meant, j - 1), first=j == 1))
    if i > 1 and j > 1 and a != b and a == meant[j - 2] and typed[i - 2] == b:
        digits = a.isdigit() or b.isdigit()
        swap = (_DIGIT, "another digit") if digits else (EASY, "swapped letters")
        found.append(_plus(table[i - 2][j - 2], swap, first=False))
    return min(found)


def _plus(cell: _Cell, slip: tuple[float, str], *, first: bool) -> _Cell:
    return cell[0] + slip[0] + (_FIRST if first else 0.0), (*cell[1], slip[1])
