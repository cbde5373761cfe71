"""Real findings of ruff in two states of a source tree, and which of the newer ones are old by line alignment."""

import ast
import difflib
import json
import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.peers import own
from onward.core.finding import Finding, Place

FAMILIES = "E,F,W,I,N,UP,B,A,C4,SIM,RET,PTH,PERF,RUF,S,PL,TRY,EM,ARG,DTZ,FBT,BLE,D1,FURB,PIE"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One file before and after: texts, findings in order of lines, and for each newer one whether it is old.

    ``moved`` are indices of newer findings on lines that are not aligned, in a statement that stood in
    the older file too, elsewhere or laid out otherwise: line alignment calls them new.
    """

    path: str
    before: str
    after: str
    old: tuple[Finding, ...]
    new: tuple[Finding, ...]
    truth: tuple[bool, ...]
    path_after: str = ""
    moved: frozenset[int] = frozenset()


def findings_in(root: Path, families: str = FAMILIES) -> dict[str, list[Finding]]:
    """Give ruff's findings below ``root`` by path, in order of lines; the project's own settings do not count."""
    root = root.resolve()  # ruff tells of files by their real paths
    words = ["check", "--isolated", "--no-cache", "--exit-zero", "--output-format", "json-lines"]
    argv = [own("ruff"), *words, "--select", families, "."]
    ran = subprocess.run(argv, cwd=root, capture_output=True, check=True)
    found: dict[str, list[Finding]] = {}
    for line in ran.stdout.splitlines():
        seen = json.loads(line)
        if seen.get("cell") or not seen["code"]:
            continue
        path = Path(os.path.relpath(seen["filename"], root)).as_posix()
        start, end = seen["location"], seen["end_location"]
        place = Place(
            path=path,
            line=start["row"],
            column=start["column"],
            end_line=end["row"],
            end_column=end["column"],
        )
        rule = f"ruff/{seen['code']}"
        found.setdefault(path, []).append(
            Finding(rule=rule, subject=place, message=seen["message"])
        )
    for of_path in found.values():
        of_path.sort(key=lambda one: (spot(one).line, spot(one).column, one.rule, one.message))
    return found


def spot(finding: Finding) -> Place:
    """Give where a finding is; here all are in files."""
    assert isinstance(finding.subject, Place)
    return finding.subject


def text_of(path: Path) -> str:
    """Give a source file's text as ruff counts it."""
    with path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
        return file.read()


def snippet(finding: Finding, lines: Sequence[str]) -> str:
    """Give the part of the finding's first line that is meant."""
    place = spot(finding)
    if place.line > len(lines):
        return ""
    end = place.end_column - 1 if place.end_line == place.line else None
    return lines[place.line - 1][max(place.column - 1, 0) : end].strip()


def release_pair(before: Path, after: Path) -> list[Change]:
    """Give every file that is in both trees and has findings in the newer one."""
    old, new = findings_in(before), findings_in(after)
    changes = []
    for path, found in sorted(new.items()):
        if not (before / path).is_file():
            continue
        texts = text_of(before / path), text_of(after / path)
        origin = aligned_lines(texts[0].split("\n"), texts[1].split("\n"))
        one = change(path, texts, (old.get(path, []), found), origin)
        moved = frozenset() if texts[0] == texts[1] else _moved(one, origin)
        changes.append(msgspec.structs.replace(one, moved=moved))
    return changes


def change(
    path: str,
    texts: tuple[str, str],
    found: tuple[Sequence[Finding], Sequence[Finding]],
    origin: dict[int, int],
    *,
    by_snippet: bool = True,
) -> Change:
    """Give the truth: a newer finding is old when the same rule and snippet sat on the line that its line comes from.

    ``origin`` maps newer lines to older ones, from 1. Without ``by_snippet`` rule and line are enough.
    """
    lines = texts[0].split("\n"), texts[1].split("\n")
    there: Counter[tuple[int, str, str]] = Counter()
    for one in found[0]:
        there[spot(one).line, one.rule, snippet(one, lines[0]) if by_snippet else ""] += 1
    truth = []
    for one in found[1]:
        said = snippet(one, lines[1]) if by_snippet else ""
        key = (origin.get(spot(one).line, 0), one.rule, said)
        truth.append(there[key] > 0)
        there[key] -= 1
    return Change(
        path=path,
        before=texts[0],
        after=texts[1],
        old=tuple(found[0]),
        new=tuple(found[1]),
        truth=tuple(truth),
    )


def aligned_lines(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Give newer line to older line (from 1) where stripped lines are the same, in order."""
    old, new = [line.strip() for line in before], [line.strip() for line in after]
    head = 0
    while head < len(old) and head < len(new) and old[head] == new[head]:
        head += 1
    tail = 0
    most = min(len(old), len(new)) - head
    while tail < most and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    found = {at: at for at in range(1, head + 1)}
    found |= {len(new) - at: len(old) - at for at in range(tail)}
    middle = difflib.SequenceMatcher(
        None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False
    )
    for block in middle.get_matching_blocks():
        for at in range(1, block.size + 1):
            found[head + block.b + at] = head + block.a + at
    return found


def _moved(one: Change, origin: dict[int, int]) -> frozenset[int]:
    kept = set(origin.values())
    before, after = _statements(one.before), _statements(one.after)
    there = Counter(
        (finding.rule, before[spot(finding).line])
        for finding in one.old
        if spot(finding).line not in kept and spot(finding).line in before
    )
    moved = set()
    for at, finding in enumerate(one.new):
        line = spot(finding).line
        key = (finding.rule, after.get(line, ""))
        if not one.truth[at] and there[key] > 0:
            there[key] -= 1
            moved.add(at)
    return frozenset(moved)


def _statements(text: str) -> dict[int, str]:
    """Give, for each line, its innermost statement without layout; of what has a body only the head."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    found: dict[int, str] = {}
    for node in ast.walk(tree):  # outer ones come first, so inner ones win
        if not isinstance(node, ast.stmt):
            continue
        body = getattr(node, "body", None)
        end = body[0].lineno - 1 if body else node.end_lineno or node.lineno
        if body:
            heads = {name: value for name, value in ast.iter_fields(node) if name not in _BODIES}
            told = type(node).__name__ + "".join(
                name + (ast.dump(value) if isinstance(value, ast.AST) else _dumped(value))
                for name, value in heads.items()
            )
        else:
            told = ast.dump(node)
        for line in range(node.lineno, max(end, node.lineno) + 1):
            found[line] = told
    return found


_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


def _dumped(value: object) -> str:
    if isinstance(value, list):
        return "".join(ast.dump(one) if isinstance(one, ast.AST) else str(one) for one in value)
    return str(value)
