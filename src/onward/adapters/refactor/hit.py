"""One place that can be said more plainly: where, how, and whether that is proven to change nothing."""

import re
from collections.abc import Iterable, Sequence

import msgspec

COMMENT = re.compile(r"#[^\n]*")
WIDTH = 88  # columns; what would not fit on a line is no plainer than before


class Edit(msgspec.Struct, frozen=True):
    """Replace the characters from ``start`` up to ``end`` (offsets in the text) by ``new``."""

    start: int
    end: int
    new: str


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A hit of the rule ``name`` on the characters from ``start`` up to ``end``, and the edits that mend it.

    ``safe`` is False where types that nobody can see in the file could make a difference.
    """

    name: str
    start: int
    end: int
    edits: tuple[Edit, ...]
    safe: bool


def apart(hits: Iterable[Hit]) -> list[Hit]:
    """Give those hits, first come first, of which none lies inside another."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (one.start, -one.end)):
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return kept


def edited(text: str, hits: Sequence[Hit]) -> str:
    """Give ``text`` with the edits of hits that are ``apart``."""
    edits = sorted((edit for hit in hits for edit in hit.edits), key=lambda one: one.start)
    parts, at = list[str](), 0
    for edit in edits:
        parts += (text[at : edit.start], edit.new)
        at = edit.end
    return "".join((*parts, text[at:]))
