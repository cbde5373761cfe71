"""setup.py, which is read by ``ast`` and never run: only what stands there literally is known."""

import ast
from typing import Any

from onward.core.errors import BadInput
from onward.core.lines import lines_of
from onward.core.project import Declared, Reading, Role, Unreadable
from onward.domain.layouts.declare import declare, gathered, place_at, unreadable

_COULD_NOT_TELL = "it is worked out when setup.py runs, and onward does not run it"


def read_setup_py(text: str, path: str = "setup.py") -> Reading:
    """Read the literal lists of the ``setup(...)`` call by ``ast``; the file is never run.

    A list may stand in the call or in a name that the module assigns once. Anything else
    is an unreadable entry that says so. Raises BadInput with the line for text that is no
    Python.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 0
        raise BadInput(
            "bad-python", f"`{path}` cannot be read", context=(f"{path}:{line}: {error}",)
        ) from error
    call = next((node for node in ast.walk(tree) if _is_setup(node)), None)
    if not isinstance(call, ast.Call):
        return Reading(files=(path,))
    try:
        return _read_call(call, _Module(tree, text, path))
    except (
        RecursionError
    ):  # sums of sums without end; nobody writes that, but files come from anywhere
        return _Module(tree, text, path).untold(call)


def _read_call(call: ast.Call, module: "_Module") -> Reading:
    values = {k.arg: k.value for k in call.keywords if k.arg}
    reading = Reading(
        name=module.text(values.get("name")),
        version=module.text(values.get("version")),
        requires_python=module.text(values.get("python_requires")),
        files=(module.path,),
    )
    if any(k.arg is None for k in call.keywords):
        reading += module.untold(call)
    for key, role, group in (
        ("install_requires", Role.main, ""),
        ("setup_requires", Role.build, ""),
        ("tests_require", Role.group, "tests"),
    ):
        if key in values:
            reading += module.strings(values[key], role, group)
    return reading + module.extras(values.get("extras_require"))


class _Module:
    """One parsed setup.py: what its names hold, and where."""

    def __init__(self, tree: ast.Module, text: str, path: str) -> None:
        self.names = _assigned(tree)
        self.lines = lines_of(text)
        self.path = path
        self.open: list[str] = []  # names being read: one that holds itself would never end

    def resolve(self, node: ast.expr | None) -> ast.expr | None:
        return self.names.get(node.id, node) if isinstance(node, ast.Name) else node

    def text(self, node: ast.expr | None) -> str:
        value = self.resolve(node)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
        return ""

    def extras(self, node: ast.expr | None) -> Reading:
        """Read ``extras_require``, a dictionary of lists."""
        value = self.resolve(node)
        if value is None:
            return Reading()
        if not isinstance(value, ast.Dict):
            return self.untold(value)
        reading = Reading()
        for word, asked in zip(value.keys, value.values, strict=True):
            if not (isinstance(word, ast.Constant) and isinstance(word.value, str)):
                reading += self.untold(word or asked)
                continue
            extra, _, marker = word.value.partition(":")  # `extra:marker`, the form before PEP 508
            reading += self.strings(asked, Role.extra if extra else Role.main, extra, marker)
        return reading

    def strings(self, node: ast.expr, role: Role, group: str, marker: str = "") -> Reading:
        """Read a list of texts, or a text of lines; sums, names and starred names are followed."""
        if not isinstance(node, ast.Name):
            return self.values(node, node, role, group, marker)
        if node.id in self.open:
            return self.untold(node)
        self.open.append(node.id)
        try:
            return self.values(node, self.names.get(node.id, node), role, group, marker)
        finally:
            self.open.pop()

    def values(
        self, node: ast.expr, value: ast.expr, role: Role, group: str, marker: str
    ) -> Reading:
        """Read the ``value`` that ``node`` stands for; what cannot be told without running it is kept as untold."""
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            left = self.strings(value.left, role, group, marker)
            return left + self.strings(value.right, role, group, marker)
        if isinstance(value, ast.List | ast.Tuple):
            reading = Reading()
            for item in value.elts:
                inner = item.value if isinstance(item, ast.Starred) else item
                reading += self.strings(inner, role, group, marker)
            return reading
        if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
            return self.untold(node)
        parts = [line.strip() for line in lines_of(value.value) if line.strip()]
        place = place_at(self.path, value.lineno, self.lines[value.lineno - 1])
        made: list[Declared | Unreadable] = []
        for text in parts:
            asked = f"{text} ; {marker}" if marker and ";" not in text else text
            made.append(declare(asked, place, role=role, group=group))
        return gathered(made)

    def untold(self, node: ast.expr) -> Reading:
        place = place_at(self.path, node.lineno, self.lines[node.lineno - 1])
        try:
            text = ast.unparse(node)
        except RecursionError:
            text = place.source_line
        told = unreadable(text, place, _COULD_NOT_TELL, dynamic=True)
        return Reading(unreadable=(told,))


def _is_setup(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name == "setup"


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Give names that the module assigns exactly once; another may hold anything by then."""
    found: dict[str, ast.expr] = {}
    often: set[str] = set()
    for node in ast.walk(tree):
        targets: list[Any] = []
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value:
            targets, value = [node.target], node.value
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            often.add(node.target.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            often.add(node.value.id)  # names.append(...) and the like change what it holds
        for target in targets:
            if isinstance(target, ast.Name):
                if target.id in found:
                    often.add(target.id)
                found[target.id] = value
    return {name: value for name, value in found.items() if name not in often}
