"""Which modules Python source imports, and which distribution a module belongs to."""

import ast
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from onward.core.errors import BadInput
from onward.core.names import Name


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """One imported module (dotted, never relative), the line from 1, and whether only type checkers see it."""

    module: str
    line: int
    typing_only: bool = False


def imported_modules(source: str, path: str = "the file") -> tuple[Import, ...]:
    """Give every absolute import of ``source``, wherever it stands, in the order of lines.

    Includes imports in functions, in ``try`` and under ``TYPE_CHECKING``, and
    ``import_module("...")`` or ``__import__("...")`` with a literal. ``from a import b``
    gives ``a`` and ``a.b``, as ``b`` may be a module. Raises BadInput (``bad-python``) with
    the line for text that is no Python.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 0
        raise BadInput(
            "bad-python", f"`{path}` cannot be read", context=(f"{path}:{line}: {error}",)
        ) from error
    found = [
        Import(module=module, line=node.lineno, typing_only=typing_only)
        for node, typing_only in _walk(tree)
        for module in _modules(node)
    ]
    return tuple(sorted(found, key=lambda one: (one.line, one.module)))


def _walk(tree: ast.Module) -> Iterator[tuple[ast.stmt | ast.expr, bool]]:
    """Every node with a line, and whether it stands under ``if TYPE_CHECKING``; no recursion, so no limit."""
    rest: list[tuple[ast.AST, bool]] = [(tree, False)]
    while rest:
        node, typing_only = rest.pop()
        if isinstance(node, ast.stmt | ast.expr):
            yield node, typing_only
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            rest += [(child, True) for child in node.body]
            rest += [(child, typing_only) for child in node.orelse]
        else:
            rest += [(child, typing_only) for child in ast.iter_child_nodes(node)]


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _modules(node: ast.stmt | ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*")
    elif isinstance(node, ast.Call) and node.args:
        function, first = node.func, node.args[0]
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if (
            name in ("import_module", "__import__")
            and isinstance(first, ast.Constant)
            and isinstance(first.value, str)
            and first.value
            and not first.value.startswith(".")
        ):
            yield first.value


def owners(listing: Mapping[Name, Iterable[str]]) -> dict[str, tuple[Name, ...]]:
    """Turn what each distribution installs into who owns each module.

    ``listing`` maps a distribution to its modules: top-level ones, and dotted ones inside
    namespace packages. Several distributions may own one module.
    """
    found: dict[str, list[Name]] = {}
    for name, modules in listing.items():
        for module in modules:
            found.setdefault(module, []).append(name)
    return {module: tuple(sorted(names)) for module, names in found.items()}


def owner_of(module: str, owned: Mapping[str, tuple[Name, ...]]) -> tuple[Name, ...]:
    """Give who owns the longest known beginning of a dotted ``module``; () when nobody does."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if names := owned.get(".".join(parts[:length])):
            return names
    return ()


def belongs(module: str, modules: Iterable[str]) -> bool:
    """Say whether ``module`` is one of ``modules`` or lies inside one."""
    return any(module == one or module.startswith(one + ".") for one in modules)


def usual_module(name: Name) -> str:
    """Give the module that a project of this name usually brings: dashes become underscores.

    Only for where nothing is installed that could tell; ``scikit-learn`` shows its limit.
    """
    return name.replace("-", "_")
