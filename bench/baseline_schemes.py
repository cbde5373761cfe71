"""onward's matching and the schemes of other tools, written anew from their sources and documents: which findings are known?

They are the schemes, not the tools. Each takes one file before and after and gives the
indices of the newer findings that it calls known.
"""

import difflib
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from bench.baseline_truth import Change, snippet, spot
from onward.core.finding import Finding
from onward.domain.baseline.entry import entries_of
from onward.domain.baseline.history import matched_by_lines
from onward.domain.baseline.match import paired
from onward.domain.baseline.settle import settle

Scheme = Callable[[Change], set[int]]


def onward(change: Change) -> set[int]:
    """Give what onward's baseline knows, without any history."""
    old, new = entries_of(change.old, change.before), entries_of(change.new, change.after)
    if not change.path_after:
        return {seen.at for seen in paired(old, new).known}
    alone = settle(paired((), new).new, old, {change.path})
    return {seen.at for seen in alone.known}


def onward_with_git(change: Change) -> set[int]:
    """Give what it knows when git has the older text: a renamed file's too, and lines where likeness would have to guess."""
    old, new = entries_of(change.old, change.before), entries_of(change.new, change.after)
    match = paired(old, new)
    if match.guessed:
        match = matched_by_lines(old, change.new, change.before, change.after)
    return {seen.at for seen in match.known}


def rule_column(change: Change) -> set[int]:
    """Pyrefly's: a set of (path, rule, start column)."""
    if change.path_after:
        return set()
    known = {(one.rule, spot(one).column) for one in change.old}
    return {at for at, one in enumerate(change.new) if (one.rule, spot(one).column) in known}


def message_count(change: Change) -> set[int]:
    """mypy-baseline's: how often each rule and message is there."""
    return _counted(change, lambda one, _lines: (one.rule, one.message))


def columns_in_order(change: Change) -> set[int]:
    """basedpyright's and ty's: an ordered diff of (rule, start column, end column, number of lines)."""
    if change.path_after:
        return set()

    def key(one: Finding) -> Hashable:
        place = spot(one)
        return (one.rule, place.column, place.end_column, place.end_line - place.line)

    old, new = [key(one) for one in change.old], [key(one) for one in change.new]
    known: set[int] = set()
    for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        known |= set(range(block.b, block.b + block.size))
    return known


def hundred_characters(change: Change) -> set[int]:
    """CodeQL's: a hash of the hundred characters that are not blank from the line's start, and a counter."""
    if change.path_after:
        return set()

    def keys(found: Sequence[Finding], text: str) -> list[Hashable]:
        lines = text.split("\n")
        seen: Counter[Hashable] = Counter()
        marks: list[Hashable] = []
        for one in found:
            at = spot(one).line - 1
            mark = (one.rule, "".join("\n".join(lines[at : at + 40]).split())[:100])
            seen[mark] += 1
            marks.append((mark, seen[mark]))
        return marks

    known = set(keys(change.old, change.before))
    return {at for at, key in enumerate(keys(change.new, change.after)) if key in known}


def line_cascade(change: Change) -> set[int]:
    """Sonar's, without its step of block moves: line number, line and message, then less and less of them."""
    if change.path_after:
        return set()
    old_lines, new_lines = change.before.split("\n"), change.after.split("\n")

    def parts(one: Finding, lines: list[str]) -> tuple[int, str, str]:
        line = spot(one).line
        return line, "".join(lines[line - 1].split()) if line <= len(lines) else "", one.message

    steps: tuple[tuple[int, ...], ...] = ((0, 1, 2), (0, 1), (1, 2), (0, 2), (1,))
    old = [(one.rule, parts(one, old_lines)) for one in change.old]
    new = [(one.rule, parts(one, new_lines)) for one in change.new]
    known: set[int] = set()
    for step in steps:
        left = Counter((rule, tuple(told[at] for at in step)) for rule, told in old)
        for at, (rule, told) in enumerate(new):
            key = (rule, tuple(told[part] for part in step))
            if at not in known and left[key] > 0:
                left[key] -= 1
                known.add(at)
                old.remove(
                    next(one for one in old if (one[0], tuple(one[1][p] for p in step)) == key)
                )
    return known


def _counted(change: Change, key: Callable[[Finding, list[str]], Hashable]) -> set[int]:
    if change.path_after:
        return set()
    before, after = change.before.split("\n"), change.after.split("\n")
    left = Counter(key(one, before) for one in change.old)
    known = set()
    for at, one in enumerate(change.new):
        mark = key(one, after)
        if left[mark] > 0:
            left[mark] -= 1
            known.add(at)
    return known


def line_count(change: Change) -> set[int]:
    """The simplest that does not move with lines: how often each rule, line and snippet is there."""
    return _counted(
        change,
        lambda one, lines: (one.rule, lines[spot(one).line - 1].strip(), snippet(one, lines)),
    )


WITH_GIT = "onward, with git"

SCHEMES: dict[str, Scheme] = {
    "onward": onward,
    WITH_GIT: onward_with_git,
    "pyrefly (rule, column)": rule_column,
    "mypy-baseline (message, counted)": message_count,
    "basedpyright, ty (columns in order)": columns_in_order,
    "CodeQL (100 characters)": hundred_characters,
    "Sonar (cascade of lines)": line_cascade,
    "rule + line (counted)": line_count,
}
