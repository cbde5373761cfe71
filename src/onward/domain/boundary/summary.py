"""What one file says of its names: which it defines, imports and exports, and which of them have hints."""

import ast
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from onward.domain.boundary.attributes import Attributes, is_enum
from onward.domain.boundary.source import dotted, parsed

_NO_RETURN = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__"})
_PLAIN_MODULES = frozenset({
    "abc", "contextlib", "dataclasses", "enum", "functools", "typing", "t", "typing_extensions", "warnings", "attr", "attrs",
})  # fmt: skip
"""Whose decorators change how a function works and not how it is reached."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Symbol(msgspec.Struct, frozen=True, array_like=True):
    """A name of a module, members of classes with a dot.

    ``kind`` is ``function``, ``class`` or ``attribute``. ``slots`` is how many hints it has
    room for, ``lacking`` names those that are missing. ``registered``: a decorator of an
    object (``@app.route``) hands it on, so that it is reached by other words than its name.
    """

    name: str
    kind: str
    line: int
    column: int
    slots: int = 0
    lacking: tuple[str, ...] = ()
    registered: bool = False

    @property
    def top(self) -> str:
        """The name in the module that it belongs to."""
        return self.name.partition(".")[0]


class Import(msgspec.Struct, frozen=True, array_like=True):
    """``from MODULE import NAME as LOCAL`` with ``level`` dots; ``name`` is ``*`` for all.

    ``again``: it is written in a form that offers the name to others (typing spec, "Library interface").
    """

    local: str
    level: int
    module: str
    name: str
    again: bool = False


class Summary(msgspec.Struct, frozen=True, array_like=True):
    """``exported`` is ``__all__`` (None: none that can be read), ``joined`` the modules whose ``__all__`` it takes in."""

    symbols: tuple[Symbol, ...] = ()
    imports: tuple[Import, ...] = ()
    exported: tuple[str, ...] | None = None
    joined: tuple[str, ...] = ()


def summarise(content: bytes) -> Summary:
    """Read a file; what is no Python says nothing."""
    tree = parsed(content)
    if tree is None:
        return Summary()
    exports = _Exports()
    imports: list[Import] = []
    for node in statements(tree.body):
        exports.read(node)
        if isinstance(node, ast.ImportFrom):
            imports += (_import(node, alias) for alias in node.names)
    return Summary(
        symbols=tuple(_symbols(tree.body)),
        imports=tuple(imports),
        exported=exports.names,
        joined=tuple(exports.joined),
    )


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Give the statements of a scope, those in its branches and loops too."""
    todo = [iter(body)]
    while todo:
        node = next(todo[-1], None)
        if node is None:
            todo.pop()
            continue
        if isinstance(node, ast.If) and _is_main(node.test):
            continue
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        inside = [getattr(node, field, ()) for field in ("body", "orelse", "finalbody")]
        parts = (*getattr(node, "handlers", ()), *getattr(node, "cases", ()))
        todo.append(chain.from_iterable((*inside, *(part.body for part in parts))))


def decorators(node: Function | ast.ClassDef) -> Iterator[str]:
    """Give the last word of each decorator: ``overload`` for ``@typing.overload``, ``setter`` for ``@x.setter``."""
    for one in node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        if isinstance(called, ast.Attribute):
            yield called.attr
        elif isinstance(called, ast.Name):
            yield called.id
        else:
            yield ""


def is_private(name: str) -> bool:
    """Say whether a name begins with an underscore and is not one of Python's own like ``__init__``."""
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _is_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
    )


def _import(node: ast.ImportFrom, alias: ast.alias) -> Import:
    again = alias.name in ("*", alias.asname) or (bool(node.level) and not node.module)
    return Import(
        alias.asname or alias.name, node.level, node.module or "", alias.name, again=again
    )


