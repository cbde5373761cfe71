"""What may be in a distribution and what may not: junk, secrets, strangers at the top, missing modules."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from onward.core.finding import Finding, Place
from onward.domain.shipping.built import Built, Member
from onward.domain.shipping.secrets import is_secret_name, is_test, secret_finding

_JUNK_FOLDERS = frozenset({
    "__pycache__", ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "node_modules", ".onward",
    ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints", "__MACOSX", ".eggs",
})  # fmt: skip
_JUNK_FILES = ("*.pyc", "*.pyo", ".DS_Store", "Thumbs.db", "desktop.ini", "*.swp", "*.swo", "*~", ".#*",
               "*.orig", "*.rej", ".coverage", ".coverage.*")  # fmt: skip
_A_BACKENDS_OWN = frozenset({"pyproject.toml.orig"})  # uv_build keeps what it rewrote
_EDITOR_FOLDERS = frozenset({".idea", ".vscode", ".vs", ".settings"})
_NOT_FOR_ALL = frozenset({
    "tests", "test", "testing", "docs", "doc", "examples", "example", "scripts", "src", "build", "dist",
    "benchmarks", "bench", "tools", "conftest", "setup", "noxfile", "tasks",
})  # fmt: skip
_NATIVE = (".so", ".pyd", ".dylib", ".dll")
_SOURCE_OF_NATIVE = (
    ".c",
    ".h",
    ".cpp",
    ".cc",
    ".hpp",
    ".pyx",
    ".pxd",
    ".pxi",
    ".rs",
    ".in",
    ".po",
    ".md",
    ".rst",
)


def contents_findings(built: Built) -> Iterator[Finding]:
    """Give what should not be in ``built``: unsafe paths, junk, secrets; in a wheel also strangers at its top."""
    yield from unsafe_findings(built)
    yield from _junk(built)
    yield from _secrets(built)
    if built.is_wheel:
        yield from _strangers(built)
        yield from _platform(built)


def top_level(built: Built) -> tuple[str, ...]:
    """Give the names that a wheel makes importable at the top, sorted (PyPA spec: the root and ``*.data``)."""
    return tuple(sorted({_module(path) for path in installed_paths(built)} - {""}))


def importable(built: Built) -> tuple[str, ...]:
    """Give the modules whose import proves a wheel: its packages, inside namespaces the first real ones."""
    files = [path for path in installed_paths(built) if not _is_info(path)]
    folders = {str(PurePosixPath(path).parent) for path in files if path.endswith("/__init__.py")}
    found: set[str] = set()
    for path in files:
        place = PurePosixPath(path)
        parents = [str(parent) for parent in reversed(place.parents) if str(parent) != "."]
        package = next((parent for parent in parents if parent in folders), None)
        if package is not None:
            found.add(package.replace("/", "."))
        elif (name := _stem(place.name)) and place.name.endswith((".py", *_NATIVE)):
            found.add(".".join([*place.parts[:-1], name]))
    return tuple(sorted(word for word in found if all(p.isidentifier() for p in word.split("."))))


def installed_paths(built: Built) -> tuple[str, ...]:
    """Give the paths a wheel puts into site-packages; scripts, headers and data go elsewhere."""
    found = []
    for path in built.paths:
        first, _, rest = path.partition("/")
        if first.endswith(".data"):
            kind, _, rest = rest.partition("/")
            if kind in ("purelib", "platlib") and rest:
                found.append(rest)
        else:
            found.append(path)
    return tuple(found)


def missing_findings(built: Built, tree: Iterable[str]) -> Iterator[Finding]:
    """Compare a wheel with the project's files (relative, ``/``): what of its packages did not get in.

    Tests inside a package may be left out. Modules are one rule, other files another.
    """
    inside = set(installed_paths(built))
    places = sorted(tree)
    modules: list[str] = []
    others: list[str] = []
    for package in top_level(built):
        for prefix in ("src/", "lib/", "python/", ""):
            own = [path for path in places if path.startswith(f"{prefix}{package}/")]
            if any(path.endswith(".py") for path in own):
                gone = [path for path in own if path.removeprefix(prefix) not in inside]
                modules += [path for path in gone if path.endswith((".py", ".pyi"))]
                others += [path for path in gone if not path.endswith((".py", ".pyi"))]
                break
    modules = [path for path in modules if not is_test(path)]
    others = [path for path in others if not is_test(path) and not _is_source_of_native(path)]
    if modules:
        yield _list(built, "ship/missing-module", "modules of the project are not in the wheel", modules,
                    "Add them to version control, or mend how the build backend finds packages.")  # fmt: skip
    if others:
        yield _list(built, "ship/missing-data", "files beside the modules are not in the wheel", others,
                    "If the code reads them when it runs, name them in the build backend's settings.")  # fmt: skip


def unsafe_findings(built: Built) -> Iterator[Finding]:
    """Give what could write outside of where it is unpacked, or be unpacked in two ways."""
    bad = [member.path for member in built.members if _escapes(member)]
    if bad:
        yield _list(built, "ship/unsafe-path", "paths that lead out of the archive", bad)
    contents: dict[str, set[tuple[str, str]]] = {}
    for path, member in zip(built.paths, built.members, strict=True):
        contents.setdefault(path, set()).add((member.sha256, member.link))
    # built from an unpacked sdist, some backends put the old PKG-INFO in beside their own
    doubled = [path for path, held in contents.items() if len(held) > 1 and path != "PKG-INFO"]
    if doubled:
        yield _list(built, "ship/unsafe-path", "one path with two contents", doubled)


def _escapes(member: Member) -> bool:
    path = member.path
    if (
        path.startswith("/")
        or "\\" in path
        or ":" in path.partition("/")[0]
        or ".." in path.split("/")
    ):
        return True
    if not member.link:
        return False
    if member.link.startswith("/"):
        return True
    depth = 0
    for part in [*path.split("/")[:-1], *member.link.split("/")]:
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 1:
            return True
    return False


def _junk(built: Built) -> Iterator[Finding]:
    folders = _JUNK_FOLDERS | _EDITOR_FOLDERS if built.is_wheel else _JUNK_FOLDERS
    bad = [
        path
        for path in built.paths
        if folders.intersection(path.split("/")[:-1])
        or (_fits(path, _JUNK_FILES) and path not in _A_BACKENDS_OWN)
    ]
    if bad:
        yield _list(built, "ship/junk", "files that are leftovers of tools", bad,
                    "Remove them, or exclude them in the build backend's settings.")  # fmt: skip


def _secrets(built: Built) -> Iterator[Finding]:
    for path, member in zip(built.paths, built.members, strict=True):
        if member.holds_key or is_secret_name(path):
            yield secret_finding(
                f"{built.filename}/{path}",  # so that a row can name this file alone
                holds_key=member.holds_key,
                tried=not built.is_wheel and is_test(path),
                sets=member.sets,
            )


def _strangers(built: Built) -> Iterator[Finding]:
    own = built.filename.partition("-")[0].lower().replace("_", "")
    tops = top_level(built)
    bad = [name for name in tops if name in _NOT_FOR_ALL and name.lower().replace("_", "") != own]
    loose = [
        p
        for p in installed_paths(built)
        if "/" not in p and not p.endswith((".py", ".pyi", ".pth", *_NATIVE))
    ]
    if bad:
        yield _list(built, "ship/top-level", "names that would be installed for everyone", bad,
                    "Two projects that do this overwrite each other; leave them out of the wheel.")  # fmt: skip
    if loose:
        yield _list(built, "ship/top-level", "files that would lie loose among everyone's packages", loose,
                    "Put them inside the package or leave them out.")  # fmt: skip
    if not importable(built):
        yield _list(built, "ship/empty", "the wheel has nothing that can be imported", [],
                    "Mend how the build backend finds packages.")  # fmt: skip


def _platform(built: Built) -> Iterator[Finding]:
    native = [path for path in built.paths if path.endswith(_NATIVE)]
    if native and built.filename.endswith("-any.whl"):
        yield _list(built, "ship/wrong-tag", "compiled files in a wheel that is marked for any platform", native,
                    "Installed elsewhere it would fail; the build backend has to set the platform tag.")  # fmt: skip


def _list(built: Built, rule: str, what: str, paths: list[str], hint: str = "") -> Finding:
    named = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
    return Finding(
        rule=rule,
        subject=Place(path=built.filename),
        message=f"{what}: {named}" if paths else what,
        facts={"count": len(paths), "paths": paths[:50]} if paths else {},
        hint=hint,
    )


def _fits(path: str, patterns: Iterable[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _is_source_of_native(path: str) -> bool:
    return path.endswith(_SOURCE_OF_NATIVE) or path.rpartition("/")[2].startswith(".")


def _is_info(path: str) -> bool:
    return path.partition("/")[0].endswith((".dist-info", ".data"))


def _module(path: str) -> str:
    first, slash, _ = path.partition("/")
    if first.endswith((".dist-info", ".data")):
        return ""
    if slash:
        return first
    return _stem(first) if first.endswith((".py", *_NATIVE)) else ""


def _stem(name: str) -> str:
    return name.partition(".")[0]
