"""What a function's own text says of the type of a name: made there, or declared so."""

import re
from enum import StrEnum

from ast_grep_py import SgNode

_DISPLAYS = {
    "list": "list",
    "list_comprehension": "list",
    "tuple": "tuple",
    "dictionary": "dict",
    "dictionary_comprehension": "dict",
    "set": "set",
    "set_comprehension": "set",
    "string": "str",
    "concatenated_string": "str",
}
_MAKERS = {"list": "list", "sorted": "list", "tuple": "tuple", "dict": "dict", "set": "set"}
_MAKERS |= {"frozenset": "set", "str": "str", "repr": "str", "ascii": "str", "chr": "str"}
_DECLARED = re.compile(r"(?:typing\.)?(list|tuple|dict|set|frozenset|str|List|Tuple|Dict|Set)\b")
# Where a name stands that is only read. Everything else may bind it, so then nothing is known.
_READING = frozenset(
    [
        "argument_list",
        "assert_statement",
        "await",
        "binary_operator",
        "boolean_operator",
        "comparison_operator",
        "elif_clause",
        "expression_list",
        "expression_statement",
        "if_clause",
        "if_statement",
        "interpolation",
        "list",
        "not_operator",
        "parenthesized_expression",
        "return_statement",
        "while_statement",
        "yield",
        "dictionary_splat",
        "list_splat",
        "pair",
        "set",
        "tuple",
        "type",
        "generic_type",
        "decorator",
        "except_clause",
        "as_pattern",
        "raise_statement",
    ]
)
_READ_FIELDS = (
    ("attribute", "object"),
    ("subscript", "value"),
    ("for_statement", "right"),
    ("for_in_clause", "right"),
    ("assignment", "right"),
    ("augmented_assignment", "right"),
    ("call", "function"),
    ("keyword_argument", "value"),
    ("conditional_expression", ""),
)
_SCOPES = ("function_definition", "lambda", "class_definition")


class Sure(StrEnum):
    """How a type is known: ``made`` in plain sight, or only ``declared`` by an annotation."""

    made = "made"
    declared = "declared"


def kind_of(node: SgNode) -> tuple[str, Sure] | None:
    """Give the built-in type (list, tuple, dict, set, str) of an expression, and how that is known; None if it is not."""
    found = _made(node)
    if found:
        return found, Sure.made
    if node.kind() != "identifier":
        return None
    function = next((one for one in node.ancestors() if one.kind() in _SCOPES), None)
    if function is None or function.kind() != "function_definition" or _in_own_loop(node, function):
        return None
    return _of_name(node.text(), function)


def builtin(root: SgNode, *names: str) -> bool:
    """Say whether these names are Python's own all over the file: nothing binds them anew, as far as can be seen."""
    if root.find(kind="wildcard_import"):
        return False
    wanted = root.find_all({"rule": {"kind": "identifier", "regex": f"^({'|'.join(names)})$"}})
    return all(_is_read(node) or _is_label(node) for node in wanted)


def same(one: SgNode, other: SgNode) -> bool:
    """Say whether two nodes are one place in the text."""
    mine, its = one.range(), other.range()
    return (mine.start.index, mine.end.index) == (its.start.index, its.end.index)


def _made(node: SgNode) -> str:
    """Give the type of what is written out; a call of a maker counts, as it is seldom anything else."""
    if node.kind() == "string":
        return "" if re.match(r"[a-zA-Z]*[bBtT]", node.text().partition(_quote(node))[0]) else "str"
    if node.kind() == "concatenated_string":
        return "str" if all(_made(part) for part in node.named_children()) else ""
    function = node.field("function") if node.kind() == "call" else None
    if function is not None and function.text() in _MAKERS:
        return _MAKERS[function.text()] if builtin(node.get_root().root(), function.text()) else ""
    return _DISPLAYS.get(node.kind(), "")


def _quote(string: SgNode) -> str:
    return '"' if '"' in (string.child(0) or string).text() else "'"


def _of_name(name: str, function: SgNode) -> tuple[str, Sure] | None:
    kinds: set[str] = set()
    sure = Sure.made
    for node in function.find_all({"rule": {"kind": "identifier", "regex": f"^{name}$"}}):
        if _is_read(node) or _is_label(node):
            continue
        parent = node.parent()
        if parent is None:
            return None
        kind, declared = _bound(node, parent, function)
        if not kind:
            return None
        kinds.add(kind)
        sure = Sure.declared if declared else sure
    return (kinds.pop(), sure) if len(kinds) == 1 else None


def _bound(node: SgNode, parent: SgNode, function: SgNode) -> tuple[str, bool]:
    """Give the type that a binding of a name in ``function`` gives it, and whether that is only declared."""
    inner = next((one for one in node.ancestors() if one.kind() in _SCOPES), None)
    if inner is None or not same(inner, function):
        return "", False
    declared = parent.field("type")
    if parent.kind() == "assignment":
        left, right = parent.field("left"), parent.field("right")
        if left is None or not same(left, node):
            return "", False
        made = _made(right) if right is not None else ""
        if made or declared is None:
            return made, False
    elif parent.kind() not in ("typed_parameter", "typed_default_parameter") or any(
        child.kind().endswith("splat_pattern") for child in parent.children()
    ):
        return "", False
    value = parent.field("value")
    if value is not None and not _made(value):  # `names: list[str] = None`
        return "", False
    return _of_annotation(declared.text() if declared else ""), True


def _of_annotation(text: str) -> str:
    found = _DECLARED.match(text)
    if found is None or "|" in re.sub(r"\[.*\]", "", text):
        return ""
    return found[1].lower().replace("frozenset", "set")


def _in_own_loop(node: SgNode, function: SgNode) -> bool:
    """Say whether a comprehension around the name binds one of the same spelling."""
    for around in node.ancestors():
        if same(around, function):
            return False
        if around.kind().endswith(("comprehension", "generator_expression")):
            for clause in around.children():
                left = clause.field("left") if clause.kind() == "for_in_clause" else None
                if left is not None and re.search(rf"\b{node.text()}\b", left.text()):
                    return True
    return False


def _is_read(node: SgNode) -> bool:
    parent = node.parent()
    if parent is None or parent.kind() in _READING:
        return parent is not None and not _is_target(parent)
    for kind, field in _READ_FIELDS:
        if parent.kind() == kind:
            at = parent.field(field) if field else node
            return at is not None and same(at, node)
    return False


def _is_target(node: SgNode) -> bool:
    """Say whether what holds a name is assigned to or deleted."""
    parent = node.parent()
    while parent is not None and node.kind() in ("expression_list", "parenthesized_expression"):
        left = parent.field("left")
        if parent.kind() in ("as_pattern_target", "delete_statement") or (
            left is not None and same(left, node)
        ):
            return True
        node, parent = parent, parent.parent()
    return False


def _is_label(node: SgNode) -> bool:
    """Say whether the identifier is no variable: the name of an attribute or of a keyword."""
    parent = node.parent()
    if parent is None:
        return False
    field = {"attribute": "attribute", "keyword_argument": "name"}.get(parent.kind())
    at = parent.field(field) if field else None
    return at is not None and same(at, node)
