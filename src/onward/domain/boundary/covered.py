"""Which changed lines of a file the tests have run: coverage data says it of statements, a diff of lines."""

import ast
import re
from collections.abc import Iterable, Iterator

import msgspec

from onward.domain.boundary.source import dotted, lines_of, parsed

_NO_COVER = re.compile(r"#\s*pragma:?\s*no\s*cover", re.IGNORECASE)
_NEVER_RUN = (ast.Global, ast.Nonlocal, ast.Pass)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Coverage data of one file: lines that ran, and those that could have and did not (None: it does not say)."""

    ran: frozenset[int]
    missing: frozenset[int] | None = None


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """The changed lines that hold something to run, those that ran and those that did not; ``idle`` are the others."""

    covered: tuple[int, ...] = ()
    uncovered: tuple[int, ...] = ()
    idle: frozenset[int] = frozenset()

    def runs(self) -> Iterator[tuple[int, int]]:
        """Give the uncovered lines as runs, first and last; idle lines do not end one."""
        first = last = 0
        for line in self.uncovered:
            if not first or not self.idle.issuperset(range(last + 1, line)):
                if first:
                    yield first, last
                first = line
            last = line
        if first:
            yield first, last


def changed_lines(content: bytes, changed: Iterable[int], measured: Measured) -> Lines | None:
    """Give which of the ``changed`` lines (from 1) ran; None when the file is no Python.

    A line counts as the statement that it is part of. What nothing can run (comments,
    docstrings, ``pragma: no cover``, bodies under ``TYPE_CHECKING``) is left out, and so is
    what the data itself leaves out.
    """
    tree = parsed(content)
    if tree is None:
        return None
    spans = _spans(tree, lines_of(content))
    covered: list[int] = []
    uncovered: list[int] = []
    idle: set[int] = set()
    for line in sorted(changed):
        span = spans.get(line)
        if span is None:
            idle.add(line)
            continue
        lines = range(span[0], span[1] + 1)
        if any(one in measured.ran for one in lines):
            covered.append(line)
        elif measured.missing is None or any(one in measured.missing for one in lines):
            uncovered.append(line)
    return Lines(covered=tuple(covered), uncovered=tuple(uncovered), idle=frozenset(idle))


def _spans(tree: ast.Module, lines: list[str]) -> dict[int, tuple[int, int]]:
    """Map each line that is part of a statement's head to the first and last line of that head."""
    spans: dict[int, tuple[int, int]] = {}
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        body = getattr(node, "body", None)
        if isinstance(node, ast.stmt):
            span = _head(node, body if isinstance(body, list) else [])
            head = lines[span[0] - 1 : span[1]]
            if any(_NO_COVER.search(line) for line in head):
                continue
            if not _has_nothing_to_run(node):
                spans |= dict.fromkeys(range(span[0], span[1] + 1), span)
        if isinstance(node, ast.If) and dotted(node.test).endswith("TYPE_CHECKING"):
            todo += node.orelse
            continue
        todo += (
            child
            for child in ast.iter_child_nodes(node)
            if isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case))
        )
    return spans


def _head(node: ast.stmt, body: list[ast.stmt]) -> tuple[int, int]:
    decorators = getattr(node, "decorator_list", [])
    first = min((one.lineno for one in decorators), default=node.lineno)
    last = node.end_lineno or node.lineno
    if body:
        below = min(
            (one.lineno for one in getattr(body[0], "decorator_list", [])), default=body[0].lineno
        )
        last = max(node.lineno, min(below - 1, last))
    return min(first, node.lineno), last


def _has_nothing_to_run(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Try, ast.TryStar, *_NEVER_RUN)):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
