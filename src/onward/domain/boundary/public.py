"""Which symbols of a project are offered to others: by their names, ``__all__`` and what is imported to be offered.

As the typing spec has it ("Library interface"): a name is private when it, or the module it
is reached by, begins with an underscore; ``__all__`` wins over that; an import is private
unless it says ``as`` with the same name, is ``from . import NAME``, or takes all with ``*``.
"""

from collections.abc import Iterator, Mapping

import msgspec

from onward.domain.boundary.summary import Summary, Symbol, is_private

_OUTSIDE = frozenset({
    "tests", "test", "testing", "docs", "doc", "examples", "example", "samples", "scripts", "tools", "benchmarks",
    "benchmark", "bench", "ci",
})  # fmt: skip
"""Folders beside the packages that hold no API."""


class Public(msgspec.Struct, frozen=True, kw_only=True):
    """A public symbol: its file, its module's dotted name, and what is known of it."""

    path: str
    module: str
    symbol: Symbol


def module_names(paths: Mapping[str, object], name: str) -> dict[str, str]:
    """Give the files that can be imported from outside and the dotted name of each.

    These are the files of packages (folders with ``__init__``) and whatever lies in ``src``,
    except in folders for tests, documents and scripts; ``name`` is the project's, of which a
    single module beside ``pyproject.toml`` may be all. A stub counts instead of its module.
    """
    own = name.replace("-", "_").lower()
    found: dict[str, str] = {}
    for path in paths:
        stem, _, ending = path.rpartition(".")
        if ending == "py" and f"{stem}.pyi" in paths:
            continue
        parts = stem.split("/")
        start = _start(parts, paths)
        inside = parts[start:]
        outside = _OUTSIDE & set(parts[:start]) or (start == 0 and inside[0] in _OUTSIDE - {own})
        alone = len(inside) == 1 and parts[start - 1 : start] != ["src"]
        if outside or "tests" in parts or (alone and inside[0].lower() != own):
            continue
        if inside[-1] == "__init__":
            inside = inside[:-1]
        if inside and all(part.isidentifier() for part in inside):
            found[path] = ".".join(inside)
    return found


def _start(parts: list[str], paths: Mapping[str, object]) -> int:
    """Give how many leading folders are no packages; ``src`` at the top or above a package is none."""
    if "src" in parts[:-1]:
        return parts.index("src") + 1
    start = len(parts) - 1
    while start and any(
        f"{'/'.join(parts[:start])}/__init__.{end}" in paths for end in ("py", "pyi")
    ):
        start -= 1
    return start


def public_symbols(files: Mapping[str, Summary], modules: Mapping[str, str]) -> Iterator[Public]:
    """Give the public symbols of the files that ``module_names`` gave, in the order of the files."""
    offered = _Offered(files, modules).all()
    for path, module in modules.items():
        names = offered.get(path, set())
        for symbol in files[path].symbols:
            if symbol.top in names:
                yield Public(path=path, module=module, symbol=symbol)


class _Offered:
    def __init__(self, files: Mapping[str, Summary], modules: Mapping[str, str]) -> None:
        self._files = files
        self._modules = modules
        self._paths = {module: path for path, module in modules.items()}
        self._names: dict[str, set[str]] = {}

    def all(self) -> dict[str, set[str]]:
        """Give for each file the names in it that others may use."""
        for path, module in self._modules.items():
            if not any(part.startswith("_") for part in module.split(".")):
                for name in self._exports(path, set()):
                    self._offer(path, name, set())
        return self._names

    def _exports(self, path: str, seen: set[str]) -> set[str]:
        """Give the names that a module offers, if it is public itself."""
        summary = self._files[path]
        if path in seen:
            return set()
        seen = seen | {path}
        names = set(summary.exported or ())
        if summary.exported is None:
            names = {one.name for one in summary.symbols if "." not in one.name}
            names |= {one.local for one in summary.imports if one.again and one.name != "*"}
            names = {name for name in names if not is_private(name)}
            joined = [(one.level, one.module) for one in summary.imports if one.name == "*"]
        else:
            joined = [self._joined(path, word) for word in summary.joined]
        for level, module in joined:
            target = self._paths.get(self._absolute(path, level, module))
            if target is not None:
                names |= self._exports(target, seen)
        return names

    def _joined(self, path: str, word: str) -> tuple[int, str]:
        for one in self._files[path].imports:
            if one.local == word:
                return one.level, f"{one.module}.{one.name}".strip(".")
        return (1, word) if path.rpartition("/")[2].startswith("__init__.") else (0, word)

    def _offer(self, path: str, name: str, seen: set[tuple[str, str]]) -> None:
        if (path, name) in seen:
            return
        seen.add((path, name))
        summary = self._files[path]
        self._names.setdefault(path, set()).add(name)
        for one in summary.imports:
            if one.local == name or one.name == "*":
                target = self._paths.get(self._absolute(path, one.level, one.module))
                if target is not None:
                    self._offer(target, name if one.name == "*" else one.name, seen)

    def _absolute(self, path: str, level: int, module: str) -> str:
        if not level:
            return module
        package = self._modules[path].split(".")
        if not path.rpartition("/")[2].startswith("__init__."):
            package = package[:-1]
        above = package[: len(package) - level + 1]
        return ".".join((*above, *filter(None, (module,))))
