"""Whether repository, source distribution and wheel hold the same files, and what only one of them has."""

from collections.abc import Iterable, Iterator, Mapping

from onward.core.finding import Finding, Place
from onward.domain.shipping.built import Built
from onward.domain.shipping.contents import installed_paths

_PREFIXES = ("", "src/", "lib/", "python/")
_GENERATED = frozenset(
    {"PKG-INFO", "setup.cfg", "pyproject.toml.orig"}
)  # what backends put into an sdist
_REWRITTEN = frozenset({"pyproject.toml", "setup.cfg"})  # what backends are known to write anew
_NATIVE = (".so", ".pyd", ".dylib", ".dll")
_NAMED = 8


def compare_findings(tree: Mapping[str, str], sdist: Built, wheel: Built) -> Iterator[Finding]:
    """Compare all three; ``tree`` maps the project's files (relative, ``/``) to their sha256, links to an empty text."""
    packed = {p: m.sha256 for p, m in zip(sdist.paths, sdist.members, strict=True)}
    yield from _some(
        "ship/not-in-sdist",
        sdist.filename,
        "files of the repository are not in the source distribution",
        (path for path in tree if path not in packed),
        "Fine for what only you need; name the others in the build backend's settings.",
    )
    yield from _some(
        "ship/not-in-git",
        sdist.filename,
        "files of the source distribution are not in the repository",
        (path for path in packed if path not in tree and not _is_generated(path)),
        "Fine for what the build makes; commit the others.",
    )
    changed = [path for path, told in packed.items() if _differ(tree.get(path, ""), told)]
    yield from _some(
        "ship/rewritten",
        sdist.filename,
        "the build backend wrote these anew",
        (path for path in changed if _is_rewritten(path)),
        "Look at them if anything reads them later.",
    )
    yield from _some(
        "ship/differs",
        sdist.filename,
        "files are other ones in the source distribution than in the repository",
        (path for path in changed if not _is_rewritten(path)),
        "Whoever reads the repository reads something else than what is installed; look what the build does to them.",
    )
    yield from _in_wheel(tree, packed, wheel)


def _in_wheel(
    tree: Mapping[str, str], packed: Mapping[str, str], wheel: Built
) -> Iterator[Finding]:
    info = ".dist-info/"
    digests = {m.path: m.sha256 for m in wheel.members}
    alone: list[str] = []
    other: list[str] = []
    anew: list[str] = []  # what each build writes, such as a module with the version
    for path, full in zip(installed_paths(wheel), _installed_members(wheel), strict=True):
        if info in path or path.endswith(_NATIVE):
            continue
        source = next((f"{p}{path}" for p in _PREFIXES if f"{p}{path}" in packed), None)
        if source is None:
            alone.append(path)
        elif _differ(packed[source], digests[full]):
            (other if source in tree else anew).append(path)
    yield from _some(
        "ship/wheel-only",
        wheel.filename,
        "files of the wheel are not in the source distribution",
        alone,
        "Fine for what the build makes; whoever builds from the source distribution has to get the rest too.",
    )
    yield from _some(
        "ship/rewritten",
        wheel.filename,
        "the build of the wheel wrote these anew",
        anew,
        "Look at them if anything reads them later.",
    )
    yield from _some(
        "ship/differs",
        wheel.filename,
        "files are other ones in the wheel than in the source distribution",
        other,
        "Look what the build does to them.",
    )


def _installed_members(wheel: Built) -> tuple[str, ...]:
    """Give the members behind ``installed_paths``, in the same order."""
    kinds = ("purelib", "platlib")
    return tuple(
        path
        for path in wheel.paths
        if not path.partition("/")[0].endswith(".data")
        or (path.split("/")[1] in kinds and len(path.split("/")) > 2)
    )


def _is_generated(path: str) -> bool:
    return path in _GENERATED or ".egg-info/" in f"/{path}"


def _is_rewritten(path: str) -> bool:
    # sources that were a source distribution themselves hold what a backend made then
    return path in _REWRITTEN or _is_generated(path)


def _differ(one: str, two: str) -> bool:
    return bool(one and two) and one != two  # a link has no content of its own


def _some(rule: str, where: str, what: str, paths: Iterable[str], hint: str) -> Iterator[Finding]:
    found = sorted(paths)
    if found:
        more = f" and {len(found) - _NAMED} more" * (len(found) > _NAMED)
        yield Finding(
            rule=rule,
            subject=Place(path=where),
            message=f"{what}: {', '.join(found[:_NAMED])}{more}",
            facts={"count": len(found), "paths": found[:200]},
            hint=hint,
        )
