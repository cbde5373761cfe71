"""The refactorings of statements: which there are, what a file must hold to be worth LibCST's time, finding and making them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

import libcst as cst
import msgspec
from ast_grep_py import Rule, SgNode
from libcst.metadata import MetadataWrapper, PositionProvider

from onward.adapters.refactor import branches, building, hoisting, indexed, loops
from onward.adapters.refactor.hit import COMMENT
from onward.adapters.refactor.known import builtin
from onward.adapters.refactor.tree import Around, Body, Change, Scope, code

_ENDS: list[Rule] = [
    {"kind": f"{word}_statement"} for word in ("return", "raise", "continue", "break")
]
_LOOPS: list[Rule] = [{"kind": "for_statement"}, {"kind": "while_statement"}]
_SURE: list[Rule] = [{"kind": "true"}, {"kind": "false"}, {"kind": "integer"}]
_ASKS: list[Rule] = [
    {"pattern": "$X"},
    {"pattern": "not $X"},
    {"kind": "comparison_operator", "has": {"pattern": "$X"}},
]


def _after(kind: str, start: str) -> Rule:
    """Give the rule for a statement right after one whose text fits ``start``."""
    return {"kind": kind, "follows": {"kind": "expression_statement", "regex": start}}


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: ``change`` says what becomes of the statements from one on; a file without ``sign`` has none."""

    name: str
    sign: Rule
    change: Callable[[Body, int, Around], Change | None]


BLOCKS: tuple[Block, ...] = (
    Block(
        name="use-next",
        sign={
            "kind": "return_statement",
            "regex": r"""^return( +(None|True|False|0|-1|""|''))?$""",
            "follows": {"kind": "for_statement"},
        },
        change=loops.use_next,
    ),
    Block(
        name="sum-comprehension",
        sign=_after("for_statement", r"^\w+ *= *0$"),
        change=loops.sum_comprehension,
    ),
    Block(
        name="use-join",
        sign=_after("for_statement", r"""^\w+ *= *(""|'')$"""),
        change=loops.use_join,
    ),
    Block(
        name="range-len",
        sign={"pattern": "for $I in range(len($X)): $$$BODY"},
        change=indexed.items_of_range,
    ),
    Block(
        name="use-zip",
        sign={"pattern": "for $I in range(len($X)): $$$BODY"},
        change=indexed.use_zip,
    ),
    Block(
        name="use-any-all",
        sign=_after("for_statement", r"^\w+ *= *(True|False)$"),
        change=loops.use_any_all,
    ),
    Block(
        name="hoist-constant",
        sign={
            "kind": "expression_statement",
            "regex": r"""^(?s)\w+ *= *(-? *[\d.]|\w{0,2}["']|(True|False|None)$)""",
            "nthChild": 1,
            "inside": {"kind": "block", "inside": {"any": _LOOPS}},
        },
        change=hoisting.hoist_constant,
    ),
    Block(
        name="merge-list-append",
        sign=_after("expression_statement", r"^\w+ *= *\["),
        change=building.merge_list_append,
    ),
    Block(
        name="merge-dict-assign",
        sign=_after("expression_statement", r"^\w+ *= *\{"),
        change=building.merge_dict_assign,
    ),
    Block(
        name="use-named-expression",
        sign={
            "all": [
                {"kind": "if_statement"},
                {"follows": {"kind": "expression_statement", "has": {"pattern": "$X = $V"}}},
                {"has": {"field": "condition", "any": _ASKS}},
            ]
        },
        change=building.use_named_expression,
    ),
    Block(
        name="remove-unreachable-code",
        sign={"any": _ENDS, "precedes": {"regex": "."}},
        change=branches.remove_unreachable,
    ),
    Block(
        name="remove-redundant-if",
        sign={"kind": "if_statement", "has": {"field": "condition", "any": _SURE}},
        change=branches.remove_redundant_if,
    ),
    Block(
        name="merge-except-handler",
        sign={"kind": "except_clause", "follows": {"kind": "except_clause"}},
        change=branches.merge_except,
    ),
    Block(
        name="lift-return-into-if",
        sign={
            "kind": "return_statement",
            "regex": r"^return +\w+$",
            "follows": {"kind": "if_statement", "has": {"kind": "else_clause"}},
        },
        change=branches.lift_return,
    ),
)


