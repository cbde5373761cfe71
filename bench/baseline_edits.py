"""Edits of real files whose truth is known by construction: each newer line says which older one it was."""

import ast
import itertools
import random
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bench.baseline_truth import Change, change, findings_in, spot, text_of
from bench.peers import own
from onward.core.finding import Finding

Line = tuple[str, int]
"""A line's text, and the number of the older line that it was; 0 when it is new."""

# What an insertion or a change of layout itself makes or ends.
_ABOUT_LAYOUT = ("ruff/E", "ruff/W", "ruff/I001", "ruff/D20", "ruff/PLR09", "ruff/ERA")
_INJECTED = ("eval('1')", "assert True is True", "exec('pass')")


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """A file after an edit."""

    lines: tuple[Line, ...]


Edit = Callable[[list[Line], ast.Module, random.Random], Edited | None]


def insert(lines: list[Line], tree: ast.Module, dice: random.Random) -> Edited | None:
    """Put comments between statements."""
    for at in sorted(_starts(tree, dice, 5), reverse=True):
        indent = lines[at - 1][0][: -len(lines[at - 1][0].lstrip())] or ""
        lines.insert(at - 1, (f"{indent}# a remark, number {dice.randrange(10**6)}", 0))
    return Edited(lines=tuple(lines))


def delete(lines: list[Line], tree: ast.Module, dice: random.Random) -> Edited | None:
    """Take statements out."""
    for node in _simple(tree, dice, 4):
        del lines[node.lineno - 1 : node.end_lineno]
    return Edited(lines=tuple(lines))


def swap(lines: list[Line], tree: ast.Module, dice: random.Random) -> Edited | None:
    """Let two functions or methods that follow each other change places."""
    pairs = []
    for node in ast.walk(tree):
        body = getattr(node, "body", [])
        if isinstance(node, ast.Module | ast.ClassDef):
            pairs += [pair for pair in itertools.pairwise(body) if all(map(_is_scope, pair))]
    if not pairs:
        return None
    one, two = dice.choice(pairs)
    a, b = _first(one) - 1, one.end_lineno
    c, d = _first(two) - 1, two.end_lineno
    moved = [*lines[:a], *lines[c:d], *lines[b:c], *lines[a:b], *lines[d:]]
    return Edited(lines=tuple(moved))


def indent(lines: list[Line], tree: ast.Module, dice: random.Random) -> Edited | None:
    """Put the body of a function below an ``if``."""
    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and not _has_long_text(node)
        and node.body[0].lineno > node.lineno
    ]
    if not functions:
        return None
    node = dice.choice(functions)
    start, end = _first(node.body[0]) - 1, node.end_lineno or 0
    margin = " " * node.body[0].col_offset
    body = [(f"    {text}" if text.strip() else text, was) for text, was in lines[start:end]]
    return Edited(lines=(*lines[:start], (f"{margin}if node_is_wanted:", 0), *body, *lines[end:]))


