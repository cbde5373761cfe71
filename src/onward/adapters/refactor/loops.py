"""Loops that one expression says: the first that fits, a sum, a text put together, items instead of numbers."""

import keyword

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


def _loop(body: Body, at: int, around: Around) -> _Loop | None:
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
        inner = only_statement(inner.body)
        if not in_clause(test) or not movable(test):
            return None
    act = only_small(inner) if inner is not None else None
    if act is None:
        return None
    return _Loop(code(loop.target), code(loop.iter), test, act)


def _calls(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call | cst.Subscript) or any(map(_calls, node.children))


def _leading(statement: cst.BaseStatement) -> tuple[cst.EmptyLine, ...]:
    return tuple(getattr(statement, "leading_lines", ()))


_WRITING = (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.For, cst.CompFor, cst.NamedExpr)


class _Subscripts(cst.CSTVisitor):
    """How often ``items[number]`` is read in a loop, and whether it or ``number`` is written to."""

    def __init__(self, items: str, number: str) -> None:
        super().__init__()
        self._text, self._number = f"{items}[{number}]", number
        self.read = 0
        self.written = False

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Count what is read, note what is written."""
        if isinstance(node, cst.Subscript):
            self.read += code(node) == self._text
        elif isinstance(node, cst.Del):
            self.written |= self._text in code(node)
        elif isinstance(node, _WRITING):
            told = code(node.target)
            several = isinstance(node.target, cst.Tuple | cst.List)
            self.written |= told == self._text or (several and self._text in told)
            self.written |= self._number in mentions(node.target) and "[" not in told
        return True


class _Renamed(cst.CSTTransformer):
    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self._text, self._name = text, name

    def leave_Subscript(  # noqa: N802 - LibCST's own word
        self, original_node: cst.Subscript, updated_node: cst.Subscript
    ) -> cst.BaseExpression:
        """Put the name in place of ``items[number]``."""
        return cst.Name(self._name) if code(original_node) == self._text else updated_node


def items_of_range(body: Body, at: int, around: Around) -> Change | None:
    """Go through the items, where a loop goes through their numbers only to fetch each one."""
    loop = body[at]
    if not isinstance(loop, cst.For) or loop.asynchronous or not around.function:
        return None
    number, call = code(loop.target), code(loop.iter)
    items = call.removeprefix("range(len(").removesuffix("))")
    if call != f"range(len({items}))" or not items.isidentifier() or not number.isidentifier():
        return None
    if items in ("self", "cls"):  # this may be how its class lets itself be gone through
        return None
    if not around.own("range", "len", "enumerate") or around.is_shared(number):
        return None
    seen = _Subscripts(items, number)
    loop.body.visit(seen)
    if seen.written or not seen.read or mentions(loop.body)[items] != seen.read:
        return None
    said = _with_name(loop.body, items, number, seen.read, around)
    if said is None:
        return None
    name, inner = said
    alone = not mentions(inner)[number]
    if alone and around.count(number) != seen.read + 1:
        return None
    new = loop.with_changes(
        target=cst.Name(name) if alone else _pair(number, name),
        iter=expression(items if alone else f"enumerate({items})"),
        body=inner,
    )
    return Change(count=1, new=(new,), safe=False)


def _with_name(
    block: cst.BaseSuite, items: str, number: str, read: int, around: Around
) -> tuple[str, cst.IndentedBlock] | None:
    """Give a name for the item, and the loop's body with it in place of ``items[number]``."""
    if not isinstance(block, cst.IndentedBlock):
        return None
    text = f"{items}[{number}]"
    fetched = assigned(block.body[0])
    if fetched is not None and code(fetched[1]) == text and read == 1:
        if len(block.body) == 1 or _has_comment(block.body[0]):
            return None
        return fetched[0], block.with_changes(body=block.body[1:])
    one = items.removesuffix("s")
    name = "item" if one == items or one.endswith("s") or keyword.iskeyword(one) or not one else one
    if around.count(name):
        return None
    return name, cst.ensure_type(block.visit(_Renamed(text, name)), cst.IndentedBlock)


def _pair(one: str, other: str) -> cst.Tuple:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    elements = [cst.Element(cst.Name(one), comma=comma), cst.Element(cst.Name(other))]
    return cst.Tuple(elements, lpar=[], rpar=[])


def _has_comment(statement: cst.BaseStatement) -> bool:
    return "#" in code(statement)
