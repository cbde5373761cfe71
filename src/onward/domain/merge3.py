"""Three-way merge of text by lines: what a person changed and what a generator changed, both since one base."""

from collections.abc import Iterator
from difflib import SequenceMatcher

import msgspec


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides changed the same lines: ``first`` to ``last`` (from 1, of ``mine``) stand there now.

    ``last`` is ``first - 1`` where the person removed all of them.
    """

    first: int
    last: int
    mine: tuple[str, ...]
    new: tuple[str, ...]


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The merged text; ``text`` is empty and of no use where there are conflicts."""

    text: str = ""
    conflicts: tuple[Conflict, ...] = ()


def merge3(base: str, mine: str, new: str) -> Merged:
    """Merge ``new`` into ``mine``, both made from ``base``; ``mine`` keeps its line ends.

    Lines that only one side changed are taken from that side, lines that both changed alike
    are taken once; anything else is a conflict.
    """
    ends = "\r\n" if "\r\n" in mine else "\n"
    olds, mines, news = (_lines(text.replace("\r\n", "\n")) for text in (base, mine, new))
    out: list[str] = []
    conflicts: list[Conflict] = []
    at_old = at_mine = at_new = 0
    for old, own, fresh, size in _common(olds, mines, news):
        was, is_now, comes = olds[at_old:old], mines[at_mine:own], news[at_new:fresh]
        if is_now in (was, comes):
            out += comes
        elif was == comes:
            out += is_now
        else:
            found = Conflict(
                first=at_mine + 1,
                last=own,
                mine=tuple(line.rstrip("\n") for line in is_now),
                new=tuple(line.rstrip("\n") for line in comes),
            )
            conflicts.append(found)
        out += olds[old : old + size]
        at_old, at_mine, at_new = old + size, own + size, fresh + size
    if conflicts:
        return Merged(conflicts=tuple(conflicts))
    return Merged(text="".join(out).replace("\n", ends))


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    last = parts.pop()
    return [f"{part}\n" for part in parts] + ([last] if last else [])


def _common(
    olds: list[str], mines: list[str], news: list[str]
) -> Iterator[tuple[int, int, int, int]]:
    """Give the runs of lines that all three share: where each begins in the three, and its length.

    The last one is empty and stands at the ends.
    """
    in_mine = _where(olds, mines)
    in_new = _where(olds, news)
    at = 0
    while at < len(olds):
        if at not in in_mine or at not in in_new:
            at += 1
            continue
        size = 1
        while (
            in_mine.get(at + size) == in_mine[at] + size
            and in_new.get(at + size) == in_new[at] + size
        ):
            size += 1
        yield at, in_mine[at], in_new[at], size
        at += size
    yield len(olds), len(mines), len(news), 0


def _where(olds: list[str], others: list[str]) -> dict[int, int]:
    blocks = SequenceMatcher(None, olds, others, autojunk=False).get_matching_blocks()
    return {a + step: b + step for a, b, size in blocks for step in range(size)}