def rename(lines: list[Line], tree: ast.Module, dice: random.Random) -> Edited | None:
    """Give a local variable another name, in its whole function."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = {
                one.id
                for one in ast.walk(node)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) and len(one.id) > 2
            }
            found += [(node, name) for name in sorted(names)]
    if not found:
        return None
    node, name = dice.choice(found)
    word = re.compile(rf"(?<![\w.]){name}\b(?!=\w)")
    for at in range(node.lineno, node.end_lineno or 0):
        text, was = lines[at]
        lines[at] = (word.sub(f"{name}_now", text), was)
    return Edited(lines=tuple(lines))


def rename_function(lines: list[Line], tree: ast.Module, dice: random.Random) -> Edited | None:
    """Give a function another name, wherever the file names it."""
    names = sorted({one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)})
    if not names:
        return None
    name = dice.choice(names)
    word = re.compile(rf"\b{name}\b")
    new = tuple((word.sub(f"{name}_now", text), was) for text, was in lines)
    return Edited(lines=new)


def inject(lines: list[Line], tree: ast.Module, dice: random.Random) -> Edited | None:
    """Add new faults between statements, and twins of statements that are there."""
    nodes = _simple(tree, dice, 6)
    for node, other in itertools.pairwise(nodes):
        margin = " " * node.col_offset
        text = lines[other.lineno - 1][
            0
        ].strip()  # of two neighbours nobody could say which is the twin
        twin = other.lineno == other.end_lineno and dice.random() < 0.5
        lines.insert(node.end_lineno or 0, (margin + (text if twin else dice.choice(_INJECTED)), 0))
    return Edited(lines=tuple(lines))


def mend_and_repeat(lines: list[Line], tree: ast.Module, dice: random.Random) -> Edited | None:
    """Take a statement out and put one with the same words into another function."""
    nodes = [node for node in _simple(tree, dice, 40) if node.col_offset == 4]
    if len(nodes) < 2 or nodes[0].lineno - nodes[-1].lineno < 30:
        return None
    gone, place = nodes[-1], nodes[0]
    text = [(line, 0) for line, _ in lines[gone.lineno - 1 : gone.end_lineno]]
    lines[place.end_lineno : place.end_lineno] = text
    del lines[gone.lineno - 1 : gone.end_lineno]
    return Edited(lines=tuple(lines))


EDITS: dict[str, Edit] = {
    "lines put in": insert,
    "statements taken out": delete,
    "functions change places": swap,
    "a body is indented": indent,
    "a variable is renamed": rename,
    "a function is renamed": rename_function,
    "new faults and twins": inject,
    "one mended, the same elsewhere": mend_and_repeat,
}


def edited(root: Path, paths: Sequence[str], scratch: Path, seed: int) -> dict[str, list[Change]]:
    """Give what each kind of edit makes of the files at ``paths`` below ``root``; ``scratch`` is an empty folder."""
    dice = random.Random(seed)
    before = {path: text_of(root / path) for path in paths}
    _write(scratch / "before", before)
    old = findings_in(scratch / "before")
    done: dict[str, list[Change]] = {}
    for number, (name, edit) in enumerate(EDITS.items()):
        made: dict[str, Edited] = {}
        for path, text in before.items():
            lines = [(line, at) for at, line in enumerate(text.split("\n"), 1)]
            new = edit(lines, ast.parse(text), dice)
            if new is not None and _parses(new):
                made[path] = new
        after = {path: "\n".join(text for text, _ in one.lines) for path, one in made.items()}
        _write(scratch / str(number), after)
        found = findings_in(scratch / str(number))
        done[name] = [
            change(
                path,
                (before[path], after[path]),
                (old.get(path, []), found.get(path, [])),
                {at: was for at, (_, was) in enumerate(one.lines, 1) if was},
                by_snippet=False,
            )
            for path, one in made.items()
        ]
    done["a file is moved"] = [_moved(path, before[path], old[path]) for path in old]
    done["laid out anew"] = _laid_out(before, old, scratch / "format")
    return done


def _moved(path: str, text: str, found: Sequence[Finding]) -> Change:
    origin = {at: at for at in range(1, text.count("\n") + 2)}
    whole = change(path, (text, text), (found, found), origin)
    after = f"elsewhere/{path}"
    new = [
        msgspec.structs.replace(one, subject=msgspec.structs.replace(spot(one), path=after))
        for one in whole.new
    ]
    return msgspec.structs.replace(whole, new=tuple(new), path_after=after)


def _laid_out(before: dict[str, str], old: dict[str, list[Finding]], scratch: Path) -> list[Change]:
    """Format with short lines. Nothing is new then, so of each rule as many are old as there were."""
    _write(scratch, before)
    words = [own("ruff"), "format", "--isolated", "--no-cache", "--line-length", "66", "."]
    subprocess.run(words, cwd=scratch, capture_output=True, check=True)
    found = findings_in(scratch)
    changes = []
    for path, text in before.items():
        new = [one for one in found.get(path, []) if not one.rule.startswith(_ABOUT_LAYOUT)]
        was = [one for one in old.get(path, []) if not one.rule.startswith(_ABOUT_LAYOUT)]
        rules = [sorted(one.rule for one in side) for side in (was, new)]
        if rules[0] != rules[1]:
            continue  # the layout itself made or ended a finding
        one = change(path, (text, text_of(scratch / path)), (was, new), {})
        changes.append(msgspec.structs.replace(one, truth=(True,) * len(new)))
    return changes


def _write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="\n")


def _parses(new: Edited) -> bool:
    try:
        ast.parse("\n".join(text for text, _ in new.lines))
    except SyntaxError:
        return False
    return True


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _first(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _has_long_text(node: ast.AST) -> bool:
    return any(
        isinstance(one, ast.Constant | ast.JoinedStr) and one.end_lineno != one.lineno
        for one in ast.walk(node)
    )


def _bodies(tree: ast.Module) -> list[ast.stmt]:
    return [
        one
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and len(node.body) > 1
        for one in node.body
    ]


def _simple(tree: ast.Module, dice: random.Random, most: int) -> list[ast.stmt]:
    """Give some statements of functions that stand in lines of their own, the last first."""
    kinds = (ast.Expr, ast.Assign, ast.AugAssign, ast.Assert, ast.Raise)
    per_function: dict[int, ast.stmt] = {}
    for one in _bodies(tree):
        if isinstance(one, kinds):
            per_function[one.lineno] = one
    chosen = dice.sample(sorted(per_function), min(most, len(per_function)))
    return [per_function[line] for line in sorted(chosen, reverse=True)]


def _starts(tree: ast.Module, dice: random.Random, most: int) -> list[int]:
    lines = sorted({_first(one) for one in _bodies(tree)})
    return dice.sample(lines, min(most, len(lines)))
