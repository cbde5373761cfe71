"""Python text as a tree, or nothing: whatever the text is."""

import ast
import threading
import warnings

_ONE = threading.Lock()  # the filters of warnings belong to all threads


def parsed(content: bytes) -> ast.Module | None:
    """Give the syntax tree of a file; None when it is no Python (others tell of that)."""
    with _ONE, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd escapes are the linter's to tell
        try:
            return ast.parse(content)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
