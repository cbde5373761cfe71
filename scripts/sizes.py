"""Check that files and functions stay small enough to be read in one sitting, and that lines are counted as tools do."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 60
ROOT = Path(__file__).resolve().parent.parent
BELOW, DOOR = "src/onward/", "src/onward/cli/"
BYTES = ("out", "err")  # fields of `core.proc.call.Ran`
LEFT_OUT = "src/onward/templates/"  # what a template makes is somebody else's code


def too_long(path: Path, text: str) -> Iterator[str]:
    """Give a sentence for the file and for each function in it that is over its limit."""
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines; a file has at most {FILE_LINES}: make it a folder of topics"
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield (
                    f"{path}:{node.lineno}: `{node.name}` has {length} lines; "
                    f"a function has at most {FUNCTION_LINES}"
                )


def other_lines(path: Path, text: str) -> Iterator[str]:
    """Give a sentence for each ``splitlines`` on a text: it ends lines at form feeds, which no tool does.

    On bytes it does not; those of a process are told by their name. Any other gets a reason: ``# splitlines: WHY``.
    """
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, ast.Attribute) and node.attr == "splitlines":
            of_process = isinstance(node.value, ast.Attribute) and node.value.attr in BYTES
            said = "".join(lines[node.lineno - 1 : node.end_lineno])
            if not of_process and "# splitlines: " not in said:
                yield f"{path}:{node.lineno}: `splitlines` ends lines at form feeds; use `core.lines.lines_of`"


def main() -> int:
    """Check everything in src and scripts."""
    found: list[str] = []
    for folder in ("src", "scripts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            shown = path.relative_to(ROOT)
            if not shown.as_posix().startswith(LEFT_OUT):
                text = path.read_text(encoding="utf-8")
                found += too_long(shown, text)
                if shown.as_posix().startswith(BELOW) and not shown.as_posix().startswith(DOOR):
                    found += other_lines(shown, text)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