_Hit = tuple[str, cst.IndentedBlock | cst.Module, int, Change]


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A hit of the rule ``name``: ``change`` for the statements of ``block`` from ``at`` on, at ``line`` and ``column`` from 1."""

    name: str
    block: cst.IndentedBlock | cst.Module
    at: int
    change: Change
    line: int
    column: int
    end_line: int
    end_column: int


class Statements:
    """The statements of one file, and the hits of some rules in them. Raises ParserSyntaxError for no Python."""

    def __init__(self, text: str, root: SgNode, names: frozenset[str]) -> None:
        rules = [rule for rule in BLOCKS if rule.name in names and root.find({"rule": rule.sign})]
        self._module = cst.parse_module(text) if rules else cst.Module([])
        self.spots: list[Spot] = []
        if rules:
            self.spots = list(self._placed(_Finder(rules, root, self._module).found))

    def changed(self, *, unsafe: bool) -> str | None:
        """Give the text with the outermost changes made that are safe, or with all; None when there are none."""
        wanted: dict[int, list[Spot]] = defaultdict(list)
        end = (0, 0)
        for spot in sorted(self.spots, key=lambda one: (one.line, one.column, -one.end_line)):
            if (spot.change.safe or unsafe) and (spot.line, spot.column) >= end:
                wanted[id(spot.block)].append(spot)
                end = (spot.end_line, spot.end_column)
        if not wanted:
            return None
        return self._module.visit(_Maker(wanted)).code

    def _placed(self, found: Sequence[_Hit]) -> Iterator[Spot]:
        if not found:
            return
        wrapper = MetadataWrapper(self._module, unsafe_skip_copy=True)
        places = wrapper.resolve(PositionProvider)
        for name, block, at, change in found:
            body = block.body
            start = places[body[at]].start
            end = places[body[at + change.count - 1]].end
            yield Spot(
                name=name,
                block=block,
                at=at,
                change=change,
                line=start.line,
                column=start.column + 1,
                end_line=end.line,
                end_column=end.column + 1,
            )


_MEETING = (cst.Try, cst.TryStar, cst.With)  # a context manager may go on after a failure too
_INNER = ("body", "orelse", "handlers", "finalbody", "cases")


class _Finder:
    """Asks every rule about every statement of every block."""

    def __init__(self, rules: Sequence[Block], root: SgNode, module: cst.Module) -> None:
        self.found: list[_Hit] = []
        self._rules = rules
        self._root = root
        self._width = len(module.default_indent.expandtabs(4))
        self._ask(module, Scope(None), 0, guarded=False)

    def _ask(
        self, block: cst.IndentedBlock | cst.Module, scope: Scope, depth: int, *, guarded: bool
    ) -> None:
        around = Around(
            scope=scope,
            columns=depth * self._width,
            guarded=guarded,
            own=lambda *names: builtin(self._root, *names),
        )
        for at, statement in enumerate(block.body):
            for rule in self._rules:
                change = rule.change(block.body, at, around)
                if change and _keeps_comments(block.body[at : at + change.count], change):
                    self.found.append((rule.name, block, at, change))
            self._go_on(statement, scope, depth, guarded=guarded)

    def _go_on(self, node: cst.CSTNode, scope: Scope, depth: int, *, guarded: bool) -> None:
        """Go on with the blocks in a statement; those in expressions there are none."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            # names of a class are attributes, which others see: it is no function
            scope, guarded = Scope(node if isinstance(node, cst.FunctionDef) else None), False
        elif isinstance(node, _MEETING):
            guarded = True
        for field in _INNER if not isinstance(node, cst.SimpleStatementLine) else ():
            inner = getattr(node, field, None)
            for part in inner if isinstance(inner, Sequence) else (inner,):
                if isinstance(part, cst.IndentedBlock):
                    self._ask(part, scope, depth + 1, guarded=guarded)
                elif part is not None:
                    self._go_on(part, scope, depth, guarded=guarded)


def _keeps_comments(before: Body, change: Change) -> bool:
    def told(statements: Body) -> Counter[str]:
        return Counter(word for one in statements for word in COMMENT.findall(code(one)))

    return told(before) == told(change.new)


class _Maker(cst.CSTTransformer):
    """Puts the new statements where the old ones are."""

    def __init__(self, wanted: dict[int, list[Spot]]) -> None:
        super().__init__()
        self._wanted = wanted

    def leave_IndentedBlock(  # noqa: N802 - LibCST's own word
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        """Replace statements of this block."""
        return updated_node.with_changes(body=self._made(original_node, updated_node.body))

    def leave_Module(  # noqa: N802 - LibCST's own word
        self, original_node: cst.Module, updated_node: cst.Module
    ) -> cst.Module:
        """Replace statements of the module."""
        return updated_node.with_changes(body=self._made(original_node, updated_node.body))

    def _made(self, block: cst.CSTNode, updated: Body) -> list[cst.BaseStatement]:
        body = list(updated)
        for spot in reversed(self._wanted.get(id(block), [])):
            body[spot.at : spot.at + spot.change.count] = spot.change.new
        return body
