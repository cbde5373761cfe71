"""Poetry's version constraints (``^1.2``, ``~1.2``, ``1.*``, ``a || b``) in PEP 440's words.

Follows Poetry's documentation, "Dependency specification".
"""

import re

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

_CLAUSE = re.compile(
    r"(?P<op>\^|~=|~|===|==|!=|>=|<=|=|>|<)?\s*v?(?P<version>\*|\d[\w.!+-]*(?:\.\*)?)(?:[,\s]+|$)"
)


def alternatives(constraint: str) -> tuple[str, ...]:
    """Give a specifier set (PEP 440 text, empty: any version) for each side of ``||``.

    Raises ValueError with the part that cannot be read.
    """
    return tuple(_conjunction(part.strip()) for part in re.split(r"\|\|?", constraint))


def hull(constraint: str) -> tuple[str, bool]:
    """Give one specifier set that holds every version ``constraint`` allows, and whether it is exact.

    PEP 440 has no "or": for several alternatives the widest range is given, with False.
    Raises ValueError for a constraint that cannot be read.
    """
    sides = tuple(dict.fromkeys(alternatives(constraint)))
    if len(sides) == 1:
        return sides[0], True
    lows: list[tuple[Version, bool]] = []
    highs: list[tuple[Version, bool]] = []
    for side in sides:
        low, high = _bounds(side)
        lows += [low] if low else []
        highs += [high] if high else []
    clauses = []
    if len(lows) == len(sides):
        version, outside = min(lows)
        clauses.append(f"{'>' if outside else '>='}{version}")
    if len(highs) == len(sides):
        version, inside = max(highs)
        clauses.append(f"{'<=' if inside else '<'}{version}")
    return ",".join(clauses), False


def python_marker(constraint: str) -> str:
    """Give the marker (PEP 508) for a constraint on Python; '' when any Python will do."""
    sides = []
    for side in alternatives(constraint):
        if not side:
            return ""
        words = [
            f'python_full_version {one.operator} "{one.version}"'
            for one in sorted(SpecifierSet(side), key=str, reverse=True)
        ]
        sides.append(" and ".join(words))
    return sides[0] if len(sides) == 1 else " or ".join(f"({side})" for side in sides)


def _conjunction(text: str) -> str:
    clauses: list[str] = []
    at = 0
    while at < len(text):
        found = _CLAUSE.match(text, at)
        if not found:
            raise ValueError(f"`{text}` is not a version constraint")
        at = found.end()
        clauses += _clause(found["op"] or "", found["version"])
    try:
        SpecifierSet(",".join(clauses))
    except InvalidSpecifier as error:
        raise ValueError(f"`{text}` is not a version constraint") from error
    return ",".join(clauses)


def _clause(op: str, version: str) -> list[str]:
    if version == "*":
        return []
    if op in ("^", "~") or (op == "~=" and "." not in version):
        bare = version.removesuffix(".*")
        return [f">={bare}", f"<{_next(op, bare)}"]
    if op in ("", "="):
        op = "=="
    if op in (">=", ">", "<=", "<"):
        version = version.removesuffix(".*")
    return [op + version]


def _next(op: str, text: str) -> str:
    """Give the first version outside: of ``^`` after the leftmost part that is not 0, of ``~`` the minor."""
    try:
        release = Version(text).release
    except ValueError as error:
        raise ValueError(f"`{text}` is not a version") from error
    if op == "^":
        keep = next((i for i, part in enumerate(release) if part), len(release) - 1)
    else:
        keep = min(len(release) - 1, 1) if op == "~" else 0
    return ".".join(map(str, [*release[:keep], release[keep] + 1]))


def _bounds(side: str) -> tuple[tuple[Version, bool] | None, tuple[Version, bool] | None]:
    """Give (lowest, whether it is outside) and (highest, whether it is inside) of one specifier set."""
    low: tuple[Version, bool] | None = None
    high: tuple[Version, bool] | None = None
    for one in SpecifierSet(side):
        for below, version, flag in _edges(one):
            if below:
                low = max(low, (version, flag)) if low else (version, flag)
            else:
                high = min(high, (version, flag)) if high else (version, flag)
    return low, high


def _edges(one: Specifier) -> list[tuple[bool, Version, bool]]:
    op, text = one.operator, one.version
    if op == "!=":
        return []
    release = Version(text.removesuffix(".*"))
    if op in ("==", "===") and not text.endswith(".*"):
        return [(True, release, False), (False, release, True)]
    if op in ("==", "~="):
        parts = release.release if op == "==" else release.release[:-1]
        upper = Version(".".join(map(str, [*parts[:-1], parts[-1] + 1])))
        return [(True, release, False), (False, upper, False)]
    return [(op.startswith(">"), release, op in (">", "<="))]
