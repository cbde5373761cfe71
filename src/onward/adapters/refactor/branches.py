"""Code that is never run, tests that are never in doubt, handlers and branches that all end alike."""

import builtins

import libcst as cst

from onward.adapters.refactor.tree import (
    Around,
    Body,
    Change,
    assigned,
    code,
    holds,
    mentions,
    only_small,
)

# What makes a name local, a function a generator, or is otherwise seen without being run.
_SEEN = (
    cst.AssignTarget,
    cst.AugAssign,
    cst.AnnAssign,
    cst.NamedExpr,
    cst.For,
    cst.Import,
    cst.ImportFrom,
    cst.FunctionDef,
    cst.ClassDef,
    cst.AsName,
    cst.Del,
    cst.Global,
    cst.Nonlocal,
    cst.Match,
    cst.Yield,
    cst.Await,
    cst.TypeAlias,
)
_ENDS = (cst.Return, cst.Raise, cst.Continue, cst.Break)
_SURE = {"True": True, "1": True, "False": False, "0": False}


def remove_unreachable(body: Body, at: int, around: Around) -> Change | None:
    """Leave out what stands after the end of a block's run."""
    if not isinstance(only_small(body[at]), _ENDS) or at + 1 == len(body):
        return None
    rest = body[at + 1 :]
    if not around.function or any(holds(one, _SEEN) for one in rest):
        return None
    return Change(count=1 + len(rest), new=(body[at],), safe=True)


def remove_redundant_if(body: Body, at: int, around: Around) -> Change | None:
    """Leave out a test whose answer is written in it, with the branch that is never taken."""
    asked = body[at]
    answer = _SURE.get(code(asked.test)) if isinstance(asked, cst.If) else None
    if answer is None or not isinstance(asked, cst.If) or not around.function:
        return None
    never = asked.orelse if answer else asked.body
    taken = asked.body if answer else asked.orelse
    if never is not None and holds(never, _SEEN):
        return None
    if isinstance(taken, cst.If):
        return Change(
            count=1, new=(taken.with_changes(leading_lines=asked.leading_lines),), safe=True
        )
    inner = taken.body if isinstance(taken, cst.Else) else taken
    if inner is None:
        return None if len(body) == 1 else Change(count=1, new=(), safe=True)
    if not isinstance(inner, cst.IndentedBlock):
        return None
    first, *others = inner.body
    lines = [*asked.leading_lines, *getattr(first, "leading_lines", ())]
    return Change(count=1, new=(first.with_changes(leading_lines=lines), *others), safe=True)


def merge_except(body: Body, at: int, around: Around) -> Change | None:
    """Write two handlers that do the same as one."""
    tried = body[at]
    if not isinstance(tried, cst.Try):
        return None
    handlers = list(tried.handlers)
    for index in range(len(handlers) - 1):
        first, second = handlers[index : index + 2]
        kinds = [*_kinds(first), *_kinds(second)]
        if not _kinds(first) or not _kinds(second) or code(first.body) != code(second.body):
            continue
        if (first.name and code(first.name)) != (second.name and code(second.name)):
            continue
        words = [code(one) for one in kinds]
        if _given_in(tried.body, words):
            continue
        together = cst.parse_expression(f"({', '.join(dict.fromkeys(words))})")
        handlers[index : index + 2] = [first.with_changes(type=together)]
        safe = all(_is_builtin_error(word) for word in words) and around.own(*words)
        return Change(count=1, new=(tried.with_changes(handlers=handlers),), safe=safe)
    return None


def _given_in(body: cst.BaseSuite, words: list[str]) -> bool:
    """Say whether a class may come from the very code that fails: then it may not be there yet."""
    there = mentions(body)
    return any(not _is_builtin_error(word) and word.partition(".")[0] in there for word in words)


def _kinds(handler: cst.ExceptHandler) -> list[cst.BaseExpression]:
    """Give the classes that a handler names; none when one of them may be a tuple by another name."""
    if isinstance(handler.type, cst.Tuple):
        named = [one.value for one in handler.type.elements]
    else:
        named = [] if handler.type is None else [handler.type]
    return named if all(map(_is_class, named)) else []


def _is_class(node: cst.BaseExpression) -> bool:
    if not isinstance(node, cst.Name | cst.Attribute):
        return False
    last = code(node).rpartition(".")[2]
    return last[:1].isupper() and not last.isupper() and not last.endswith(("s", "_"))


def _is_builtin_error(word: str) -> bool:
    found = getattr(builtins, word, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def lift_return(body: Body, at: int, around: Around) -> Change | None:
    """Return at once in each branch, where all of them only set what the next line returns."""
    last = only_small(body[at + 1]) if at + 1 < len(body) else None
    asked = body[at]
    if not isinstance(last, cst.Return) or not isinstance(last.value, cst.Name):
        return None
    if not isinstance(asked, cst.If) or not around.function:
        return None
    name = last.value.value
    new = _returning(asked, name)
    if new is None or around.count(name) != 1 + _branches(asked):
        return None
    one_line = not isinstance(asked.orelse, cst.If) and _lines(asked) == 2
    if one_line:  # ruff's SIM108 has a better word for these
        return None
    return Change(count=2, new=(new,), safe=True)


def _lines(asked: cst.If) -> int:
    other = asked.orelse.body if isinstance(asked.orelse, cst.Else) else None
    return len(asked.body.body) + (len(other.body) if other is not None else 0)


def _branches(asked: cst.If) -> int:
    return 1 + (_branches(asked.orelse) if isinstance(asked.orelse, cst.If) else 1)


def _returning(asked: cst.If, name: str) -> cst.If | None:
    """Give ``asked`` with a ``return`` at the end of each branch; None when one does not set ``name`` last."""
    if asked.orelse is None:
        return None
    body = _last_returned(asked.body, name)
    if isinstance(asked.orelse, cst.If):
        other: cst.If | cst.Else | None = _returning(asked.orelse, name)
    else:
        inner = _last_returned(asked.orelse.body, name)
        other = None if inner is None else asked.orelse.with_changes(body=inner)
    if body is None or other is None or name in mentions(asked.test):
        return None
    return asked.with_changes(body=body, orelse=other)


def _last_returned(block: cst.BaseSuite, name: str) -> cst.IndentedBlock | None:
    if not isinstance(block, cst.IndentedBlock):
        return None
    *before, last = block.body
    given = assigned(last)
    if given is None or given[0] != name or not isinstance(last, cst.SimpleStatementLine):
        return None
    return block.with_changes(body=[*before, last.with_changes(body=[cst.Return(given[1])])])
