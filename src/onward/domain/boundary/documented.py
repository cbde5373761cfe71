"""Where the docstring of a function says something else than its signature, its hints and its body.

Only what is sure counts: a decorator that may change the signature, ``*args``, a type that
is not one of the plain ones, or a function that others are to fill in ends the question.
"""

import ast
import re
from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from onward.domain.boundary.raised import Names, gone, names_of, untold
from onward.domain.boundary.source import dotted, lines_of, parsed
from onward.domain.boundary.summary import Function, decorators


class Style(StrEnum):
    """The ways in which docstrings name parameters."""

    google = "google"
    numpy = "numpy"
    sphinx = "sphinx"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter as a docstring names it; ``type`` is empty when it gives none."""

    name: str
    type: str = ""


class Documented(msgspec.Struct, frozen=True, kw_only=True):
    """What a docstring says.

    Its parameters, each thing returned (type and words; None for no such section), and the types of what is raised.
    """

    parameters: tuple[Entry, ...] = ()
    returns: tuple[str, ...] | None = None
    raises: tuple[str, ...] = ()


class Stale(msgspec.Struct, frozen=True, kw_only=True):
    """One disagreement: ``kind`` is ``parameter``, ``type``, ``returns`` or ``raises``; line and column from 1."""

    kind: str
    symbol: str
    line: int
    column: int
    message: str


Reader = Callable[[str, Style], Documented]

_MARKS = {
    Style.sphinx: re.compile(r"^[ \t]*:(?:param|parameter|arg|argument|key|keyword|type|returns?|rtype|raises?|except|exception)\b", re.MULTILINE),
    Style.numpy: re.compile(r"^[ \t]*(?:Parameters|Other Parameters|Returns|Raises)[ \t]*\n[ \t]*-{3,}[ \t]*$", re.MULTILINE),
    Style.google: re.compile(r"^[ \t]*(?:Args|Arguments|Params|Parameters|Keyword Args|Keyword Arguments|Returns|Raises):[ \t]*$", re.MULTILINE),
}  # fmt: skip
_HARMLESS = frozenset({
    "staticmethod", "classmethod", "property", "override", "final", "contextmanager", "asynccontextmanager",
    "cache", "lru_cache", "cached_property",
})  # fmt: skip
_CALLED_LATER = frozenset({"property", "cached_property"})
"""What they give may be called, and their docstring then tells of its parameters."""

_NAME = re.compile(r"[a-z_]\w*")
_NOTES = frozenset(
    {
        "note",
        "notes",
        "warning",
        "example",
        "examples",
        "todo",
        "see",
        "default",
        "raises",
        "returns",
    }
)
_NOTHING = re.compile(
    r"\W*(?:none|nothing|never|no value|no return|n/?a|void)\b|\W*$", re.IGNORECASE
)
_PLAIN = {
    "int": "int", "integer": "int", "float": "float", "str": "str", "string": "str", "bool": "bool", "boolean": "bool",
    "bytes": "bytes", "list": "list", "dict": "dict", "set": "set", "tuple": "tuple",
}  # fmt: skip
_TYPING = {"List": "list", "Dict": "dict", "Set": "set", "Tuple": "tuple"}
_NUMBERS = frozenset({"int", "float", "bool"})


def stale(content: bytes, reader: Reader) -> Iterator[Stale]:
    """Give the disagreements in a file that has ``ANY_MARK``; ``reader`` reads a docstring of a known style."""
    tree = parsed(content)
    if tree is None:
        return
    lines = lines_of(content)
    names: Names | None = None
    for symbol, node in _functions(tree, ""):
        text = ast.get_docstring(node, clean=True)
        styles = [style for style, mark in _MARKS.items() if text and mark.search(text)]
        if text and len(styles) == 1 and set(decorators(node)) <= _HARMLESS:
            said = reader(text, styles[0])
            if styles[0] is Style.numpy:
                heads = tuple(one for one in said.parameters if _is_head(one.name, text))
                said = msgspec.structs.replace(said, parameters=heads)
            yield from _compared(symbol, node, said, lines)
            if said.raises:
                names = names or names_of(tree)
                yield from _raising(symbol, node, said, lines, names)


def _is_head(name: str, text: str) -> bool:
    """Say whether a name stands at the head of a line as NumPy's style has it, not as a word of a sentence."""
    return bool(re.search(rf"(?m)^[ \t]*(?:[\w*]+, *)*{re.escape(name)}[ \t]*(?::|,|$)", text))


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    todo = [(node, prefix)]
    while todo:
        scope, prefix = todo.pop()
        for child in ast.iter_child_nodes(scope):
            name = prefix
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{prefix}{child.name}."
                if not isinstance(child, ast.ClassDef):
                    yield name.removesuffix("."), child
            if isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)):
                todo.append((child, name))


