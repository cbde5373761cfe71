"""Lists and dicts that are written at once, and names that are given where they are asked."""

from collections.abc import Sequence

import libcst as cst

from onward.adapters.refactor.hit import WIDTH
from onward.adapters.refactor.tree import (
    Around,
    Body,
    Change,
    assigned,
    code,
    holds,
    is_still,
    mentions,
    only_small,
    with_value,
)

_ODD = (cst.Lambda, cst.Yield, cst.Await, cst.NamedExpr)
_NOT_NAMED = (*_ODD, cst.IfExp, cst.Tuple, cst.BooleanOperation)


def merge_list_append(body: Body, at: int, around: Around) -> Change | None:
    """Write into the list what is appended to it in the next line."""
    start = assigned(body[at])
    small = only_small(body[at + 1]) if start and at + 1 < len(body) else None
    if start is None or not isinstance(start[1], cst.List) or not isinstance(small, cst.Expr):
        return None
    name, call = start[0], small.value
    if not isinstance(call, cst.Call) or code(call.func) != f"{name}.append" or len(call.args) != 1:
        return None
    arg = call.args[0]
    if arg.keyword or arg.star or not _may_move(name, arg.value):
        return None
    elements = [*start[1].elements, cst.Element(arg.value)]
    return _written(body, at, around, start[1].with_changes(elements=_spaced(elements)), arg.value)


def merge_dict_assign(body: Body, at: int, around: Around) -> Change | None:
    """Write into the dict what is put into it in the next line."""
    start = assigned(body[at])
    small = only_small(body[at + 1]) if start and at + 1 < len(body) else None
    if start is None or not isinstance(start[1], cst.Dict) or not isinstance(small, cst.Assign):
        return None
    name, target = start[0], small.targets[0].target
    if len(small.targets) != 1 or not isinstance(target, cst.Subscript):
        return None
    key = target.slice[0].slice if len(target.slice) == 1 else None
    if code(target.value) != name or not isinstance(key, cst.Index):
        return None
    if not isinstance(key.value, cst.SimpleString | cst.Integer) or not _may_move(
        name, small.value
    ):
        return None
    there = [
        one.key.evaluated_value
        for one in start[1].elements
        if isinstance(one, cst.DictElement) and isinstance(one.key, cst.SimpleString | cst.Integer)
    ]
    if len(there) != len(start[1].elements) or key.value.evaluated_value in there:
        return None
    elements = [*start[1].elements, cst.DictElement(key.value, small.value)]
    return _written(
        body, at, around, start[1].with_changes(elements=_spaced(elements)), small.value
    )


def use_named_expression(body: Body, at: int, around: Around) -> Change | None:
    """Give the name inside the test, where only the test and its branches use it."""
    start = assigned(body[at])
    asked = body[at + 1] if start and at + 1 < len(body) else None
    if start is None or not isinstance(asked, cst.If) or not around.function:
        return None
    name, value = start
    if not isinstance(value, cst.Call | cst.Subscript) or holds(value, _NOT_NAMED):
        return None
    inside = mentions(asked)[name]
    if around.count(name) != inside + 1 or inside < 2 or "\n" in code(value):
        return None
    if not mentions(asked.body)[name] or name in mentions(value):
        return None
    test = _named(asked.test, name, value)
    if test is None or around.columns + len(f"if {code(test)}:") > WIDTH:
        return None
    lines = cst.ensure_type(body[at], cst.SimpleStatementLine).leading_lines
    new = asked.with_changes(
        test=test, leading_lines=[*lines, *_comments(asked)], whitespace_before_test=_BLANK
    )
    return Change(count=2, new=(new,), safe=True)


_BLANK = cst.SimpleWhitespace(" ")


def _named(
    test: cst.BaseExpression, name: str, value: cst.BaseExpression
) -> cst.BaseExpression | None:
    """Give ``test`` with the walrus in it; None when it is no plain question about the name."""
    plain = cst.NamedExpr(cst.Name(name), value)
    inside = plain.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    if isinstance(test, cst.Name) and test.value == name and not test.lpar:
        return plain
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return test.with_changes(expression=inside) if code(test.expression) == name else None
    if isinstance(test, cst.Comparison) and code(test.left) == name and not test.lpar:
        rest = mentions(*test.comparisons)[name]
        return None if rest else test.with_changes(left=inside)
    return None


def _comments(statement: cst.If) -> list[cst.EmptyLine]:
    return [line for line in statement.leading_lines if line.comment]


def _may_move(name: str, value: cst.BaseExpression) -> bool:
    return name not in mentions(value) and not holds(value, _ODD) and "\n" not in code(value)


def _spaced(elements: Sequence[cst.BaseElement | cst.BaseDictElement]) -> list[cst.CSTNode]:
    """Give elements with a comma and a blank between them."""
    comma = cst.Comma(whitespace_after=_BLANK)
    last = elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return [*(one.with_changes(comma=comma) for one in elements[:-1]), last]


def _written(
    body: Body, at: int, around: Around, made: cst.BaseExpression, value: cst.BaseExpression
) -> Change | None:
    start = assigned(body[at])
    if start is None or "\n" in code(start[1]):
        return None
    new = with_value(body[at], made)
    if around.columns + len(code(new.with_changes(leading_lines=())).rstrip()) > WIDTH:
        return None
    # where code runs in the value, it could see the name half made, or fail and leave it so
    hidden = around.function and not around.guarded and not around.is_shared(start[0])
    return Change(count=2, new=(new,), safe=bool(is_still(value) or hidden))