def _symbols(body: list[ast.stmt], owner: ast.ClassDef | None = None) -> Iterator[Symbol]:
    """Give the symbols of a scope; in classes the private ones are left out."""
    overloaded: set[str] = set()
    attributes = Attributes()
    for node in statements(body):
        attributes.assigned(node)
        if isinstance(node, ast.ClassDef):
            if owner and is_private(node.name):
                continue
            given = _is_registered(node)
            yield Symbol(node.name, "class", node.lineno, node.col_offset + 1, registered=given)
            for inner in _symbols(node.body, node):
                yield msgspec.structs.replace(inner, name=f"{node.name}.{inner.name}")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if owner and node.name == "__init__":
                attributes.on_self(node)
            if owner and is_private(node.name):
                continue
            words = set(decorators(node))
            overloaded |= {node.name} if "overload" in words else set()
            if "no_type_check" in words or (node.name in overloaded and "overload" not in words):
                continue
            yield _function(node, words, in_class=owner is not None)
    if owner is None or not is_enum(owner):
        for name, spot, hinted in attributes.found():
            lacking = () if hinted else ("type",)
            yield Symbol(name, "attribute", *spot, slots=1, lacking=lacking)


def _function(node: Function, words: set[str], *, in_class: bool) -> Symbol:
    """Give a function with the hints it has room for; the first parameter of a method needs none."""
    parameters = [*node.args.posonlyargs, *node.args.args]
    if in_class and "staticmethod" not in words:
        parameters = parameters[1:]
    parameters += node.args.kwonlyargs
    names = [(one.arg, one.annotation) for one in parameters]
    for stars, one in (("*", node.args.vararg), ("**", node.args.kwarg)):
        names += [(stars + one.arg, one.annotation)] if one else []
    if not (in_class and node.name in _NO_RETURN) and not words & {"setter", "deleter"}:
        names.append(("return", node.returns))
    lacking = tuple(name for name, hint in names if hint is None)
    return Symbol(
        node.name,
        "function",
        node.lineno,
        node.col_offset + 1,
        slots=len(names),
        lacking=lacking,
        registered=_is_registered(node),
    )


def _is_registered(node: Function | ast.ClassDef) -> bool:
    for one in node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        if isinstance(called, ast.Attribute):
            base = dotted(called.value).partition(".")[0]
            if base not in _PLAIN_MODULES:
                return True
    return False


class _Exports:
    """``__all__`` as far as it can be read without running anything."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] | None = None
        self.joined: list[str] = []
        self._unreadable = False

    def read(self, node: ast.stmt) -> None:
        """Take in one statement of the module."""
        value: ast.expr | None = None
        if (isinstance(node, ast.Assign) and any(_is_all(target) for target in node.targets)) or (
            isinstance(node, (ast.AnnAssign, ast.AugAssign)) and _is_all(node.target)
        ):
            value = node.value
        elif isinstance(node, ast.Expr) and isinstance(call := node.value, ast.Call):
            function = call.func
            if isinstance(function, ast.Attribute) and _is_all(function.value) and call.args:
                one = function.attr == "append"
                value = ast.List([call.args[0]]) if one else call.args[0]
        if value is not None:
            self._take(value)

    def _take(self, value: ast.expr) -> None:
        right: list[ast.expr] = []
        while isinstance(value, ast.BinOp):
            right.append(value.right)
            value = value.left
        self._take_one(value)
        for other in reversed(right):
            self._take(other)

    def _take_one(self, value: ast.expr) -> None:
        if isinstance(value, ast.Attribute) and value.attr == "__all__":
            self.joined.append(dotted(value.value))
            self.names = self.names if self._unreadable else (self.names or ())
        elif isinstance(value, (ast.List, ast.Tuple, ast.Set)) and not self._unreadable:
            for one in value.elts:
                if isinstance(one, ast.Starred):
                    self._take(one.value)
            texts = tuple(
                one.value
                for one in value.elts
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            )
            self.names = (self.names or ()) + texts
        else:
            self._unreadable, self.names = True, None


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"
