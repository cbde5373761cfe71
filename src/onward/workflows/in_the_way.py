"""Which own line of the project stands in the way of a change, found by trying without it."""

import re
import time
from collections.abc import Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from onward.core.errors import OnwardError
from onward.core.names import Name
from onward.core.project import Declared, Role
from onward.workflows.diagnosis import Conflict
from onward.workflows.entering import judge_entering
from onward.workflows.resolve import Action, Resolved, Resolver
from onward.workflows.unresolved import Unsolvable

_MOST_TRIED = 8  # own lines that are tried one by one; each costs one run of uv
_MOST_SECONDS = 20.0  # for all of them together; after that the resolver's own words must do
_PYTHON_LINE = re.compile(r'^(\s*requires-python\s*=\s*)(["\'])(.*?)\2', re.MULTILINE)


def find_conflict(
    resolver: Resolver, action: Action, failed: Unsolvable, names: Sequence[Name]
) -> Conflict | None:
    """Give the own line without whose bounds ``action`` works, and what it would become; None when it is no single one.

    ``names`` are what was asked for: their lines are not in the way, they are the wish.
    """
    text = " ".join(failed.context)
    until = time.monotonic() + _MOST_SECONDS
    for declared in _suspects(resolver.situation.project.declared, text, names):
        if time.monotonic() > until:
            return None
        if (found := _without(resolver, action, declared)) is not None:
            return found
    return None


def python_in_the_way(resolver: Resolver, action: Action, failed: Unsolvable) -> Conflict | None:
    """Give the conflict with ``requires-python`` if uv blames it and a later start of it works.

    Those that uv's words name are tried, the earliest first.
    """
    text = " ".join(failed.context)
    if "`requires-python` value" not in text:
        return None
    situation = resolver.situation
    path = f"{situation.here}/pyproject.toml" if situation.here else "pyproject.toml"
    content = (situation.project.root / path).read_text(encoding="utf-8")
    line = _PYTHON_LINE.search(content)
    if line is None:
        return None
    lowest = sorted({Version(word) for word in re.findall(r"Python>=(\d+(?:\.\d+)*)", text)})
    for version in lowest[:3]:
        if SpecifierSet(line[3]).contains(str(version)):
            instead = f">={version}"
            resolver.listen("start", f"Trying with Python {instead}")
            changed = _PYTHON_LINE.sub(rf"\g<1>\g<2>{instead}\g<2>", content, count=1)
            if _tried(resolver, action, {path: changed.encode()}) is not None:
                place = f"{path}:{content[: line.start(3)].count(chr(10)) + 1}"
                return Conflict(
                    place=place, line=f"requires-python = {line[3]}", instead=instead, becomes=""
                )
    return None


def _without(resolver: Resolver, action: Action, declared: Declared) -> Conflict | None:
    loosened = _without_bounds(declared.requirement)
    changed = _changed_line(resolver, declared, loosened)
    resolver.listen("start", f"Trying without the bounds of `{declared.requirement}`")
    found = _tried(resolver, action, changed) if changed is not None else None
    locked = found.lock.named(declared.name) if found is not None else ()
    if not locked:
        return None
    return Conflict(
        place=str(declared.place),
        line=declared.original or declared.requirement,
        instead=f"{loosened}>={locked[0].version}",
        becomes=locked[0].version,
        role=declared.role,
        group=declared.group,
    )


def _tried(resolver: Resolver, action: Action, changed: Mapping[str, bytes]) -> Resolved | None:
    try:
        found = resolver.resolve(action, changed=changed)
    except OnwardError:
        return None
    return None if judge_entering(resolver, found).blocked else found


def _suspects(declared: Sequence[Declared], text: str, names: Sequence[Name]) -> list[Declared]:
    """Give the bound own lines that the resolver's words name, the most often named first."""
    bound = [
        d
        for d in declared
        if d.name not in names
        and d.role in (Role.main, Role.group, Role.extra)
        and not d.is_direct
        and d.place.path.endswith("pyproject.toml")
        and _without_bounds(d.requirement) != d.requirement
        and d.name in text
    ]
    return sorted(bound, key=lambda d: -text.count(d.name))[:_MOST_TRIED]


def _without_bounds(requirement: str) -> str:
    try:
        read = Requirement(requirement)
    except InvalidRequirement:
        return requirement
    extras = f"[{','.join(sorted(read.extras))}]" if read.extras else ""
    return f"{read.name}{extras}" + (f"; {read.marker}" if read.marker else "")


def _changed_line(
    resolver: Resolver, declared: Declared, instead: str
) -> Mapping[str, bytes] | None:
    path = declared.place.path
    text = (resolver.situation.project.root / path).read_text(encoding="utf-8")
    for mark in "\"'":
        quoted = f"{mark}{declared.original or declared.requirement}{mark}"
        if quoted in text:
            return {path: text.replace(quoted, f"{mark}{instead}{mark}").encode()}
    return None