def _compared(symbol: str, node: Function, said: Documented, lines: list[str]) -> Iterator[Stale]:
    """Compare each entry of the docstring with the signature, and its returns with the body."""
    hints = {one.arg: one.annotation for one in _parameters(node)}
    more = node.args.vararg is not None or node.args.kwarg is not None
    more = more or bool(_CALLED_LATER & set(decorators(node)))
    for entry in said.parameters:
        name = entry.name.lstrip("*\\")
        if not _NAME.fullmatch(name):
            continue
        line, column = _spot(node, name, lines)
        if name not in hints:
            if not more and name not in _NOTES:
                text = (
                    f"the docstring of `{symbol}` names a parameter `{name}` that it does not have"
                )
                yield Stale(kind="parameter", symbol=symbol, line=line, column=column, message=text)
            continue
        hint = hints[name]
        if hint is not None and _contradict(entry.type, hint):
            text = f"the docstring of `{symbol}` says that `{name}` is `{entry.type}`, its hint `{_shown(hint)}`"
            yield Stale(kind="type", symbol=symbol, line=line, column=column, message=text)
    told = said.returns and not any(map(_NOTHING.match, said.returns))
    if told and node.name != "__init__" and _gives_nothing(node):
        line, column = _spot(node, "returns?", lines)
        text = f"the docstring of `{symbol}` tells what it returns, and it returns nothing"
        yield Stale(kind="returns", symbol=symbol, line=line, column=column, message=text)


def _raising(
    symbol: str, node: Function, said: Documented, lines: list[str], names: Names
) -> Iterator[Stale]:
    for name in gone(node, said.raises, names):
        line, column = _spot(node, name, lines)
        text = (
            f"the docstring of `{symbol}` names an exception `{name}` that is nowhere in this file"
        )
        yield Stale(kind="raises", symbol=symbol, line=line, column=column, message=text)
    name = untold(node, said.raises, ast.get_docstring(node) or "", names)
    if name:
        line, column = _spot(node, "raises?|except(?:ion)?", lines)
        text = f"the docstring of `{symbol}` tells what it raises, and not that it raises `{name}`"
        yield Stale(kind="raises", symbol=symbol, line=line, column=column, message=text)


def _parameters(node: Function) -> list[ast.arg]:
    given = node.args
    stars = [one for one in (given.vararg, given.kwarg) if one is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *stars]


def _spot(node: Function, word: str, lines: list[str]) -> tuple[int, int]:
    """Give where in the docstring a word stands for the first time at the head of a line."""
    first = node.body[0]
    head = re.compile(rf"\s*(?::\w+ (?:.* )?|:)?\**({word})\b", re.IGNORECASE if "?" in word else 0)
    for number in range(first.lineno, (first.end_lineno or first.lineno) + 1):
        found = head.match(lines[number - 1]) if number <= len(lines) else None
        if found:
            return number, found.start(1) + 1
    return node.lineno, node.col_offset + 1


def _contradict(told: str, hint: ast.expr) -> bool:
    """Say whether both types are plain ones and have nothing in common, whole numbers and others taken for one."""
    left, right = _told(told), _hinted(hint)
    if not left or not right:
        return False
    return not left & right and not (left & _NUMBERS and right & _NUMBERS)


def _told(text: str) -> frozenset[str]:
    """Give the plain types that a text of a docstring names; nothing if there is any other word in it."""
    words = re.sub(r"[\[(<{].*[\])>}]", "", text.replace("`", "")).lower()
    words = re.sub(r"\b(?:optional|none|or|a|an|of)\b", " ", words)
    found = re.split(r"[\s,|]+", words.strip(" .,|"))
    if not all(word in _PLAIN for word in found):
        return frozenset()
    return frozenset(_PLAIN[word] for word in found)


def _hinted(hint: ast.expr) -> frozenset[str]:
    """Give the plain types of a hint; nothing if there is any other in it."""
    if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
        try:
            hint = ast.parse(hint.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return frozenset()
    found = set()
    for one in _alternatives(hint):
        base = one.value if isinstance(one, ast.Subscript) else one
        word = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
        if isinstance(one, ast.Constant) and one.value is None:
            continue
        plain = _PLAIN.get(word) or _TYPING.get(word)
        if plain is None:
            return frozenset()
        found.add(plain)
    return frozenset(found)


def _alternatives(hint: ast.expr) -> Iterator[ast.expr]:
    while isinstance(hint, ast.BinOp) and isinstance(hint.op, ast.BitOr):
        yield from _alternatives(hint.right)
        hint = hint.left
    if isinstance(hint, ast.Subscript) and dotted(hint.value).endswith("Optional"):
        yield from _alternatives(hint.slice)
    elif isinstance(hint, ast.Subscript) and dotted(hint.value).endswith("Union"):
        inner = hint.slice
        for one in inner.elts if isinstance(inner, ast.Tuple) else [inner]:
            yield from _alternatives(one)
    else:
        yield hint


def _shown(hint: ast.expr) -> str:
    try:
        return ast.unparse(hint)
    except RecursionError:  # a union of a thousand
        return "..."


def _gives_nothing(node: Function) -> bool:
    """Say whether a function surely returns nothing: it does something, and no path of it gives a value."""
    if node.returns is not None and not _is_none(node.returns):
        return False
    body = node.body[1:]
    does = [one for one in body if not isinstance(one, (ast.Pass, ast.Raise)) and not _is_dots(one)]
    if not does or isinstance(body[-1], ast.Raise):
        return False
    todo: list[ast.AST] = list(body)
    while todo:
        one = todo.pop()
        if isinstance(one, (ast.Yield, ast.YieldFrom)):
            return False
        if isinstance(one, ast.Return) and one.value is not None:
            return False  # also for `return None`: whoever writes that has other values in mind
        inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        if not isinstance(one, inner):
            todo += ast.iter_child_nodes(one)
    return True


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in (None, "None")


def _is_dots(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
