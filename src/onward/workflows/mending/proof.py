"""What must hold before an unsafe fix is kept: the file parses, offers the same to others, and is touched by tests."""

import ast
from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.domain.import_graph import ImportGraph
from onward.workflows.checking.contents import contents
from onward.workflows.imports_in_code import python_files
from onward.workflows.own_tests import Tests

_LARGEST = 2_000_000  # bytes; a larger Python file is data
_MOST_NAMED = 200  # test files on a command line; with more all tests run


def fault(path: str, before: bytes, after: bytes) -> str:
    """Say what is wrong with ``after`` as a new content of ``path``, or nothing.

    Both must parse, and offer the same to other modules. Raises MissingTool when nothing is
    there to compare that by.
    """
    if not path.endswith((".py", ".pyi", ".pyw")):
        return "it is no Python module, so nothing can be compared"
    try:
        texts = [content.decode("utf-8-sig") for content in (before, after)]
        ast.parse(texts[0])
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"the file cannot be read before the fix: {error}"
    try:
        ast.parse(texts[1])
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"the file cannot be read after the fix: {error}"
    # griffe takes a quarter of a second to import, so only where a proof is wanted
    from onward.adapters.public_api import differences

    try:
        found = differences(*texts, package=Path(path).stem == "__init__")
    except RecursionError:  # generated code may be chained a thousand times
        return "what the module offers to others cannot be told"
    return f"it changes what the module offers to others: {'; '.join(found[:3])}" if found else ""


class Touching(msgspec.Struct, frozen=True, kw_only=True):
    """Which test files touch each file, by what imports what; empty where none does."""

    tests: Mapping[str, frozenset[str]]

    def command(self, tests: Tests, paths: tuple[str, ...]) -> Tests:
        """Give the command limited to the tests that touch ``paths``, where the runner is pytest called by its name."""
        (step, *others) = tests.steps
        named = sorted(set().union(*(self.tests.get(path, frozenset()) for path in paths)))
        if others or step.shell or step.argv[-2:] != ("-m", "pytest") or len(named) > _MOST_NAMED:
            return tests
        step = msgspec.structs.replace(step, argv=(*step.argv, *named))
        words = f"{tests.words} on {len(named)} file" + ("" if len(named) == 1 else "s")
        return msgspec.structs.replace(tests, steps=(step,), words=words)


def touching(root: Path, paths: tuple[str, ...]) -> Touching:
    """Find the tests that touch each of ``paths`` in the project at ``root``."""
    files = (place.relative_to(root).as_posix() for place in python_files(root))
    graph = ImportGraph({
        path: content.decode("utf-8-sig", "replace")
        for path, content in contents(root, files, ("",), _LARGEST)
    })  # fmt: skip
    return Touching(tests={path: frozenset(graph.tests_of(path)) for path in paths})
