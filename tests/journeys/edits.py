"""A small project of typed modules that use each other, and edits of it at random, such as people make them."""

import random
from collections.abc import Callable
from pathlib import Path

TYPES = {
    "int": "1",
    "str": "'x'",
    "list[int]": "[1]",
    "dict[str, int]": "{'a': 1}",
    "float": "1.5",
    "int | None": "None",
}
NAMES = ("alpha", "beta", "pk.gamma", "pk.delta", "pk.sub.eps")
KINDS = ("plain", "plain", "dataclass", "NamedTuple", "TypedDict", "Protocol")
HOW = ("plain", "plain", "default", "async", "untyped", "generic", "overload")
SETTINGS = (
    "",
    "strict = true\n",
    "warn_unused_ignores = true\n",
    "check_untyped_defs = true\nwarn_return_any = true\n",
)
_HEAD = (
    "from __future__ import annotations\nimport dataclasses\n"
    "from typing import NamedTuple, Protocol, TypedDict, TypeVar, overload\n"
)


class _Module:
    """Functions, a class and a constant, and uses of the modules it imports."""

    def __init__(self, name: str, others: list[str], dice: random.Random) -> None:
        self.name = name
        self._dice = dice
        self.imports = {other: dice.choice(("whole", "names", "as")) for other in others}
        self.functions = {f"f{at}": self._function() for at in range(dice.randint(1, 2))}
        self.fields = {f"a{at}": self._type() for at in range(dice.randint(1, 3))}
        self.methods = {"m0": (self._type(), self._type(), "")}
        self.constant = self._type()
        self.kind = "plain"
        self.ignores = False
        self.comments = 0
        self.broken = False
        self.use()

    def use(self) -> None:
        self.uses = [
            (other, self._dice.choice(("call", "field", "method", "constant", "sub")), self._type())
            for other in self.imports
            for _ in range(self._dice.randint(1, 3))
        ]

    def edit(self) -> None:
        edits: tuple[Callable[[], object], ...] = (
            self._comment, self._comment, self._comment, self.use, self._signature, self._signature, self._field,
            self._method, self._constant, self._kind, self._ignore, self._import, self._break,
        )  # fmt: skip
        self.broken = False
        self._dice.choice(edits)()

    def text(self) -> str:
        lines = ["# above"] * self.comments + [_HEAD, *map(self._import_line, self.imports)]
        lines.append(f"K: {self.constant} = {TYPES[self.constant]}")
        for name, told in self.functions.items():
            lines.append(_function(name, *told))
        lines.append(self._class())
        lines += [self._use(at, *use) for at, use in enumerate(self.uses)]
        return "\n".join([*lines, "def (" if self.broken else "", ""])

    def _class(self) -> str:
        base = "" if self.kind in ("plain", "dataclass") else f"({self.kind})"
        lines = ["@dataclasses.dataclass"] if self.kind == "dataclass" else []
        lines.append(f"class C{base}:")
        for name, kind in self.fields.items():
            value = f" = {TYPES[kind]}" if self.kind in ("plain", "NamedTuple") else ""
            lines.append(f"    {name}: {kind}{value}")
        for name, (takes, gives, sort) in self.methods.items():
            if self.kind != "TypedDict":
                lines += [f"    @{sort}"] if sort else []
                told = "(self)" if sort == "property" else f"(self, x: {takes})"
                lines.append(f"    def {name}{told} -> {gives}:\n        return {TYPES[gives]}")
        return "\n".join(lines)

    def _use(self, at: int, other: str, how: str, kind: str) -> str:
        ignore = "  # type: ignore" if self.ignores else ""
        value = TYPES[kind]
        if how == "call":
            return f"v{at}: {kind} = {self._named(other, 'f0')}({value}){ignore}"
        if how == "constant":
            return f"w{at}: {kind} = {self._named(other, 'K')}"
        of = self._named(other, "C")
        if how == "sub":
            return f"class S{at}({of}):\n    def m0(self, x: {kind}) -> {kind}:\n        return {value}"
        reads = "a0" if how == "field" else f"m0({value})"
        return f"def u{at}(c: {of}) -> {kind}:\n    return c.{reads}{ignore}"

    def _named(self, other: str, name: str) -> str:
        short = other.replace(".", "_")
        how = self.imports[other]
        return {"whole": f"{other}.{name}", "as": f"{short}.{name}"}.get(how, f"{short}_{name}")

    def _import_line(self, other: str) -> str:
        short = other.replace(".", "_")
        if self.imports[other] == "names":
            return f"from {other} import f0 as {short}_f0, C as {short}_C, K as {short}_K"
        return f"import {other}" + (f" as {short}" if self.imports[other] == "as" else "")

    def _type(self) -> str:
        return self._dice.choice(list(TYPES))

    def _function(self) -> tuple[str, str, str]:
        return (self._type(), self._type(), self._dice.choice(HOW))

    def _comment(self) -> None:
        self.comments = self._dice.randint(0, 3)

    def _signature(self) -> None:
        self.functions[self._dice.choice(list(self.functions))] = self._function()

    def _field(self) -> None:
        self.fields[f"a{self._dice.randint(0, 2)}"] = self._type()

    def _method(self) -> None:
        sort = self._dice.choice(("", "", "property"))
        self.methods[f"m{self._dice.randint(0, 1)}"] = (self._type(), self._type(), sort)

    def _constant(self) -> None:
        self.constant = self._type()

    def _kind(self) -> None:
        self.kind = self._dice.choice(KINDS)

    def _ignore(self) -> None:
        self.ignores = not self.ignores

    def _import(self) -> None:
        for other in self.imports:
            self.imports[other] = self._dice.choice(("whole", "names", "as"))

    def _break(self) -> None:
        self.broken = True


