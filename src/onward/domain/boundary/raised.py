"""Which exceptions a docstring tells of that are not there, and which a function surely raises that it does not tell of.

Only what a file alone can prove counts. Most exceptions come out of what is called, and no
docstring has to name those, nor does a file that names one have to know it.
"""

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from onward.domain.boundary.summary import Function

_CLASS = re.compile(r"[A-Z]\w*(?:Error|Exception|Warning)")
_ROLE = re.compile(r":[\w:]+:`[~!.]?([\w.]+)`")
_BETWEEN = re.compile(r"\s*(?:,|/|\||\bor\b|\band\b)\s*")
_PYTHON = frozenset(vars(builtins)) | {"PythonFinalizationError"}  # which 3.13 brought
_LOWER = frozenset(word.lower() for word in _PYTHON)
_RUNS_OTHERS = (ast.With, ast.AsyncWith, ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.Import, ast.ImportFrom)  # fmt: skip
_FOR_OTHERS = "NotImplementedError"  # then the docstring tells those who fill it in what to raise


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What a file knows by name: every word of its code, its classes with their bases, what else it binds at its top.

    ``bases`` of a class is None where one of them is no plain name.
    """

    words: frozenset[str]
    classes: dict[str, tuple[str, ...] | None]
    bound: frozenset[str]
    open: bool
    """Whether it takes all names of another module."""

    @property
    def lower(self) -> frozenset[str]:
        """The words, and Python's own names, in small letters."""
        return _LOWER.union(word.lower() for word in self.words)

    def ancestors(self, name: str, seen: frozenset[str] = frozenset()) -> frozenset[str] | None:
        """Give the names of an exception class and all its bases; None when they are not known for certain."""
        if self.open or name in seen:
            return None
        if name in self.bound:
            bases = self.classes.get(name)
            found = {name}
            for base in bases or ():
                above = self.ancestors(base, seen | {name})
                if above is None:
                    return None
                found |= above
            return frozenset(found) if bases else None
        known = getattr(builtins, name, None)
        if not isinstance(known, type) or not issubclass(known, BaseException):
            return None
        aliases = {other for other, it in vars(builtins).items() if it in known.__mro__[:-1]}
        return frozenset(aliases)


def names_of(tree: ast.Module) -> Names:
    """Read the names of a file; words in docstrings are not among them."""
    words: set[str] = set()
    told = {id(one) for one in _docstrings(tree)}
    taken = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            words.update(re.findall(r"\w+", node.value))
        elif isinstance(node, ast.alias):
            words.update(re.findall(r"\w+", f"{node.name} {node.asname}"))
            taken |= node.name == "*"
        for part in ("id", "attr", "name", "arg"):
            word = getattr(node, part, None)
            if isinstance(word, str):
                words.add(word)
    bound: Counter[str] = Counter()
    classes: dict[str, tuple[str, ...] | None] = {}
    for node in ast.walk(tree):
        bound.update(_bindings(node))
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef) and bound[statement.name] == 1:
            plain = tuple(base.id for base in statement.bases if isinstance(base, ast.Name))
            whole = len(plain) == len(statement.bases) and not statement.keywords
            classes[statement.name] = plain if whole else None
    return Names(words=frozenset(words), classes=classes, bound=frozenset(bound), open=taken)


def gone(node: Function, told: tuple[str, ...], names: Names) -> Iterator[str]:
    """Give the documented exceptions that are not there: nowhere in the file, and nothing that is called could raise them.

    So is one that the file, or Python, knows in other letters only (``TimeOutError``). ``told`` is what the docstring has as
    their types.
    """
    alone = not names.open and _only_raises(node, names)
    for word in exceptions(told) or ():
        last = word.rpartition(".")[2]
        if last in names.words or last in _PYTHON or not _CLASS.fullmatch(last):
            continue
        if alone or last.lower() in names.lower:
            yield word


def _only_raises(node: Function, names: Names) -> bool:
    """Say whether a function raises something itself, and calls nothing but Python's own functions."""
    inside = [one for statement in node.body[1:] for one in ast.walk(statement)]
    raised = {id(one.exc) for one in inside if isinstance(one, ast.Raise) and _is_class(one.exc)}
    calls = (one for one in inside if isinstance(one, ast.Call) and id(one) not in raised)
    hands_over = any(isinstance(one, _RUNS_OTHERS) for one in inside)
    return bool(raised) and not hands_over and all(_is_own(call, names) for call in calls)


def _is_class(made: ast.expr | None) -> bool:
    """Say whether what is raised is a class, or made by calling one, as far as its name says so."""
    what = made.func if isinstance(made, ast.Call) else made
    name = what.attr if isinstance(what, ast.Attribute) else getattr(what, "id", "")
    return name[:1].isupper()


def untold(node: Function, told: tuple[str, ...], text: str, names: Names) -> str:
    """Give the exception that the body raises in any case, where the docstring ``text`` names no class it is of.

    Empty unless every class is known for certain.
    """
    documented = exceptions(told)
    for statement in node.body:
        if not isinstance(statement, ast.Raise) or not documented:
            continue
        made = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        name = made.id if isinstance(made, ast.Name) else ""
        above = names.ancestors(name) if name else None
        if above is None or name == _FOR_OTHERS:
            return ""
        if any(names.ancestors(word) is None for word in documented):
            return ""
        return "" if above & set(re.findall(r"\w+", text)) else name
    return ""


def exceptions(told: tuple[str, ...]) -> tuple[str, ...] | None:
    """Give the names in the types of a docstring's exceptions; None when there is anything else in them."""
    words: list[str] = []
    for part in told:
        plain = _ROLE.sub(r"\1", part).replace("`", "").strip(" ~*")
        words += (word.strip(" ~") for word in _BETWEEN.split(plain) if word.strip())
    if not words or not all(re.fullmatch(r"[A-Za-z_][\w.]*", word) for word in words):
        return None
    return tuple(words)


def _is_own(call: ast.Call, names: Names) -> bool:
    """Say whether a call is of one of Python's own functions."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    return name in _QUIET and name not in names.bound


_QUIET = frozenset({
    "abs", "all", "any", "bool", "bytes", "callable", "dict", "float", "frozenset", "hasattr", "id", "int", "isinstance",
    "issubclass", "len", "list", "max", "min", "range", "repr", "round", "set", "sorted", "str", "sum", "tuple", "type",
})  # fmt: skip


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    scopes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, scopes) and node.body and isinstance(node.body[0], ast.Expr):
            yield node.body[0].value


def _bindings(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
