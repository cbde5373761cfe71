"""Which names a file of tests uses: exactly, and quickly which it may use at most."""

import ast
import re
import unicodedata

from onward.core.python_text import pieces
from onward.domain.boundary.source import parsed

_DOTTED = re.compile(r"[^\W\d]\w*(?:[.:][^\W\d]\w*)*")
_NAME = re.compile(r"[^\W\d]\w*")
_LONGEST_NAME = 200  # characters of a text that may be a name
_BARE = frozenset({
    "ctx", "op", "ops", "kind", "type_comment", "type_ignores", "conversion", "simple", "is_async", "level", "lineno",
})  # fmt: skip
"""Fields of the syntax tree in which no name can be."""


_IMPORTED = re.compile(
    r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import\b[ \t]*(\([^)]*\)|[^\n;]*)", re.MULTILINE
)
_LOCAL = re.compile(r"\bas\s+\w+")
_CALLED = re.compile(r"\b(def[ \t]+|class[ \t]+)?([^\W\d]\w*)\(")
_REACHED = re.compile(r"^[ \t]*from\b[^\n]*|\.([^\W\d]\w*)", re.MULTILINE)
_NOT_NAMES = frozenset({"match", "case", "type", "_", ""})
"""Words before a parenthesis that need not be the name of anything."""


class _Fields(dict[type, tuple[str, ...]]):
    """The fields of each kind of node that may hold a name; other values have none."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        fields: tuple[str, ...] = kind._fields if issubclass(kind, ast.AST) else ()
        self[kind] = tuple(field for field in fields if field not in _BARE)
        return self[kind]


_FIELDS = _Fields()


def glance(content: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Give names that ``used`` gives too (what is imported, called or reached by a dot), and all others that it may give.

    Except for a text that is put together from pieces, or has a letter of it written as an escape.
    """
    read = pieces(content)
    if read is None:
        text = content.decode("utf-8", "replace")
        return frozenset(), frozenset(_names(text))
    code = read.code if read.code.isascii() else unicodedata.normalize("NFKC", read.code)
    sure = set(_REACHED.findall(code))
    sure.update(name for defined, name in _CALLED.findall(code) if not defined)
    sure -= _NOT_NAMES
    for names in _IMPORTED.findall(code):
        sure.update(_NAME.findall(_LOCAL.sub("", names)))
    others = set(_NAME.findall(code))
    for said in read.strings:
        text = said.strip("'\"")
        if "{" in text or _DOTTED.fullmatch(text):  # a formatted one holds code
            others |= _names(text)
    return frozenset(sure), frozenset(others - sure)


def _names(text: str) -> set[str]:
    """Give every word that may be a name, also as Python reads those that are not ASCII."""
    found = set(_NAME.findall(text))
    if not text.isascii():
        found.update(_NAME.findall(unicodedata.normalize("NFKC", text)))
    return found


def used(content: bytes) -> frozenset[str]:
    """Give each name that stands in code, and those in texts that are names, as for ``monkeypatch``.

    What is no Python uses nothing.
    """
    found: set[str] = set()
    add = found.add
    todo: list[object] = [parsed(content)]
    while todo:
        node = todo.pop()
        kind = node.__class__
        # this loop sees every node of every file of tests, so the most frequent ones come first
        if isinstance(node, ast.Name):
            add(node.id)
        elif isinstance(node, ast.Attribute):
            add(node.attr)
            todo.append(node.value)
        elif isinstance(node, ast.Constant):
            text = node.value
            if isinstance(text, str) and len(text) <= _LONGEST_NAME and _DOTTED.fullmatch(text):
                found.update(_NAME.findall(text))
        elif isinstance(node, list):
            todo += node
        elif isinstance(node, ast.alias):
            found.update(node.name.split("."))
        else:
            todo += [getattr(node, field) for field in _FIELDS[kind]]
    return frozenset(found)
