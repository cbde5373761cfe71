"""Carry settings of black, isort, flake8 and pylint over to ruff's, and say what cannot be carried."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from onward.core.lines import lines_of
from onward.domain.old_settings.words import (
    DEFAULT_LINE_LENGTH,
    LINE_LENGTH,
    LINTERS,
    NOT_RUFFS,
    PYLINT_CODES,
    SAME,
    WITHOUT_MEANING,
)

TOOLS = ("black", "isort", "flake8", "pylint")
"""In this order: of two line lengths the formatter's counts, the other stays a limit for the linter."""

_LINTED_LENGTH = "lint.pycodestyle.max-line-length"
_LISTS = frozenset({"extend-exclude", "builtins", "src", "lint.isort.no-lines-before"})
_NUMBERS = ("length", "max-", "lines-after", "lines-between")


class Old(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one old tool as its file has them; texts where the file is no TOML."""

    tool: str
    file: str
    values: Mapping[str, object]


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What ruff is not told yet: the lines to write, and what it cannot say at all, in words."""

    tool: str
    file: str
    lines: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def carry(
    found: Sequence[Old], ruff: Mapping[str, object] | None, *, prefix: str
) -> tuple[Carried, ...]:
    """Give, for each old tool, what is to be written beside ``ruff`` (its own settings, None: it has none).

    ``prefix`` is the table that holds them (``tool.ruff``; empty in a file of ruff's own). What ruff's
    settings decide already, by whatever value, is left alone; a loss alone is told only to a
    project that has no settings of ruff's.
    """
    told: dict[str, object] = {}
    carried = []
    for old in sorted(found, key=lambda one: TOOLS.index(one.tool)):
        wanted, lost = _Reader(old, told).read()
        new = {key: value for key, value in wanted.items() if not _decides(ruff or {}, key)}
        if new.get(LINE_LENGTH) == DEFAULT_LINE_LENGTH:
            del new[LINE_LENGTH]
        told |= wanted
        if old.tool == "black":
            told.setdefault(LINE_LENGTH, DEFAULT_LINE_LENGTH)
        if new or (lost and ruff is None):
            lines = tuple(_lines(new, prefix))
            carried.append(Carried(tool=old.tool, file=old.file, lines=lines, lost=tuple(lost)))
    return tuple(carried)


class _Reader:
    """One old tool's settings on their way to ruff's keys."""

    def __init__(self, old: Old, told: Mapping[str, object]) -> None:
        self._tool = old.tool
        self._values = {key.replace("_", "-").lower(): value for key, value in old.values.items()}
        self._told = told
        self._wanted: dict[str, object] = {}
        self._lost: list[str] = []

    def read(self) -> tuple[dict[str, object], list[str]]:
        """Give the settings of ruff's (dotted key to value), and in words what it has nothing for."""
        if self._tool == "isort":
            self._add_codes("lint.extend-select", ["I"])
        for key, value in self._values.items():
            special = _SPECIAL.get((self._tool, key))
            if special is not None:
                special(self, value)
            elif key in SAME[self._tool]:
                self._same(SAME[self._tool][key], key, value)
            elif key not in WITHOUT_MEANING[self._tool]:
                self._lose(key, value)
        return self._wanted, self._lost

    def _same(self, ruff_key: str, key: str, value: object) -> None:
        read = _value(ruff_key, value)
        if read is None:
            self._lose(key, value)
        elif ruff_key == LINE_LENGTH:
            self._length(read)
        elif ruff_key in _LISTS and isinstance(read, list):
            before = self._wanted.get(ruff_key)
            self._wanted[ruff_key] = [*(before if isinstance(before, list) else []), *read]
        else:
            self._wanted[ruff_key] = read

    def _length(self, length: object) -> None:
        formatter = self._told.get(LINE_LENGTH)
        if formatter is None:
            self._wanted[LINE_LENGTH] = length
        elif formatter != length and self._tool != "isort":
            self._wanted[_LINTED_LENGTH] = length

    def _lose(self, key: str, value: object) -> None:
        shown = " ".join(str(value).split())
        self._lost.append(f"{key} = {shown[:60]}{'...' if len(shown) > 60 else ''}")

    def _add_codes(self, ruff_key: str, codes: list[str]) -> None:
        before = self._wanted.get(ruff_key)
        merged = [*(before if isinstance(before, list) else []), *codes]
        if merged:
            self._wanted[ruff_key] = list(dict.fromkeys(merged))

    def targets(self, value: object) -> None:
        versions = sorted(_texts(value), key=lambda one: (len(one), one))
        if versions:
            self._wanted["target-version"] = versions[0]

    def quotes(self, value: object) -> None:
        if _truth(value):
            self._wanted["format.quote-style"] = "preserve"

    def profile(self, value: object) -> None:
        if value != "black":
            self._lose("profile", value)

    def multi_line(self, value: object) -> None:
        if str(value) not in ("3", "VERTICAL_HANGING_INDENT"):
            self._lose("multi_line_output", value)

    def grid(self, value: object) -> None:
        if str(value) != "0":
            self._lose("force_grid_wrap", value)

    def ignored(self, value: object) -> None:
        # what ruff never looks for needs no exception
        self._add_codes("lint.ignore", [code for code in _codes(value) if _is_ruffs(code)])

    def selected(self, value: object) -> None:
        self._select("lint.select", value)

    def also_selected(self, value: object) -> None:
        self._select("lint.extend-select", value)

    def _select(self, ruff_key: str, value: object) -> None:
        codes = list(_codes(value))
        self._add_codes(ruff_key, [code for code in codes if _is_ruffs(code)])
        if unknown := [code for code in codes if not _is_ruffs(code)]:
            self._lose("select", ", ".join(unknown))

    def per_file(self, value: object) -> None:
        table: dict[str, list[str]] = {}
        for glob, codes in _pairs(str(value)):
            if kept := [code for code in _codes(codes) if _is_ruffs(code)]:
                table[glob] = kept
        if table:
            self._wanted["lint.per-file-ignores"] = table

    def disabled(self, value: object) -> None:
        names = _texts(value)
        self._add_codes(
            "lint.ignore", [PYLINT_CODES[name] for name in names if name in PYLINT_CODES]
        )
        if others := [name for name in names if name not in PYLINT_CODES and name != "all"]:
            self._lose("disable", ", ".join(others))


_SPECIAL = {
    ("black", "target-version"): _Reader.targets,
    ("black", "skip-string-normalization"): _Reader.quotes,
    ("isort", "profile"): _Reader.profile,
    ("isort", "multi-line-output"): _Reader.multi_line,
    ("isort", "force-grid-wrap"): _Reader.grid,
    ("flake8", "ignore"): _Reader.ignored,
    ("flake8", "extend-ignore"): _Reader.ignored,
    ("flake8", "select"): _Reader.selected,
    ("flake8", "extend-select"): _Reader.also_selected,
    ("flake8", "per-file-ignores"): _Reader.per_file,
    ("pylint", "disable"): _Reader.disabled,
}


def _value(ruff_key: str, value: object) -> object:
    """Give the value in ruff's kind; None when it cannot be meant."""
    name = ruff_key.rpartition(".")[2]
    if any(sign in name for sign in _NUMBERS):
        try:
            return int(str(value))
        except ValueError:
            return None
    if isinstance(value, bool) or str(value).lower() in ("true", "false", "yes", "no"):
        return _truth(value)
    if ruff_key in _LISTS or ruff_key.startswith("lint.isort."):
        return _texts(value)
    return str(value)


def _truth(value: object) -> bool:
    return str(value).strip().lower() in ("true", "1", "yes", "on")


def _texts(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(one).strip() for one in value]
    words = []
    for line in lines_of(str(value)):
        words += line.partition("#")[0].split(",")
    return [word.strip() for word in words if word.strip()]


def _codes(value: object) -> Iterator[str]:
    for word in _texts(value):
        for code in word.split():
            yield "E501" if code == "B950" else code


def _is_ruffs(code: str) -> bool:
    letters = code.rstrip("0123456789")
    known = any(
        letters == one.rstrip("0123456789") and code[: len(one)] == one[: len(code)]
        for one in LINTERS
    )
    return known and not code.startswith(NOT_RUFFS)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Give (glob, codes) of flake8's ``per-file-ignores``: entries end with a line or before the next glob."""
    glob, codes = "", ""
    for line in lines_of(text):
        entry = line.partition("#")[0].strip()
        if ":" in entry:
            if glob:
                yield glob, codes
            glob, _, codes = entry.rpartition(":")
            glob = glob.strip()
        else:
            codes += f",{entry}"
    if glob:
        yield glob, codes


def _decides(ruff: Mapping[str, object], key: str) -> bool:
    """Say whether ruff's settings have a key; those of ``lint`` may stand at the top, as they once did."""
    keys = [key, key.removeprefix("lint.")]
    if key == _LINTED_LENGTH:
        keys.append(LINE_LENGTH)
    # a list that is replaced says more than one that is extended
    keys += [one.replace("extend-", "") for one in keys]
    return any(_has(ruff, one.split(".")) for one in keys)


def _has(table: object, path: list[str]) -> bool:
    if not path:
        return True
    return isinstance(table, Mapping) and path[0] in table and _has(table[path[0]], path[1:])


def _lines(wanted: Mapping[str, object], prefix: str) -> Iterator[str]:
    tables: dict[str, list[str]] = {}
    for key, value in wanted.items():
        table, _, name = key.rpartition(".")
        if isinstance(value, Mapping):
            table, rows = key, [f"{_quoted(one)} = {_toml(codes)}" for one, codes in value.items()]
        else:
            rows = [f"{name} = {_toml(value)}"]
        tables.setdefault(".".join(filter(None, (prefix, table))), []).extend(rows)
    for table, rows in sorted(tables.items()):
        yield from _table(table, rows)


def _table(table: str, rows: Iterable[str]) -> Iterator[str]:
    if table:
        yield f"[{table}]"
    yield from rows


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return _quoted(value) if isinstance(value, str) else str(value).lower()


def _quoted(text: str) -> str:
    return (
        msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
    )  # else a JSON text is one in TOML too