def _function(name: str, takes: str, gives: str, how: str) -> str:
    body = f":\n    return {TYPES[gives]}"
    if how == "untyped":
        return f"def {name}(x):\n    return x"
    if how == "generic":
        return f"T = TypeVar('T')\ndef {name}(x: T) -> list[T]:\n    return [x]"
    if how == "overload":
        first = f"@overload\ndef {name}(x: int) -> {gives}: ...\n@overload\ndef {name}(x: str) -> {takes}: ..."
        return f"{first}\ndef {name}(x: object) -> object:\n    return x"
    value = f" = {TYPES[takes]}" if how == "default" else ""
    return f"{'async ' if how == 'async' else ''}def {name}(x: {takes}{value}) -> {gives}{body}"


class Edited:
    """The project at ``root``: ``edit`` changes one to three things in it and says what.

    ``settle`` is called with a text of settings for mypy, ``site`` is the folder of what is installed. With
    ``rings`` modules import each other in any direction.
    """

    def __init__(
        self, root: Path, site: Path, settle: Callable[[str], object], seed: int, *, rings: bool
    ) -> None:
        self._root = root
        self._site = site
        self._settle = settle
        self._dice = dice = random.Random(seed)
        self._modules: dict[str, _Module] = {}
        for at, name in enumerate(NAMES):
            pool = [one for one in NAMES if one != name] if rings else list(NAMES[:at])
            others = dice.sample(pool, min(len(pool), dice.randint(1, 2)))
            self._modules[name] = _Module(name, others, dice)
            self._write(name)
        for folder in ("pk", "pk/sub"):
            (root / folder / "__init__.py").write_bytes(b"")
        self._install("int")

    def edit(self) -> str:
        return ", ".join(self._one() for _ in range(self._dice.choice((1, 1, 1, 2, 3))))

    def _one(self) -> str:
        name = self._dice.choice(NAMES)
        path, luck = self._path(name), self._dice.random()
        if luck < 0.05:
            self._settle(self._dice.choice(SETTINGS))
            return "other settings"
        if luck < 0.08:
            self._install(self._dice.choice(list(TYPES)))
            return "another release of a library"
        if luck < 0.13 and path.exists():
            path.unlink()
            return f"{name} gone"
        if luck < 0.18:
            new = self._root / f"new{self._dice.randint(0, 2)}.py"
            new.write_text(f"import {name}, third\nx: int = third.given\n", encoding="utf-8")
            return f"{new.name} there"
        self._modules[name].edit()
        self._write(name)
        return f"{name} edited"

    def _install(self, kind: str) -> None:
        library = self._site / "third"
        library.mkdir(exist_ok=True)
        (library / "py.typed").write_bytes(b"")
        (library / "__init__.py").write_text(f"given: {kind}\n", encoding="utf-8")

    def _path(self, name: str) -> Path:
        return self._root / f"{name.replace('.', '/')}.py"

    def _write(self, name: str) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._modules[name].text(), encoding="utf-8")
