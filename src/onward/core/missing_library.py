"""A library that is not installed, seen from every place that imports it, as one finding."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from onward.core.code_folders import code_folders
from onward.core.finding import Finding, Place, Whole

_FEW = 4  # places that are told one by one: it may be a slip of the pen


def folded(
    findings: Iterable[Finding],
    root: str,
    module_of: Callable[[Finding], str],
    *,
    tool: str,
    without: str,
) -> Iterator[Finding]:
    """Give the findings with those on one absent library as one, where there are many of them.

    ``module_of`` gives the dotted name that was not found, empty for any other finding. ``without``
    tells how the tool is told to do without the library whose name stands for ``{name}``. Modules of the project are left alone.
    """
    found = list(findings)
    places: dict[str, list[Finding]] = {}
    for finding in found:
        if (module := module_of(finding)) and isinstance(finding.subject, Place):
            places.setdefault(module.partition(".")[0], []).append(finding)
    often = [name for name, hits in places.items() if len(hits) > _FEW]
    many = set(often) - _own(often, root)
    for finding in found:
        if module_of(finding).partition(".")[0] not in many:
            yield finding
    for name in sorted(many):
        yield _one(name, places[name], tool, without.format(name=name))


def _own(names: list[str], root: str) -> set[str]:
    """Give those that are modules of the project."""
    if not names:
        return set()
    bases = [Path(root), *(Path(root) / base for base in code_folders(Path(root)).bases)]
    return {
        name
        for name in names
        if any((base / name).is_dir() or (base / f"{name}.py").is_file() for base in bases)
    }


def _one(name: str, hits: list[Finding], tool: str, without: str) -> Finding:
    places = [hit.subject for hit in hits if isinstance(hit.subject, Place)]
    first = min(places, key=lambda place: (place.path, place.line))
    files = len({place.path for place in places})
    return Finding(
        rule=hits[0].rule,
        subject=Whole(),
        message=f"`{name}` is not in the project's environment, so {tool} knows nothing of what comes from it",
        facts={"library": name, "count": len(hits), "files": files, "first": str(first)},
        hint=f"It is imported in {len(hits)} places, the first is {first}. `onward sync` installs what the lock"
        f" names (`poetry install` or `pdm install` where that keeps the project), `onward add` a library that it does not name."
        f" For a library that may be absent: {without}",
        seen_by=hits[0].seen_by,
    )
