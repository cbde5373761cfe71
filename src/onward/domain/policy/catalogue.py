"""Every rule onward knows, by id; the one list behind ``explain``, the reference and the first levels."""

from collections.abc import Collection

from onward.domain.policy.globs import is_literal, text_test
from onward.domain.policy.rule import Rule
from onward.domain.policy.rules_boundary import BOUNDARY_RULES
from onward.domain.policy.rules_check import CHECK_RULES
from onward.domain.policy.rules_guard import GUARD_RULES
from onward.domain.policy.rules_more_tools import MORE_TOOL_RULES, sarif_families, sarif_family
from onward.domain.policy.rules_project import PROJECT_RULES
from onward.domain.policy.rules_refactor import REFACTOR_RULES
from onward.domain.policy.rules_ship import SHIP_RULES
from onward.domain.policy.rules_tools import TOOL_RULES

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        *GUARD_RULES,
        *PROJECT_RULES,
        *SHIP_RULES,
        *CHECK_RULES,
        *BOUNDARY_RULES,
        *TOOL_RULES,
        *MORE_TOOL_RULES,
        *REFACTOR_RULES,
    )
}
"""Rule id (or ``tool/*`` for a family) to its entry; exact ids stand before families."""


def rule_for(rule: str, configured: Collection[str] = ()) -> Rule | None:
    """Give the entry of a rule id, the family's if it has none of its own, or None if unknown.

    ``configured`` are the names of tools by configuration alone (``Checks.configured``).
    """
    if rule in RULES:
        return RULES[rule]
    tool, slash, member = rule.partition("/")
    if not slash or not member or not (is_literal(rule) or member == "*"):
        return None
    return sarif_family(tool) if tool in configured else RULES.get(f"{tool}/*")


def reaches_a_rule(glob: str, configured: Collection[str] = ()) -> bool:
    """Say whether a pattern could fit any rule there is, members of families included.

    ``configured`` are the names of tools by configuration alone, families as well.
    """
    if is_literal(glob):
        return rule_for(glob, configured) is not None
    test = text_test(glob)
    fixed = glob[: min(glob.find(sign) for sign in "*?[" if sign in glob)]
    own = {rule.id: rule for rule in sarif_families(configured)}
    for known, rule in (RULES | own).items():
        stem = known[:-1]
        if rule.is_family and (fixed.startswith(stem) or stem.startswith(fixed)):
            return True
        if not rule.is_family and test(known):
            return True
    return False


def nearest_rule(text: str) -> str | None:
    """Give the rule id that ``text`` was most likely meant to be, or None when nothing is close."""
    import difflib  # only where something is misspelt

    if "/" not in text:  # the part after the slash is what people remember
        by_end = {known.rpartition("/")[2]: known for known in RULES}
        near = difflib.get_close_matches(text, by_end, n=1, cutoff=0.7)
        if near:
            return by_end[near[0]]
    found = difflib.get_close_matches(text, RULES, n=1, cutoff=0.6)
    return found[0] if found else None
