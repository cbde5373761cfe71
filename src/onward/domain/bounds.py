"""Version bounds in a requirement text (PEP 508, PEP 440): raised to let a version in, or loosened to look for one.

What the author wrote stays: operators, their order, spacing, extras, markers, and how many
numbers a version has.
"""

import re
from collections.abc import Callable

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.version import InvalidVersion, Version

_HEAD = re.compile(r"\s*[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[^\]]*\])?\s*")
_CLAUSE = re.compile(r"(?P<operator>===|==|~=|!=|<=|>=|<|>)(?P<space>\s*)(?P<version>[^\s,)]+)")


def raise_bounds(requirement: str, version: str, *, keep_lower: bool) -> str:
    """Give ``requirement`` with its bounds changed so that ``version`` fits.

    An upper bound that fits already is left alone. A lower bound that fits is raised to
    ``version`` (with as many numbers as it had) unless ``keep_lower``. What ``!=`` excludes
    stays excluded: then, and for a requirement without bounds, with an address, or that
    cannot be read, the text comes back as it is.
    """
    try:
        target = Version(version)
    except InvalidVersion:
        return requirement

    def changed(operator: str, text: str) -> tuple[str, str] | None:
        """Give the clause raised so that it lets the version in; as it is where that would say something else."""
        try:
            fits = Specifier(operator + text).contains(target, prereleases=True)
        except (InvalidSpecifier, InvalidVersion):
            return operator, text
        if operator in ("!=", "<", "<=") and (fits or operator == "!="):
            return operator, text
        if fits and (keep_lower or operator in (">", "==", "===")):
            return operator, text
        return _clause(operator, text, target)

    raised = _each_clause(requirement, changed)
    return raised if _fits(raised, target) else requirement


def loosened(requirement: str) -> str:
    """Give ``requirement`` without upper bounds; a pin becomes a lower bound, so that nothing goes back.

    ``!=`` stays: its author knows something of that version. ``==1.4`` becomes ``>=1.4``.
    """

    def changed(operator: str, text: str) -> tuple[str, str] | None:
        """Give the clause without its upper bound, None when nothing is left of it."""
        if operator in ("<", "<="):
            return None
        if operator in ("==", "===", "~="):
            floor = text.removesuffix(".*")
            try:
                return ">=", Version(floor).public
            except InvalidVersion:
                return None
        return operator, text

    return _each_clause(requirement, changed)


def lets_in(requirement: str, version: str) -> bool:
    """Say whether ``version`` fits the bounds of ``requirement``; what cannot be read lets everything in."""
    try:
        return _fits(requirement, Version(version))
    except InvalidVersion:
        return True


def has_pin(requirement: str) -> bool:
    """Say whether ``requirement`` names versions rather than a range: ``==``, ``===`` or ``~=``."""
    try:
        return any(s.operator in ("==", "===", "~=") for s in Requirement(requirement).specifier)
    except InvalidRequirement:
        return False


Change = Callable[[str, str], tuple[str, str] | None]


def _each_clause(requirement: str, change: Change) -> str:
    """Give the text with ``change(operator, version)`` applied to each clause; None takes a clause out."""
    try:
        if Requirement(requirement).url is not None:
            return requirement
    except InvalidRequirement:
        return requirement
    head = _HEAD.match(requirement)
    if head is None:
        return requirement
    start, end = head.end(), len(requirement)
    if (marker := requirement.find(";", start)) >= 0:
        end = marker
    body = requirement[start:end]
    new = body
    for hit in reversed(list(_CLAUSE.finditer(body))):
        result = change(hit["operator"], hit["version"])
        if result is None:
            new = _without(new, hit.start(), hit.end())
        elif result != (hit["operator"], hit["version"]):
            new = new[: hit.start()] + result[0] + hit["space"] + result[1] + new[hit.end() :]
    if new == body:
        return requirement
    if not new.strip(" \t()"):
        return requirement[:start].rstrip() + requirement[end:]
    return requirement[:start] + new + requirement[end:]


def _without(body: str, start: int, end: int) -> str:
    """Take a clause out of a list, with the comma that parted it from its neighbour."""
    before, after = body[:start], body[end:]
    if after.lstrip().startswith(","):
        return before + after.lstrip()[1:].lstrip()
    if before.rstrip().endswith(","):
        return before.rstrip()[:-1].rstrip() + after
    return before + after


def _clause(operator: str, text: str, target: Version) -> tuple[str, str]:
    """Give the clause of the same shape that lets ``target`` in."""
    if text.endswith(".*"):
        return operator, _prefix(target, text.count(".")) + ".*"
    old = Version(text) if operator != "===" else target
    whole = _padded(Version(target.public), len(old.release))
    match operator:
        case "===":
            return operator, str(target)
        case "==" | "<=":
            with_local = operator == "==" and old.local
            return operator, _padded(target, len(old.release)) if with_local else whole
        case "<":
            return operator, _above(old, target)
        case ">":
            return ">=", whole
    # >= and ~=: as many numbers as there were, unless that would be above the version or go back
    short = Version(_prefix(target, max(len(old.release), 2 if operator == "~=" else 1)))
    return operator, whole if short > target or short < old <= target else str(short)


def _above(old: Version, target: Version) -> str:
    """Give the next bound above ``target`` at the place that ``old`` counted in: <2.0 -> <3.0, <1.17 -> <1.18."""
    place = max((i for i, number in enumerate(old.release) if number), default=0)
    numbers = [*target.release, *[0] * (place + 1)][: place + 1]
    numbers[place] += 1
    numbers += [0] * (len(old.release) - place - 1)
    ending = str(old).partition(old.base_version)[2] if old.is_prerelease else ""
    return _epoch(target) + ".".join(map(str, numbers)) + ending


def _prefix(version: Version, length: int) -> str:
    """Give the first ``length`` numbers of a version, with zeros where it has fewer."""
    numbers = [*version.release, *[0] * length][:length]
    return _epoch(version) + ".".join(map(str, numbers))


def _padded(version: Version, length: int) -> str:
    """Give a version whole, with zeros added up to ``length`` numbers."""
    zeros = ".0" * (length - len(version.release))
    ending = str(version).removeprefix(version.base_version)
    return version.base_version + zeros + ending


def _epoch(version: Version) -> str:
    return f"{version.epoch}!" if version.epoch else ""


def _fits(requirement: str, version: Version) -> bool:
    try:
        return Requirement(requirement).specifier.contains(version, prereleases=True)
    except InvalidRequirement:
        return True
