"""A rule explained with all that this project knows of it: what its tool says, since when its level holds, what is left."""

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.adapters.answers import opened
from onward.adapters.git import repository
from onward.core.disk import read_text
from onward.core.errors import OnwardError
from onward.core.finding import Place
from onward.core.folders import cache_folder
from onward.core.lines import lines_of
from onward.core.net import Net
from onward.core.policy import Row, Source
from onward.workflows.check import with_ruff
from onward.workflows.check_project import kept_folder
from onward.workflows.checking.texts import tool_text
from onward.workflows.explain import Left, RuleExplained, Since, explain_rule
from onward.workflows.in_force import InForce, policy_in_force

_ROW = re.compile(r"(?P<file>[^:]+): tool\.onward\.policy\[(?P<number>\d+)\]")
_HEADER = re.compile(r"\s*\[\[\s*tool\s*\.\s*onward\s*\.\s*policy\s*\]\]")
# In whose answer a rule, or the rules of a group, are found, where that has another name.
_ANSWERS = {
    "ruff/format": "ruff-format",
    "suppression/unused": "ruff",
    "suppression": "suppressions",
    "hints": "public-api",
    "tests/unnamed": "public-api",
    "docs": "docstrings",
}
_LIMIT = 10_000_000  # bytes of a pyproject.toml


def policy_here(cwd: Path, env: Mapping[str, str]) -> InForce:
    """Give the project's folder and the policy that really holds there, ruff's rules included."""
    here = policy_in_force(cwd, env=env, net=Net(env), cache=cache_folder(env))
    return msgspec.structs.replace(here, policy=with_ruff(here.policy, here.root))


def explained_here(
    rule: str, here: InForce, env: Mapping[str, str], now: dt.datetime
) -> RuleExplained:
    """Explain a rule that ``understand`` gave; no tool looks at the project for it."""
    text = tool_text(rule, here.root, env)
    made = explain_rule(rule, here.policy, now.date(), text=text)
    return msgspec.structs.replace(
        made,
        since=_since(here.root, made.row, env),
        left=_left(rule, kept_folder(cache_folder(env), here.root.resolve())),
    )


def _left(rule: str, kept: Path) -> Left | None:
    """Count the findings of a rule in the kept answer of its tool; None when there is none."""
    tool = rule.partition("/")[0]
    file = kept / f"{_ANSWERS.get(rule) or _ANSWERS.get(tool, tool)}.answer"
    answer = opened(file)
    if answer is None:
        return None
    found = [
        finding
        for path in answer.paths()
        for finding in answer.findings(path)
        if finding.rule == rule
    ]
    files = {one.subject.path for one in found if isinstance(one.subject, Place)}
    at = dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
    return Left(count=len(found), files=len(files), at=at)


def _since(root: Path, row: Row, env: Mapping[str, str]) -> Since | None:
    """Give the last commit that touched a row of the project's own policy; None when nobody can tell."""
    where = _ROW.fullmatch(row.where)
    if row.source is not Source.project or where is None:
        return None
    file = root / where["file"]
    try:
        lines = lines_of(read_text(file, _LIMIT))
        span = _lines_of_row(lines, int(where["number"]))
        git = repository(root, env, cwd=root) if span else None
        touched = git.last_touched(file, *span) if git and span else None
    except (OnwardError, OSError):
        return None
    if touched is None:
        return None
    commit, seconds = touched
    day = dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat() if commit else ""
    return Since(commit=commit, day=day)


def _lines_of_row(lines: list[str], number: int) -> tuple[int, int] | None:
    """Give the first and the last line (from 1) of a row written as a table of its own."""
    headers = [at for at, line in enumerate(lines, 1) if _HEADER.match(line)]
    if number >= len(headers):
        return None
    first = last = headers[number]
    for at, line in enumerate(lines[first:], first + 1):
        if line.lstrip().startswith("["):
            break
        if line.strip() and not line.lstrip().startswith("#"):
            last = at
    return first, last
