"""Check that files and functions stay small enough to be read in one sitting."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 60
ROOT = Path(__file__).resolve().parent.parent
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


def main() -> int:
    """Check everything in src and scripts."""
    found: list[str] = []
    for folder in ("src", "scripts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            shown = path.relative_to(ROOT)
            if not shown.as_posix().startswith(LEFT_OUT):
                found += too_long(shown, path.read_text(encoding="utf-8"))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
