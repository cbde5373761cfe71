"""Which files of a project import which, and so which tests touch a file."""

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

_TEST = re.compile(r"(?:test_.*|.*_test|tests?)\.py")


class ImportGraph:
    """Files (relative with ``/``) and the files that import them, directly or through others.

    ``sources`` maps each Python file to its text. A file that is no Python imports nothing.
    A module is looked for from the project's root, from ``src``, and from the first folder
    above a file that is no package, as Python and pytest do.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._modules = _modules(sources)
        self._importers: dict[str, set[str]] = defaultdict(set)
        for path, text in sources.items():
            for module in _imports(path, text, self._modules):
                for target in self._modules.get(module, ()):
                    self._importers[target].add(path)
        self._tests = {path for path in sources if is_test(path)}
        self._helpers = {path for path in sources if path.endswith("conftest.py")}

    def importers(self, path: str) -> set[str]:
        """Give every file that imports ``path``, however far away, and ``path`` itself."""
        seen: set[str] = set()
        todo = [path]
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo += self._importers.get(one, ())
                if one.endswith("/__init__.py"):  # importing a package's part runs the package too
                    inside = one.removesuffix("__init__.py")
                    todo += [path for path in self._importers if path.startswith(inside)]
        return seen

    def tests_of(self, path: str) -> set[str]:
        """Give the test files that import ``path``, or whose ``conftest.py`` does."""
        reached = self.importers(path)
        found = reached & self._tests
        for helper in reached & self._helpers:
            below = helper.removesuffix("conftest.py")
            found |= {test for test in self._tests if test.startswith(below)}
        return found


def is_test(path: str) -> bool:
    """Say whether pytest would take a file for tests, by its name as it is usually set."""
    return _TEST.fullmatch(path.rpartition("/")[2]) is not None


def _modules(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Map each dotted name that a file may have to the files that may have it."""
    known = set(paths)
    found: dict[str, list[str]] = defaultdict(list)
    for path in known:
        parts = PurePosixPath(path).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        starts = {0, _first_outside(parts, known)} | ({1} if parts[:1] == ("src",) else set())
        for start in starts:
            if parts[start:]:
                found[".".join(parts[start:])].append(path)
    return {name: tuple(sorted(files)) for name, files in found.items()}


def _first_outside(parts: tuple[str, ...], known: set[str]) -> int:
    """Give how many leading folders are no packages."""
    start = max(len(parts) - 1, 0)
    while start and f"{'/'.join(parts[:start])}/__init__.py" in known:
        start -= 1
    return start


def _imports(path: str, text: str, modules: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", SyntaxWarning
            )  # of a stranger's text; others tell of it
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    package = PurePosixPath(path).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package[: len(package) - node.level + 1]
                base = ".".join((*above, *filter(None, (base,))))
            yield from _with_parents(base)
            yield from (
                f"{base}.{alias.name}" for alias in node.names if f"{base}.{alias.name}" in modules
            )


def _with_parents(module: str) -> Iterator[str]:
    """Give a module and the packages it lies in, whose ``__init__`` runs before it."""
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])
