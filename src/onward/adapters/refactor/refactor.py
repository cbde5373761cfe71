"""Looking at one file's text for refactorings, and making them."""

import ast_grep_py
import libcst
import msgspec

from onward.adapters.refactor.expressions import expression_hits
from onward.adapters.refactor.hit import COMMENT, Hit, apart, edited
from onward.adapters.refactor.statements import Statements

_ROUNDS = 50  # of making what making something else has uncovered


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A hit of the rule ``name``: lines and columns from 1, whether mending it is safe, the new text if it is short."""

    name: str
    line: int
    column: int
    end_line: int
    end_column: int
    safe: bool
    new: str = ""


def find(text: str, names: frozenset[str]) -> list[Found] | None:
    """Give what the named rules find in the text of a file; None when it cannot be read as Python."""
    try:
        root = _root(text)
        if root is None:
            return None
        found = [_placed(text, hit) for hit in _hits(text, root, names)]
        found += [
            Found(
                name=spot.name,
                line=spot.line,
                column=spot.column,
                end_line=spot.end_line,
                end_column=spot.end_column,
                safe=spot.change.safe,
            )
            for spot in Statements(text, root, names).spots
        ]
    except (libcst.ParserSyntaxError, RecursionError):
        return None
    return sorted(found, key=lambda one: (one.line, one.column, one.name))


def mend(text: str, names: frozenset[str], *, unsafe: bool = False) -> str:
    """Give ``text`` with what the named rules find made plainer, safely or also where types are not known.

    A text that cannot be read comes back as it is.
    """
    for _ in range(_ROUNDS):
        new = _once(text, names, unsafe=unsafe)
        if new is None or new == text:
            break
        text = new
    return text


def _once(text: str, names: frozenset[str], *, unsafe: bool) -> str | None:
    try:
        root = _root(text)
        if root is None:
            return None
        hits = [hit for hit in _hits(text, root, names) if hit.safe or unsafe]
        if hits:
            return edited(text, apart(hits))
        return Statements(text, root, names).changed(unsafe=unsafe)
    except (libcst.ParserSyntaxError, RecursionError):
        return None


def _root(text: str) -> ast_grep_py.SgNode | None:
    root = ast_grep_py.SgRoot(text, "python").root()
    return None if root.find(kind="ERROR") else root


def _hits(text: str, root: ast_grep_py.SgNode, names: frozenset[str]) -> list[Hit]:
    """Give the hits on expressions, without those in which a comment would be lost."""
    hits = [
        hit
        for hit in expression_hits(root, names)
        if all(
            len(COMMENT.findall(text[edit.start : edit.end])) == len(COMMENT.findall(edit.new))
            for edit in hit.edits
        )
    ]
    if hits:
        libcst.parse_module(text)  # ast-grep goes on after what it cannot read, and may not say so
    return hits


def _placed(text: str, hit: Hit) -> Found:
    def spot(index: int) -> tuple[int, int]:
        return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)

    (line, column), (end_line, end_column) = spot(hit.start), spot(hit.end)
    new = hit.edits[0].new.strip() if len(hit.edits) == 1 and "\n" not in hit.edits[0].new else ""
    return Found(
        name=hit.name,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        safe=hit.safe,
        new=new,
    )
