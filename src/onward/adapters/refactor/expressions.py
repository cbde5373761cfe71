"""The refactorings of one expression: ast-grep's patterns, and what is written in their place."""

import re
from collections.abc import Callable, Iterator

import msgspec
from ast_grep_py import Rule, SgNode

from onward.adapters.refactor.hit import WIDTH, Edit, Hit
from onward.adapters.refactor.known import Sure, builtin, kind_of, same

Said = tuple[str, bool]
"""The plainer text, and whether it is proven to mean the same."""

_INVERSE = {"in": "not in", "not in": "in", "is": "is not", "is not": "is"}
_PLAIN = re.compile(r"[\w.()\[\], ]+")  # what may stand in an f-string of any Python
_LITERAL = re.compile(r"""(?P<f>[fF]?)(?P<quote>["'])(?!\2{2})(?P<text>.*)\2""")


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: any of ``patterns`` is replaced by what ``say`` gives for the match, unless that is None."""

    name: str
    patterns: tuple[str, ...]
    say: Callable[[SgNode], Said | None]


def _invert_any_all(found: SgNode) -> Said | None:
    called = found["CALL"]
    made, named = called.field("arguments"), called.field("function")
    if made is None or named is None or named.text() not in ("any", "all"):
        return None
    if made.kind() != "generator_expression" or not builtin(_root(found), "any", "all"):
        return None
    words = made.named_children()
    inner = _inverted(words[0], only_exact=True)
    if inner is None:
        return None
    other = "any" if named.text() == "all" else "all"
    rest = made.text()[words[0].range().end.index - made.range().start.index :]
    return f"{other}({inner}{rest}", True


def _use_count(found: SgNode) -> Said | None:
    items, wanted, item = found["XS"], found["Y"], found["X"]
    known = kind_of(items)
    if known is None or known[0] not in ("list", "tuple"):
        return None
    if item.kind() != "identifier" or not builtin(_root(found), "sum", "len"):
        return None
    constant = wanted.kind() in ("integer", "string") and "{" not in wanted.text()
    if not constant:  # a name may stand for NaN, which `count` finds and `==` does not
        return None
    return f"{items.text()}.count({wanted.text()})", known[1] is Sure.made


def _membership(found: SgNode) -> Said | None:
    text, part = found["S"], found["X"]
    if part.kind() != "string" or re.match(r"[a-zA-Z]*[bB]", part.text()) or _negated(found):
        return None
    known = kind_of(text)
    if (known is not None and known[0] != "str") or text.text().endswith(".str"):
        return None  # `.str.find` looks into every text of a table at once
    absent = found.text().endswith(("== -1", "< 0"))
    word = "not in" if absent else "in"
    return f"{part.text()} {word} {text.text()}", known is not None and known[1] is Sure.made


def _empty_collection(found: SgNode) -> Said | None:
    named, empty = found["X"], found["EMPTY"]
    known = kind_of(named)
    if named.kind() != "identifier" or known is None or empty.named_children():
        return None
    if {"list": "list", "dictionary": "dict", "tuple": "tuple"}.get(empty.kind()) != known[0]:
        return None
    return _emptiness(found, named, known[1], empty="==" in found.text())


def _length(found: SgNode) -> Said | None:
    named = found["X"]
    known = kind_of(named)
    if named.kind() != "identifier" or known is None or not builtin(_root(found), "len"):
        return None
    return _emptiness(found, named, known[1], empty=bool(re.search(r"==|< ?1", found.text())))


def _emptiness(found: SgNode, named: SgNode, sure: Sure, *, empty: bool) -> Said | None:
    if empty:
        return None if _negated(found) else (f"not {named.text()}", sure is Sure.made)
    return (named.text(), sure is Sure.made) if _only_truth_counts(found) else None


def _swap(found: SgNode) -> Said | None:
    first, last = found["A"], found["B"]
    if last.kind() in ("conditional_expression", "lambda") or first.kind() == "lambda":
        return None
    inside = found.parent()
    if inside is not None and inside.kind() == "conditional_expression":
        return None
    return f"{last.text()} if {found['C'].text()} else {first.text()}", True


def _fstring(found: SgNode) -> Said | None:
    around = found.parent()
    if around is not None and around.kind() == "binary_operator":
        return None  # the whole sum is looked at, not a part of it
    parts = list(_summands(found))
    literals = [read for part in parts if (read := _LITERAL.fullmatch(part.text()))]
    quotes = {read["quote"] for read in literals}
    if len(literals) in (0, len(parts)) or len(quotes) != 1:
        return None
    words, safe = "", True
    for part in parts:
        made = _in_fstring(part)
        if made is None:
            return None
        words += made[0]
        safe = safe and made[1]
    quote = quotes.pop()
    return f"f{quote}{words}{quote}", safe


def _summands(node: SgNode) -> Iterator[SgNode]:
    operator = node.field("operator") if node.kind() == "binary_operator" else None
    left, right = node.field("left"), node.field("right")
    if operator is not None and operator.text() == "+" and left is not None and right is not None:
        yield from _summands(left)
        yield right
    else:
        yield node


def _in_fstring(part: SgNode) -> Said | None:
    if part.kind() == "string":
        read = _LITERAL.fullmatch(part.text())
        if read is None or "\\N" in part.text() or (read["f"] and "\\" in part.text()):
            return None
        return (read["text"] if read["f"] else re.sub(r"([{}])", r"\1\1", read["text"])), True
    known = kind_of(part)
    if known is None or known[0] != "str" or not _PLAIN.fullmatch(part.text()):
        return None
    values = part.field("arguments") if part.kind() == "call" else None
    if values is None:
        return f"{{{part.text()}}}", known[1] is Sure.made
    if part.text().startswith("str(") and len(values.named_children()) == 1:
        (value,) = values.named_children()
        if value.kind() in ("identifier", "attribute", "call", "subscript"):
            return f"{{{value.text()}!s}}", True
    return None


def _inverted(test: SgNode, *, only_exact: bool) -> str | None:
    """Give what is true where ``test`` is not; None when that cannot be said for sure and plainly."""
    if test.kind() == "not_operator":
        inner = test.field("argument")
        return inner.text() if inner is not None else None
    if test.kind() == "comparison_operator":
        words = [child.text() for child in test.children()]
        sign = " ".join(words[1:-1])
        return f"{words[0]} {_INVERSE[sign]} {words[-1]}" if sign in _INVERSE else None
    if not only_exact and test.kind() in ("identifier", "attribute", "call", "subscript"):
        return f"not {test.text()}"
    return None


def _only_truth_counts(node: SgNode) -> bool:
    """Say whether only the truth of an expression is looked at, not its value."""
    for around in node.ancestors():
        kind = around.kind()
        if kind in ("parenthesized_expression", "boolean_operator"):
            node = around
            continue
        if kind == "conditional_expression":
            return same(around.children()[2], node)
        test = around.field("condition")
        return kind in ("not_operator", "if_clause") or (test is not None and same(test, node))
    return False


def _negated(node: SgNode) -> bool:
    parent = node.parent()
    return parent is not None and parent.kind() == "not_operator"


def _root(node: SgNode) -> SgNode:
    return node.get_root().root()


_ENDLESS: Rule = {"kind": "while_statement", "has": {"field": "condition", "kind": "true"}}
_FINDS = ("$S.find($X) == -1", "$S.find($X) != -1", "$S.find($X) >= 0", "$S.find($X) > -1")

PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        name="invert-any-all",
        patterns=("not $CALL",),
        say=_invert_any_all,
    ),
    Pattern(
        name="use-count",
        patterns=("sum(1 for $X in $XS if $X == $Y)", "len([$X for $X in $XS if $X == $Y])"),
        say=_use_count,
    ),
    Pattern(name="simplify-find", patterns=(*_FINDS, "$S.find($X) < 0"), say=_membership),
    Pattern(
        name="simplify-empty-comparison",
        patterns=("$X == $EMPTY", "$X != $EMPTY"),
        say=_empty_collection,
    ),
    Pattern(
        name="simplify-len-comparison",
        patterns=(
            "len($X) > 0",
            "len($X) != 0",
            "len($X) >= 1",
            "len($X) == 0",
            "len($X) < 1",
        ),
        say=_length,
    ),
    Pattern(name="swap-if-expression", patterns=("$A if not $C else $B",), say=_swap),
    Pattern(name="use-fstring", patterns=("$A + $B",), say=_fstring),
)


def expression_hits(root: SgNode, names: frozenset[str]) -> Iterator[Hit]:
    """Give the hits of the named rules that ask for one other expression."""
    for rule in PATTERNS:
        if rule.name not in names:
            continue
        for found in root.find_all({"rule": {"any": [{"pattern": one} for one in rule.patterns]}}):
            if "\n" in found.text() and rule.name != "invert-any-all":
                continue
            said = rule.say(found)
            if said is None or said[0] == found.text():
                continue
            place = found.range()
            start, end = place.start.index, place.end.index
            edit = Edit(start, end, _spaced(found, said[0]))
            yield Hit(name=rule.name, start=start, end=end, edits=(edit,), safe=said[1])
    if "while-guard" in names:
        yield from _loop_guards(root)


def _spaced(found: SgNode, new: str) -> str:
    """Keep words apart where a bracket stood at the edge before: `if(...)`."""
    before = _between(found.range().start.index - 1, found.range().start.index, found)
    return f" {new}" if before.isalnum() and new[:1].isalnum() else new


def _between(start: int, end: int, node: SgNode) -> str:
    """Give the characters from ``start`` up to ``end`` of the text that holds ``node``."""
    root = _root(node)
    first = root.range().start.index  # the root begins with the first word, not with the file
    return root.text()[max(start - first, 0) : max(end - first, 0)]


def _loop_guards(root: SgNode) -> Iterator[Hit]:
    """Find `while True` whose first statement is `if ...: break`; the test becomes the loop's own."""
    for loop in root.find_all({"rule": _ENDLESS}):
        body, test, other = loop.field("body"), loop.field("condition"), loop.field("alternative")
        if body is None or test is None or other is not None:
            continue
        first, *rest = body.children() or [body]
        guard = first.field("condition") if first.kind() == "if_statement" else None
        then = first.field("consequence") if guard is not None else None
        if guard is None or then is None or not rest or rest[0].kind() == "comment":
            continue
        if len(first.named_children()) != 2 or then.text().strip() != "break":
            continue
        said = _inverted(guard, only_exact=False)
        if said is None or "\n" in said or len(said) > WIDTH // 2:
            continue
        head, begin, after = test.range(), first.range().start.index, rest[0].range().start.index
        if _between(head.end.index, begin, loop).strip() != ":":
            continue
        yield Hit(
            name="while-guard",
            start=loop.range().start.index,
            end=after,
            edits=(Edit(head.start.index, head.end.index, said), Edit(begin, after, "")),
            safe=True,
        )
