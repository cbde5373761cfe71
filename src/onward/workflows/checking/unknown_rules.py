"""Rows of the policy on rules of ruff that there are not: such a row does nothing, and looks as if it did."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping

from onward.adapters.ruff.rules import rule_ids
from onward.adapters.ruff.tools import LINT
from onward.adapters.tables import ruff_categories
from onward.core.errors import OnwardError
from onward.core.finding import Finding, Place, Whole
from onward.core.policy import Row, Source
from onward.core.project import Project
from onward.domain.policy.catalogue import RULES
from onward.domain.policy.globs import is_literal, text_test
from onward.workflows.environment_in_use import environment_in_use

RULE = "policy/unknown-rule"
_RUFF = "ruff/"
_DIGITS = "0123456789"


def unknown_rule_findings(
    rows: Iterable[Row], project: Project, env: Mapping[str, str]
) -> Iterator[Finding]:
    """Give a finding for each row that someone wrote on a rule which neither onward's ruff nor the project's has.

    The project's ruff is asked only when ours does not know the rule. Nothing is told when it gives no answer.
    """
    written = (Source.project, Source.organisation)
    named = [row for row in rows if row.source in written and row.match.startswith(_RUFF)]
    ours = {*RULES, *(rule for rules in ruff_categories().values() for rule in rules)}
    doubted = [row for row in named if not _is_among(row.match, ours)]
    theirs = _of_project(project, env) if doubted else frozenset()
    if not theirs:
        return
    for row in doubted:
        if not _is_among(row.match, theirs):
            yield _finding(row, ours | theirs)


def _of_project(project: Project, env: Mapping[str, str]) -> frozenset[str]:
    probe = LINT.probe(environment_in_use(project, env), env)
    try:
        return rule_ids(probe, env) if probe.found else frozenset()
    except OnwardError:  # that it does not start is told where it is to look
        return frozenset()


def _is_among(glob: str, rules: Collection[str]) -> bool:
    if is_literal(glob):
        return glob in rules
    return any(map(text_test(glob), rules))


def _finding(row: Row, known: Collection[str]) -> Finding:
    near = _nearest(row.match.removeprefix(_RUFF).rstrip("*").upper(), known)
    meant = f"; did you mean `{near}`?" if near else ""
    what = "is no rule of ruff" if is_literal(row.match) else "fits no rule of ruff"
    place = Place(path=row.where.partition(": ")[0]) if row.source is Source.project else Whole()
    return Finding(
        rule=RULE,
        subject=place,
        message=f"{row.where}.match: `{row.match}` {what}, so the row does nothing{meant}",
        facts={"row": row.where, "match": row.match, "near": near},
        hint=f"Mend the row, or remove it. `onward explain {near}` says what that rule is."
        if near
        else "Mend the row, or remove it.",
    )


def _nearest(code: str, known: Collection[str]) -> str:
    """Give the rule that was most likely meant, of the same group of ruff's where one is near; else an empty text."""
    codes = sorted(rule.removeprefix(_RUFF) for rule in known if rule.startswith(_RUFF))
    group = code.rstrip(_DIGITS)
    same = [one for one in codes if one.rstrip(_DIGITS) == group]
    for among, cutoff in ((same, 0.3), (codes, 0.5)):
        if near := difflib.get_close_matches(code, among, n=1, cutoff=cutoff):
            return f"{_RUFF}{near[0]}"
    return ""
