"""Python text as a tree, or nothing: whatever the text is, also where generated code is chained a thousand times."""

import ast
import re
import threading
import warnings

_END = re.compile(r"\r\n|\r|\n")
_ONE = threading.Lock()  # the filters of warnings belong to all threads


def parsed(content: bytes) -> ast.Module | None:
    """Give the syntax tree of a file; None when it is no Python (others tell of that)."""
    with _ONE, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd escapes are the linter's to tell
        try:
            return ast.parse(content)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def lines_of(content: bytes) -> list[str]:
    """Give the lines of a file as Python counts them: a form feed or another separator of Unicode ends none."""
    return _END.split(content.decode("utf-8-sig", "replace"))


def dotted(node: ast.expr) -> str:
    """Give a name as it is written, calls and subscripts left out: ``a.b`` for ``a(1).b[2]``; empty for what is none."""
    words: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            words.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return ""
    return ".".join((node.id, *reversed(words)))
