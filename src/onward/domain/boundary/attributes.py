"""Which attributes of a module or class have a type that every type checker infers alike, or a hint."""

import ast
from collections.abc import Iterator

from onward.domain.boundary.source import dotted

_EMPTY = frozenset({"list", "dict", "set", "defaultdict", "OrderedDict", "deque", "frozenset"})
_ENUMS = ("Enum", "Flag", "Choices")

_Spot = tuple[int, int]


class Attributes:
    """The attributes of one scope: what assigns them is taken in one by one."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[_Spot, bool]] = {}
        self._hinted: set[str] = set()

    def assigned(self, node: ast.stmt) -> None:
        """Take in a statement of the scope itself."""
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            self._add(node.target.id, node, hinted=True)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self._add(target.id, node, hinted=inferable(node.value))

    def on_self(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Take in what ``__init__`` sets on its first parameter; a parameter's hint is its own matter."""
        names = [
            one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        ]
        for inner in ast.walk(node):
            if isinstance(inner, ast.AnnAssign):
                target: ast.expr = inner.target
            elif isinstance(inner, ast.Assign) and len(inner.targets) == 1:
                target = inner.targets[0]
            else:
                continue
            if not (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)):
                continue
            if not names or target.value.id != names[0]:
                continue
            if isinstance(inner, ast.AnnAssign):
                self._add(target.attr, inner, hinted=True)
            elif not (isinstance(inner.value, ast.Name) and inner.value.id in names):
                self._add(target.attr, inner, hinted=inferable(inner.value))

    def found(self) -> Iterator[tuple[str, _Spot, bool]]:
        """Give name, line and column, and whether its type is told."""
        for name, (spot, hinted) in self._found.items():
            yield name, spot, hinted or name in self._hinted

    def _add(self, name: str, node: ast.stmt, *, hinted: bool) -> None:
        if name.startswith("_"):
            return
        if hinted:
            self._hinted.add(name)
        self._found.setdefault(name, ((node.lineno, node.col_offset + 1), hinted))


def inferable(value: ast.expr) -> bool:
    """Say whether type checkers agree on the type of a value; None and what is empty they do not."""
    if isinstance(value, ast.Lambda) or (isinstance(value, ast.Constant) and value.value is None):
        return False
    if isinstance(value, ast.Dict):
        keys = [key for key in value.keys if key is not None]
        return bool(value.keys) and _alike(keys) and _alike(value.values)
    if isinstance(value, (ast.List, ast.Set)):
        return bool(value.elts) and _alike(value.elts)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return bool(value.args or value.keywords) or value.func.id not in _EMPTY
    return True


def is_enum(node: ast.ClassDef) -> bool:
    """Say whether a class is an enumeration by the names of its bases: the members have its type."""
    return any(dotted(base).endswith(_ENUMS) for base in node.bases)


def _alike(values: list[ast.expr]) -> bool:
    kinds = {
        type(value.value).__name__ if isinstance(value, ast.Constant) else type(value).__name__
        for value in values
    }
    return len(kinds) <= 1 and all(
        inferable(value) for value in values if not isinstance(value, ast.Constant)
    )
