"""Loops over numbers that only fetch items: by the items themselves, of one list or of two at once."""

import keyword

import libcst as cst

from onward.adapters.refactor.tree import Around, Body, Change, assigned, code, expression, mentions

_ITSELF = ("self", "cls")  # this may be how its class lets itself be gone through
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
    found = _numbered(body[at], around)
    if found is None or not around.own("enumerate") or use_zip(body, at, around):
        return None
    loop, items, number = found
    read = _reads(loop, items, number)
    said = _with_name(loop.body, items, number, read, around) if read else None
    if said is None:
        return None
    name, inner = said
    alone = not mentions(inner)[number]
    if alone and around.count(number) != read + 1:
        return None
    new = loop.with_changes(
        target=cst.Name(name) if alone else _pair(number, name),
        iter=expression(items if alone else f"enumerate({items})"),
        body=inner,
    )
    return Change(count=1, new=(new,), safe=False)


def use_zip(body: Body, at: int, around: Around) -> Change | None:
    """Go through two lists at once, where a loop goes through the numbers of one to fetch an item of each.

    Safe where the function itself makes both, the second as long as the first, and does nothing else
    with them. Else ``strict=True`` makes lists of different length an error.
    """
    found = _numbered(body[at], around)
    if found is None or not around.own("zip"):
        return None
    loop, first, number = found
    second = _fetched_beside(loop, first, number)
    counts = {items: _reads(loop, items, number) for items in (first, second)}
    if not second or not all(counts.values()) or around.count(number) != sum(counts.values()) + 1:
        return None
    names: dict[str, str] = {}
    block: cst.BaseSuite = loop.body
    for items in sorted(counts, key=lambda one: not _begins_by_fetching(loop, one, number)):
        said = _with_name(block, items, number, counts[items], around, other=f"{items}_item")
        if said is None or said[0] in names.values():
            return None
        names[items], block = said
    even = _evenly_made(first, second, body[:at], counts, around)
    strict = "" if even else ", strict=True"
    new = loop.with_changes(
        target=_pair(names[first], names[second]),
        iter=expression(f"zip({first}, {second}{strict})"),
        body=block,
    )
    return Change(count=1, new=(new,), safe=even)


def _numbered(loop: cst.BaseStatement, around: Around) -> tuple[cst.For, str, str] | None:
    """Give the loop, ``items`` and ``number`` of ``for number in range(len(items))``."""
    if not isinstance(loop, cst.For) or loop.asynchronous or not around.function:
        return None
    number, call = code(loop.target), code(loop.iter)
    items = call.removeprefix("range(len(").removesuffix("))")
    if call != f"range(len({items}))" or not items.isidentifier() or not number.isidentifier():
        return None
    if items in _ITSELF or not around.own("range", "len") or around.is_shared(number):
        return None
    return loop, items, number


def _reads(loop: cst.For, items: str, number: str) -> int:
    """Say how often the loop reads ``items[number]``; 0 when it does anything else with either."""
    seen = _Subscripts(items, number)
    loop.body.visit(seen)
    if seen.written or mentions(loop.body)[items] != seen.read:
        return 0
    return seen.read


def _fetched_beside(loop: cst.For, items: str, number: str) -> str:
    """Give the one other name that the loop fetches from by its number, empty when there is none or several."""
    found = _Fetched(number)
    loop.body.visit(found)
    others = found.names - {items}
    other = others.pop() if len(others) == 1 else ""
    return "" if other in _ITSELF else other


class _Fetched(cst.CSTVisitor):
    """The names in ``name[number]``."""

    def __init__(self, number: str) -> None:
        super().__init__()
        self._end = f"[{number}]"
        self.names: set[str] = set()

    def visit_Subscript(self, node: cst.Subscript) -> None:  # noqa: N802 - LibCST's own word
        """Note what an item is fetched from."""
        if code(node).endswith(self._end) and isinstance(node.value, cst.Name):
            self.names.add(node.value.value)


def _begins_by_fetching(loop: cst.For, items: str, number: str) -> bool:
    block = loop.body
    fetched = assigned(block.body[0]) if isinstance(block, cst.IndentedBlock) else None
    return fetched is not None and code(fetched[1]) == f"{items}[{number}]"


def _evenly_made(
    first: str, second: str, before: Body, counts: dict[str, int], around: Around
) -> bool:
    """Say whether both are lists that stand right before, the second an item for each of the first, and meet nothing else."""
    made = [assigned(statement) for statement in before[-2:]]
    if len(made) != 2 or made[0] is None or made[1] is None:
        return False
    if (made[0][0], made[1][0]) != (first, second) or not around.own("list", "sorted"):
        return False
    if any(map(around.is_shared, counts)):
        return False
    if not _is_list(made[0][1]):
        return False
    # each is named where it is made, the first also in the other and in `len`
    alone = around.count(first) == counts[first] + 3 and around.count(second) == counts[second] + 1
    return alone and _one_for_each(made[1][1], first)


def _is_list(value: cst.BaseExpression) -> bool:
    """Say whether an expression makes a list."""
    if isinstance(value, cst.Call):
        return code(value.func) in ("list", "sorted")
    return isinstance(value, cst.List | cst.ListComp)


def _one_for_each(value: cst.BaseExpression, items: str) -> bool:
    """Say whether an expression makes a list as long as ``items``."""
    if isinstance(value, cst.ListComp):
        loop = value.for_in
        plain = not loop.ifs and loop.inner_for_in is None and loop.asynchronous is None
        return plain and code(loop.iter) == items
    return code(value) in (f"list({items})", f"sorted({items})", f"{items}[:]")


def _with_name(
    block: cst.BaseSuite,
    items: str,
    number: str,
    read: int,
    around: Around,
    *,
    other: str = "",
) -> tuple[str, cst.IndentedBlock] | None:
    """Give a name for the item, else ``other``, and the loop's body with it in place of ``items[number]``."""
    if not isinstance(block, cst.IndentedBlock):
        return None
    text = f"{items}[{number}]"
    fetched = assigned(block.body[0])
    if fetched is not None and code(fetched[1]) == text and read == 1:
        if len(block.body) == 1 or _has_comment(block.body[0]):
            return None
        return fetched[0], block.with_changes(body=block.body[1:])
    one = items.removesuffix("s")
    plain = one == items or one.endswith("s") or keyword.iskeyword(one) or not one
    name = other or "item" if plain else one
    if around.count(name):
        return None
    return name, cst.ensure_type(block.visit(_Renamed(text, name)), cst.IndentedBlock)


def _pair(one: str, other: str) -> cst.Tuple:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    elements = [cst.Element(cst.Name(one), comma=comma), cst.Element(cst.Name(other))]
    return cst.Tuple(elements, lpar=[], rpar=[])


def _has_comment(statement: cst.BaseStatement) -> bool:
    return "#" in code(statement)
