"""What onward says of a project's public API: names without hints, names that no test names, docstrings that are behind."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from onward.adapters import docstrings
from onward.core.finding import Certainty, Finding, Place, Whole
from onward.core.project import Kind
from onward.core.tool import NOT_CHOSEN, Depends
from onward.domain.boundary.marks import ANY_MARK
from onward.domain.boundary.public import Public, module_names, public_symbols
from onward.domain.boundary.summary import Symbol
from onward.domain.import_graph import is_test
from onward.workflows.checking.api_files import ApiFiles
from onward.workflows.checking.contents import contents

HINTS = {Kind.library: "hints/public", Kind.application: "hints/application"}
COVERAGE = "hints/coverage"
UNNAMED = "tests/unnamed"
STALE = "docs/stale"

_PYTHON = (".py", ".pyi")
_WORDS = {"return": "what it returns"}


class PublicApi:
    """Looks at all files together: what a module offers may be defined in another one, and tested in a third.

    ``memo`` is the file that keeps what was read of each content; None keeps nothing.
    """

    name = "public api"
    depends = Depends(kinds=_PYTHON)

    def __init__(self, kind: Kind, name: str, memo: Path | None) -> None:
        self._hints = HINTS[kind]
        self._name = name
        self._memo = memo

    def look(self, root: Path, paths: Iterable[str]) -> Iterator[Finding]:
        """Give the public names without hints, how many there are in all, and those that no test names."""
        python = [path for path in paths if path.endswith(_PYTHON)]
        tests = {path for path in python if in_tests(path)}
        modules = module_names({path: 0 for path in python if path not in tests}, self._name)
        read = ApiFiles(root, self._memo)
        # by way of `paths` again: that is where a look ends that nobody waits for
        files = read.summaries(path for path in paths if path in modules)
        modules = {path: modules[path] for path in files}  # one may be gone by now
        found = tuple(public_symbols(files, modules))
        for one in found:
            if one.symbol.lacking:
                yield self._unhinted(one)
        if any(one.symbol.slots for one in found):
            yield _coverage(found)
        if tests:
            yield from _unnamed(found, read, (path for path in paths if path in tests))
        read.keep()

    def _unhinted(self, one: Public) -> Finding:
        symbol = one.symbol
        words = [_WORDS.get(word, f"`{word}`") for word in symbol.lacking]
        lack = "" if symbol.kind == "attribute" else f" for {', '.join(words)}"
        return Finding(
            rule=self._hints,
            subject=_place(one),
            message=f"`{symbol.name}` is public and has no type hint{lack}",
            facts={"symbol": symbol.name, "module": one.module, "lacking": list(symbol.lacking)},
            hint="Write the hint, or begin the name with an underscore if it is not for others.",
        )


class Docstrings:
    """Looks at each docstring that tells of parameters or of what is returned; none has to be there.

    ``engine`` is the file of the library that reads them, empty when it is not there.
    """

    name = "docstrings"

    def __init__(self, engine: str) -> None:
        lacking = () if engine else docstrings.looked_at()
        self.depends = Depends(kinds=_PYTHON, one_by_one=True, engine=engine, lacking=lacking)

    def look(self, root: Path, paths: Iterable[str]) -> Iterator[Finding]:
        """Give where docstring and signature disagree; one advice when the library that reads them is lacking."""
        for path, content in contents(root, paths, _PYTHON):
            if not ANY_MARK.search(content):
                continue
            if not self.depends.engine:
                yield _no_engine()
                return
            from onward.domain.boundary.documented import stale

            for one in stale(content, docstrings.read):
                yield Finding(
                    rule=STALE,
                    subject=Place(path=path, line=one.line, column=one.column),
                    message=one.message,
                    facts={"symbol": one.symbol, "kind": one.kind},
                    hint="One of the two is behind: correct it.",
                )


def in_tests(path: str) -> bool:
    """Say whether a file belongs to the tests: by its name, or since it lies in their folder."""
    parts = PurePosixPath(path).parts
    return (
        is_test(path) or "tests" in parts[:-1] or parts[0] == "test" or parts[-1] == "conftest.py"
    )


def _coverage(found: tuple[Public, ...]) -> Finding:
    slots: dict[str, int] = {}
    lacking: dict[str, int] = {}
    for one in found:
        slots[one.module] = slots.get(one.module, 0) + one.symbol.slots
        lacking[one.module] = lacking.get(one.module, 0) + len(one.symbol.lacking)
    every, open_ = sum(slots.values()), sum(lacking.values())
    return Finding(
        rule=COVERAGE,
        subject=Whole(),
        message=f"{every - open_} of {every} hints of the public API are there ({_percent(every, open_)} %)",
        facts={module: _percent(slots[module], lacking[module]) for module in sorted(slots)},
    )


def _percent(every: int, lacking: int) -> float:
    """Give how much is there, rounded down to a tenth, so that 100 is said only of all."""
    return 100.0 if not lacking else (every - lacking) * 1000 // every / 10


def _unnamed(found: tuple[Public, ...], read: ApiFiles, tests: Iterable[str]) -> Iterator[Finding]:
    wanted = [one for one in found if _is_for_tests(one.symbol)]
    unnamed = read.unnamed(tests, {one.symbol.name for one in wanted})
    for one in wanted:
        symbol = one.symbol
        if symbol.name in unnamed:
            yield Finding(
                rule=UNNAMED,
                subject=_place(one),
                message=f"no test names the public {symbol.kind} `{symbol.name}`",
                facts={"symbol": symbol.name, "module": one.module},
                hint="Test it by its name, or begin the name with an underscore if it is not for others.",
            )


def _is_for_tests(symbol: Symbol) -> bool:
    own = "." not in symbol.name and not symbol.name.startswith("__")  # Python itself calls those
    return own and symbol.kind != "attribute" and not symbol.registered


def _place(one: Public) -> Place:
    return Place(path=one.path, line=one.symbol.line, column=one.symbol.column)


def _no_engine() -> Finding:
    return Finding(
        rule=NOT_CHOSEN,
        subject=Whole(),
        message="griffelib is not there, so no docstring was compared with its function (docs/stale)",
        facts={"tool": "griffelib"},
        hint=docstrings.HOW_TO_GET,
        certainty=Certainty.unknown,
    )
