"""Loops that one expression says: the first that fits, a sum, a text put together, whether any or all are so."""

import libcst as cst
import msgspec

from onward.adapters.refactor.hit import WIDTH
from onward.adapters.refactor.tree import (
    Around,
    Body,
    Change,
    assigned,
    code,
    expression,
    in_clause,
    mentions,
    movable,
    only_small,
    only_statement,
    with_value,
)


class _Loop(msgspec.Struct, frozen=True):
    """A loop with one thing to do: ``for target in items [if test]: act``."""

    target: str
    items: str
    test: cst.BaseExpression | None
    act: cst.BaseSmallStatement

    @property
    def clauses(self) -> str:
        """The loop as a comprehension has it."""
        test = f" if {code(self.test)}" if self.test is not None else ""
        return f"for {self.target} in {self.items}{test}"


def use_next(body: Body, at: int, around: Around) -> Change | None:
    """Say by `next` what a loop does that returns the first item for which a test holds, else a constant."""
    loop = _loop(body, at, around)
    if loop is None or loop.test is None or at + 1 >= len(body) or not around.own("next"):
        return None
    given, last = loop.act, body[at + 1]
    default = only_small(last)
    if not isinstance(given, cst.Return) or not isinstance(default, cst.Return):
        return None
    if given.value is None or not movable(given.value) or isinstance(given.value, cst.Tuple):
        return None
    if not set(mentions(given.value)) & set(mentions(cst.parse_expression(loop.target))):
        return None
    other = code(default.value) if default.value is not None else "None"
    if other not in ("None", "True", "False", "0", '""', "''", "-1"):
        return None
    said = f"next(({code(given.value)} {loop.clauses}), {other})"
    if around.columns + len(f"return {said}") > WIDTH:
        return None
    new = cst.SimpleStatementLine([cst.Return(expression(said))], leading_lines=_leading(body[at]))
    # a StopIteration from a call inside would come out as another error
    safe = not _calls(loop.test) and not _calls(given.value)
    return Change(count=2, new=(new,), safe=safe)


def sum_comprehension(body: Body, at: int, around: Around) -> Change | None:
    """Say by `sum` what a loop does that adds to a number that starts at 0."""
    found = _added_up(body, at, around)
    if found is None or found[0] != "0" or not around.own("sum", "len"):
        return None
    _, loop, value = found
    # only whole numbers are sure: `sum` adds floats more precisely, and other things in other ways
    whole = isinstance(value, cst.Integer) or code(value).startswith("len(")
    safe = whole and not (loop.test and _calls(loop.test))
    return _made(body, at, around, f"sum({code(value)} {loop.clauses})", safe=safe)


def use_join(body: Body, at: int, around: Around) -> Change | None:
    """Say by `join` what a loop does that adds to a text that starts empty."""
    found = _added_up(body, at, around)
    if found is None or found[0] not in ('""', "''") or not around.own("str", "repr"):
        return None
    empty, loop, value = found
    if isinstance(value, cst.Call):
        if code(value.func) not in ("str", "repr"):
            return None
    elif not isinstance(value, cst.FormattedString):
        return None
    said = f"{empty}.join({code(value)} {loop.clauses})"
    return _made(body, at, around, said, safe=not (loop.test and _calls(loop.test)))


def use_any_all(body: Body, at: int, around: Around) -> Change | None:
    """Say by `any` or `all` what a loop does that sets a flag at the first item for which a test holds, and leaves."""
    start = assigned(body[at])
    loop = _loop(body, at + 1, around, leaves=True) if start else None
    if start is None or loop is None or loop.test is None:
        return None
    name, first = start[0], code(start[1])
    after = assigned(cst.SimpleStatementLine([loop.act]))
    if around.guarded or around.is_shared(name) or mentions(body[at + 1])[name] != 1:
        return None
    if after is None or after[0] != name or not around.own("any", "all"):
        return None
    loops = f"for {loop.target} in {loop.items}"
    said = {
        ("False", "True"): f"any({code(loop.test)} {loops})",
        ("True", "False"): _all(loop.test, loops),
    }.get((first, code(after[1])))
    if said is None:
        return None
    # a StopIteration from a call inside would come out as another error
    return _made(body, at, around, said, safe=not _calls(loop.test))


def _all(test: cst.BaseExpression, loops: str) -> str:
    """Give the expression that says that a test holds for none."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inner = test.expression
        if not test.lpar and not isinstance(inner, cst.Tuple):
            return f"all({code(inner)} {loops})"
    return f"not any({code(test)} {loops})"


def _made(body: Body, at: int, around: Around, said: str, *, safe: bool) -> Change | None:
    new = with_value(body[at], expression(said))
    if around.columns + len(code(new.with_changes(leading_lines=())).rstrip()) > WIDTH:
        return None
    return Change(count=2, new=(new,), safe=safe)


def _added_up(body: Body, at: int, around: Around) -> tuple[str, _Loop, cst.BaseExpression] | None:
    """Give first value, loop and what is added, of `t = 0` and `for ...: t += ...`."""
    start = assigned(body[at])
    loop = _loop(body, at + 1, around) if start else None
    if start is None or loop is None or not isinstance(loop.act, cst.AugAssign):
        return None
    if around.guarded:  # what was added up when something failed may be looked at
        return None
    act, name = loop.act, start[0]
    if not isinstance(act.operator, cst.AddAssign) or code(act.target) != name:
        return None
    if not movable(act.value) or mentions(body[at + 1])[name] != 1:
        return None
    if around.is_shared(name) or isinstance(act.value, cst.Tuple):
        return None
    return code(start[1]), loop, act.value


def _loop(body: Body, at: int, around: Around, *, leaves: bool = False) -> _Loop | None:
    """Read the loop at a place; with ``leaves`` it has to leave after what it does once."""
    loop = body[at] if at < len(body) else None
    if not isinstance(loop, cst.For) or loop.orelse or loop.asynchronous or not around.function:
        return None
    names = mentions(loop.target)
    plain = isinstance(loop.target, cst.Name) or (
        isinstance(loop.target, cst.Tuple)
        and all(isinstance(one.value, cst.Name) for one in loop.target.elements)
    )
    inside = mentions(loop)
    if not plain or any(around.count(name) != inside[name] for name in names):
        return None  # the loop's variable lives on after a loop, not after a comprehension
    if not in_clause(loop.iter) or not movable(loop.iter) or set(mentions(loop.iter)) & set(names):
        return None
    inner = only_statement(loop.body)
    test: cst.BaseExpression | None = None
    if isinstance(inner, cst.If) and not inner.orelse:
        test = inner.test
        inner = _before_break(inner.body) if leaves else only_statement(inner.body)
        if not in_clause(test) or not movable(test):
            return None
    act = only_small(inner) if inner is not None else None
    if act is None:
        return None
    return _Loop(code(loop.target), code(loop.iter), test, act)


def _before_break(block: cst.BaseSuite) -> cst.BaseStatement | None:
    """Give the one statement that a block has before it leaves the loop."""
    if not isinstance(block, cst.IndentedBlock) or len(block.body) != 2:
        return None
    return block.body[0] if isinstance(only_small(block.body[1]), cst.Break) else None


def _calls(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call | cst.Subscript) or any(map(_calls, node.children))


def _leading(statement: cst.BaseStatement) -> tuple[cst.EmptyLine, ...]:
    return tuple(getattr(statement, "leading_lines", ()))
