"""What a loop says anew in each round though it never changes, and may as well be said once before it."""

import libcst as cst

from onward.adapters.refactor.tree import Around, Body, Change, assigned, holds, mentions

_CONSTANT = (cst.Integer, cst.Float, cst.Imaginary, cst.SimpleString)
_WORDS = ("True", "False", "None")
# They could see a name that is there before the first round.
_LOOKING = ("locals", "vars", "dir", "eval", "exec", "globals")
_INNER = (
    cst.FunctionDef,
    cst.ClassDef,
    cst.Lambda,
    cst.Match,
    cst.AsName,
    cst.ImportAlias,
    cst.Del,
)
_WRITING = (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.For, cst.CompFor, cst.NamedExpr)


def hoist_constant(body: Body, at: int, around: Around) -> Change | None:
    """Move a name for a constant, with which each round of a loop begins, out of the loop.

    Only a constant is sure to be the same in each round, to never fail and to have no effect, also when there is no round.
    """
    loop = body[at]
    if not isinstance(loop, cst.For | cst.While) or not around.function:
        return None
    block = loop.body
    given = assigned(block.body[0]) if isinstance(block, cst.IndentedBlock) else None
    if given is None or not isinstance(block, cst.IndentedBlock) or len(block.body) == 1:
        return None
    name, value = given
    rest = block.body[1:]
    if not _is_constant(value) or around.is_shared(name) or any(map(around.count, _LOOKING)):
        return None
    used = mentions(*rest)[name]
    if not used or around.count(name) != used + 1 or _may_write(rest, name):
        return None
    first = block.body[0].with_changes(leading_lines=loop.leading_lines)
    moved = loop.with_changes(leading_lines=(), body=block.with_changes(body=rest))
    return Change(count=1, new=(first, moved), safe=True)


def _is_constant(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.UnaryOperation):
        return isinstance(node.operator, cst.Minus) and isinstance(node.expression, cst.BaseNumber)
    if isinstance(node, cst.Name):
        return node.value in _WORDS
    return isinstance(node, _CONSTANT)


def _may_write(statements: Body, name: str) -> bool:
    """Say whether a statement may give the name another meaning."""

    def writes(node: cst.CSTNode) -> bool:
        if isinstance(node, _WRITING) and mentions(node.target)[name]:
            return True
        return any(map(writes, node.children))

    return any(holds(one, _INNER) or writes(one) for one in statements)
