"""Small questions to LibCST's tree that the refactorings of statements share."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

import libcst as cst
import msgspec

_RISKY = (cst.Yield, cst.Await, cst.NamedExpr, cst.Lambda, cst.From, cst.StarredElement)
# What looks at the frame it runs in answers differently inside a comprehension.
_FRAME = frozenset({"super", "locals", "vars", "dir", "eval", "exec", "__class__"})
_STILL = (cst.Name, cst.BaseNumber, cst.BaseString, cst.Tuple, cst.Element)
_NAMED = (cst.Attribute, cst.Arg)
_SCOPES = (cst.FunctionDef, cst.Lambda)
_EMPTY = cst.Module([])

Body = Sequence[cst.BaseStatement]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Replace ``count`` statements by ``new``; ``safe`` as in ``Hit``."""

    count: int
    new: tuple[cst.BaseStatement, ...]
    safe: bool


class Mentions(cst.CSTVisitor):
    """How often each name is mentioned in a tree, and in ``nested`` which ones other scopes may see."""

    def __init__(self) -> None:
        super().__init__()
        self.names: Counter[str] = Counter()
        self.nested: set[str] = set()
        self._depth = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Count names; what stands after a dot or before the `=` of an argument is none."""
        kind = type(node)  # quicker than `isinstance`, and there are many
        if kind is cst.Name and isinstance(node, cst.Name):
            self.names[node.value] += 1
            if self._depth > 1:
                self.nested.add(node.value)
        elif kind in _NAMED and isinstance(node, cst.Attribute | cst.Arg):
            node.value.visit(self)
            return False
        elif kind is cst.NameItem and isinstance(node, cst.NameItem):  # of `global` and `nonlocal`
            self.nested.add(node.name.value)
        elif kind in _SCOPES:
            self._depth += 1
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Note the end of a scope."""
        if type(original_node) in _SCOPES:
            self._depth -= 1


class Scope:
    """A function (None: a module or class), and what it mentions, nested functions included."""

    def __init__(self, function: cst.FunctionDef | None) -> None:
        self.function = function

    @cached_property
    def mentions(self) -> Mentions:
        """What the function mentions."""
        seen = Mentions()
        if self.function is not None:
            self.function.visit(seen)
        return seen


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """Where a block stands: in which scope, at which column, whether a failure in it may be met in the same function.

    ``own`` says of names whether they are Python's own in this file.
    """

    scope: Scope
    columns: int
    guarded: bool
    own: Callable[..., bool]

    @property
    def function(self) -> cst.FunctionDef | None:
        """The function that the block is part of."""
        return self.scope.function

    def count(self, name: str) -> int:
        """Say how often the function mentions a name."""
        return self.scope.mentions.names[name]

    def is_shared(self, name: str) -> bool:
        """Say whether code outside of the function, or a function in it, may see the name."""
        return name in self.scope.mentions.nested


def mentions(*nodes: cst.CSTNode) -> Counter[str]:
    """Count the names that are mentioned in some nodes."""
    seen = Mentions()
    for node in nodes:
        node.visit(seen)
    return seen.names


def code(node: cst.CSTNode) -> str:
    """Give the text of a node, its lines not indented."""
    return _EMPTY.code_for_node(node)


def holds(node: cst.CSTNode, kinds: tuple[type[cst.CSTNode], ...]) -> bool:
    """Say whether a node is or holds one of these kinds."""
    return isinstance(node, kinds) or any(holds(child, kinds) for child in node.children)


def only_small(statement: cst.CSTNode) -> cst.BaseSmallStatement | None:
    """Give the one small statement of a line, None when there are more or it is no such line."""
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def only_statement(block: cst.BaseSuite) -> cst.BaseStatement | None:
    """Give the one statement of an indented block."""
    if isinstance(block, cst.IndentedBlock) and len(block.body) == 1:
        return block.body[0]
    return None


def assigned(statement: cst.CSTNode) -> tuple[str, cst.BaseExpression] | None:
    """Give name and value of ``name = value``."""
    small = only_small(statement)
    if isinstance(small, cst.Assign) and len(small.targets) == 1:
        target = small.targets[0].target
        if isinstance(target, cst.Name):
            return target.value, small.value
    return None


def with_value(statement: cst.CSTNode, value: cst.BaseExpression) -> cst.SimpleStatementLine:
    """Give the line of an assignment with another value, its layout kept."""
    assert isinstance(statement, cst.SimpleStatementLine)  # as `assigned` said  # noqa: S101
    small = cst.ensure_type(statement.body[0], cst.Assign)
    return statement.with_changes(body=[small.with_changes(value=value)])


def is_still(node: cst.CSTNode) -> bool:
    """Say whether an expression is made of names and constants alone, so that no code runs in it."""
    return isinstance(node, _STILL) and all(
        is_still(child)
        for child in node.children
        if isinstance(child, cst.BaseExpression | cst.Element)
    )


def movable(*nodes: cst.CSTNode) -> bool:
    """Say whether expressions mean the same inside a comprehension, and stand on one line."""
    if any(holds(node, _RISKY) or "\n" in code(node) for node in nodes):
        return False
    return not _FRAME & set(mentions(*nodes))


def in_clause(node: cst.BaseExpression) -> bool:
    """Say whether an expression may stand in a ``for`` or ``if`` of a comprehension as it is."""
    return bool(node.lpar) or not isinstance(node, cst.IfExp | cst.Lambda | cst.Tuple)


def expression(text: str) -> cst.BaseExpression:
    """Read an expression that was put together from the texts of others."""
    return cst.parse_expression(text)
