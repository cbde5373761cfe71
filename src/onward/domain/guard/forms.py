"""How the address of the guard is written into the settings of an installer: by lines, proven by reading them.

Each form changes as few lines as it can and then reads the result: it has to say the same
as before but for the one setting, else nothing is written. A file whose spelling is too
unusual for that is refused with the lines that a person would write.
"""

import configparser
import copy
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from onward.core.errors import BadInput, Refused
from onward.domain.guard.marked import commented, is_marked, lines_of, put_in, taken_out

NAME = "onward-guard"
"""What the guard is called where an index needs a name."""


class Form(Protocol):
    """How one settings file names the guard. Texts are whole files; all is pure."""

    def switched_on(self, text: str, url: str) -> str:
        """Give ``text`` with ``url`` as the one index; the same text when it says so already.

        Raises BadInput (``bad-config``) for a file that its own tool could not read, and
        Refused (``cannot-edit``) for one that cannot be edited line by line.
        """

    def switched_off(self, text: str, url: str, before: str) -> str:
        """Give an edited ``text`` without the guard's lines, and with those of ``before`` that they stood for."""

    def address(self, text: str) -> str:
        """Give the address that was set by us, or an empty text."""

    def lines(self, url: str) -> tuple[str, ...]:
        """Give the lines that a person would write by hand."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key in one section of an INI or TOML file: pip's ``global.index-url``, pdm's ``pypi.url``.

    ``others`` are keys that would contradict it or send a login there; with ``everywhere``
    they count in each section.
    """

    client: str
    section: str
    key: str
    others: tuple[str, ...] = ()
    everywhere: bool = False
    toml: bool = False

    def switched_on(self, text: str, url: str) -> str:
        """See ``Form``."""
        base = taken_out(text, self.client)
        values = self._read(base)
        told = _table(values, self.section)
        rivals = self._rivals(values)
        if told.get(self.key) == url and rivals == [(self.section, self.key)]:
            return text
        mine = [n for section, key in rivals for n in self._numbers(base, section, key)]
        made = commented(base, set(mine), self.client)
        header = self._header(made)
        block = (self._line(url),) if header is not None else self.lines(url)
        made = put_in(made, block, self.client, at=None if header is None else header + 1)
        expected = {
            section: {k: v for k, v in table.items() if (section, k) not in rivals}
            if isinstance(table, dict)
            else table
            for section, table in values.items()
        }
        expected[self.section] = {**_table(expected, self.section), self.key: url}
        _prove(made, expected, self._read, self.lines(url))
        return made

    def switched_off(self, text: str, url: str, before: str) -> str:
        """See ``Form``. A tool that rewrote the file may have dropped our comments: then by key and value."""
        made = taken_out(text, self.client)
        if _table(self._read(made), self.section).get(self.key) != url:
            return made
        numbers = self._numbers(made, self.section, self.key)
        old_lines = lines_of(before)
        old = [old_lines[n] for n in self._numbers(before, self.section, self.key)]
        own = lines_of(made)
        first = min(numbers, default=len(own))
        kept = [line for n, line in enumerate(own) if n not in numbers]
        made = "".join((*kept[:first], *old, *kept[first:]))
        had_section = self.section in self._read(before)
        header = self._header(made)
        if not had_section and header is not None and not self._read(made).get(self.section):
            own = lines_of(made)
            del own[header]
            made = "".join(own)
        return made

    def address(self, text: str) -> str:
        """See ``Form``."""
        if not is_marked(text, self.client):
            return ""
        return str(_table(self._read(text), self.section).get(self.key, ""))

    def lines(self, url: str) -> tuple[str, ...]:
        """See ``Form``."""
        return (f"[{self.section}]", self._line(url))

    def _line(self, url: str) -> str:
        return f'{self.key} = "{url}"' if self.toml else f"{self.key} = {url}"

    def _rivals(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        keys = (self.key, *self.others)
        return [
            (section, key)
            for section, table in values.items()
            if isinstance(table, dict) and (self.everywhere or section == self.section)
            for key in table
            if key in keys
        ]

    def _read(self, text: str) -> dict[str, Any]:
        return read_toml(text) if self.toml else read_ini(text)

    def _header(self, text: str) -> int | None:
        return next(
            (n for n, line in enumerate(lines_of(text)) if self._is(line, self.section)), None
        )

    def _is(self, line: str, section: str) -> bool:
        found = _HEADER.match(line)
        return found is not None and found["name"].strip().strip("\"'") == section

    def _numbers(self, text: str, section: str, key: str) -> list[int]:
        """Give the numbers of the lines of a key, those of a value over several lines included."""
        found: list[int] = []
        inside = within = False
        for number, line in enumerate(lines_of(text)):
            if _HEADER.match(line):
                inside, within = self._is(line, section), False
            elif inside and within and line[:1].isspace() and line.strip() and not self.toml:
                found.append(number)
            elif inside and line.strip():
                word = re.split(r"[=:]", line, maxsplit=1)[0].strip().strip("\"'")
                within = (word if self.toml else plain_key(word)) == key
                if within:
                    found.append(number)
        return found


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a TOML array of tables: uv's ``[[index]]``, poetry's and pdm's ``[[tool.X.source]]``.

    ``entry`` are keys and values besides name and address; ``rival`` says which other
    entries it takes the place of; ``also`` are keys beside the array that would contradict it.
    """

    client: str
    path: tuple[str, ...]
    entry: tuple[tuple[str, str | bool], ...]
    rival: Callable[[Mapping[str, Any]], bool]
    name: str = NAME
    also: tuple[str, ...] = ()

    def switched_on(self, text: str, url: str) -> str:
        """See ``Form``. Raises Refused (``index-in-use``) when a dependency names an entry that would go."""
        base = taken_out(text, self.client)
        values = read_toml(base)
        entries = self.entries(values)
        gone = [n for n, table in enumerate(entries) if self.rival(table)]
        if (
            any(entries[n].get("url") == url for n in gone)
            and len(gone) == 1
            and not self._beside(values)
        ):
            return text
        if used := [str(n) for k in gone if (n := entries[k].get("name")) and _names(values, n)]:
            raise Refused(
                "index-in-use",
                f"`{used[0]}` is the default index here, and dependencies name it",
                context=("Taking its place would leave them without an index.",),
                hint=f"Put it behind the server (`onward guard serve --upstream ...`) and take `{used[0]}` out of"
                " the dependencies' sources, or make it an index beside the default one.",
            )
        numbers = {n for k in gone for n in self._numbers(base, k)} | self._beside_numbers(base)
        made = put_in(commented(base, numbers, self.client), self.lines(url), self.client)
        expected = copy.deepcopy(values)
        table: dict[str, Any] = expected
        for key in self.path[:-1]:
            table = table.setdefault(key, {})
        table[self.path[-1]] = [
            *(e for n, e in enumerate(entries) if n not in gone), self._entry(url),
        ]  # fmt: skip
        for key in self.also:
            table.pop(key, None)
        _prove(made, expected, read_toml, self.lines(url))
        return made

    def switched_off(self, text: str, url: str, before: str) -> str:
        """See ``Form``. Raises Refused (``lines-inside``) when somebody wrote into the guard's own lines."""
        del before  # a tool that edits such a file keeps comments; what was there stands in it
        made = taken_out(text, self.client)
        values = read_toml(text)
        for number, table in enumerate(self.entries(read_toml(made))):
            if table.get("url") == url and table.get("name", self.name) == self.name:
                own = lines_of(made)
                gone = set(self._numbers(made, number))
                made = "".join(line for n, line in enumerate(own) if n not in gone)
                break
        here = next((e for e in self.entries(values) if e.get("url") == url), None)
        if self._rest(read_toml(made)) != self._rest(values) or (
            here is not None and here != self._entry(url)
        ):
            raise Refused(
                "lines-inside",
                "something was written between or below the lines of the guard that belongs to them now",
                hint="Move it above them, or take the guard's lines out by hand.",
            )
        return made

    def address(self, text: str) -> str:
        """See ``Form``."""
        named = (e for e in self.entries(read_toml(text)) if e.get("name") == self.name)
        own = next(named, None) if self.name == NAME or is_marked(text, self.client) else None
        return str(own.get("url", "")) if own else ""

    def lines(self, url: str) -> tuple[str, ...]:
        """See ``Form``."""
        words = (
            (k, f'"{v}"' if isinstance(v, str) else str(v).lower())
            for k, v in self._entry(url).items()
        )
        return (f"[[{'.'.join(self.path)}]]", *(f"{key} = {value}" for key, value in words))

    def _entry(self, url: str) -> dict[str, str | bool]:
        return {"name": self.name, "url": url, **dict(self.entry)}

    def entries(self, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Give the tables of the array in what was read of a file; none for anything that is no such array."""
        found = self._above(values).get(self.path[-1], [])
        return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []

    def _above(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        table: Any = values
        for key in self.path[:-1]:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        return table if isinstance(table, dict) else {}

    def _beside(self, values: Mapping[str, Any]) -> bool:
        return any(key in self._above(values) for key in self.also)

    def _rest(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give all but this array and what stands beside it, without tables that are empty then."""
        rest = copy.deepcopy(dict(values))
        chain = [rest]
        for key in self.path[:-1]:
            below = chain[-1].get(key)
            if not isinstance(below, dict):
                return rest
            chain.append(below)
        for key in (self.path[-1], *self.also):
            chain[-1].pop(key, None)
        for key, above, below in zip(self.path[-2::-1], chain[-2::-1], chain[:0:-1], strict=False):
            if not below:
                del above[key]
        return rest

    def _numbers(self, text: str, which: int) -> list[int]:
        """Give the line numbers of the table with this number in the array, without blank lines after it."""
        own = lines_of(text)
        heads = [n for n, line in enumerate(own) if self._is_head(line)]
        if which >= len(heads):
            return []
        start = heads[which]
        end = next((n for n in range(start + 1, len(own)) if _HEADER.match(own[n])), len(own))
        while end > start + 1 and (not own[end - 1].strip() or own[end - 1].startswith("#")):
            end -= 1
        return list(range(start, end))

    def _is_head(self, line: str) -> bool:
        found = _HEADER.match(line)
        return (
            found is not None
            and line.lstrip("\ufeff \t").startswith("[[")
            and re.sub(r"[\s\"']", "", found["name"]) == ".".join(self.path)
        )

    def _beside_numbers(self, text: str) -> set[int]:
        above = ".".join(self.path[:-1])
        table = ""
        found: set[int] = set()
        for number, line in enumerate(lines_of(text)):
            if head := _HEADER.match(line):
                table = re.sub(r"[\s\"']", "", head["name"])
            elif table == above and line.partition("=")[0].strip("\ufeff \t") in self.also:
                found.add(number)
        return found


_HEADER = re.compile(r"^\ufeff?\s*\[{1,2}(?P<name>[^\[\]]+)\]{1,2}\s*(?:[#;].*)?$")


def plain_key(word: str) -> str:
    """Give a key of pip's as pip compares it: lower case, ``-``, without leading dashes."""
    return word.strip().lower().replace("_", "-").removeprefix("--")


def read_ini(text: str) -> dict[str, dict[str, str]]:
    """Read a pip.conf as pip does; raises BadInput (``bad-config``)."""
    parser = configparser.RawConfigParser()
    parser.optionxform = plain_key  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text, source="the file")
    except configparser.Error as error:
        raise BadInput("bad-config", "the file is no INI file", context=(_first(error),)) from error
    return {section: dict(parser.items(section)) for section in parser.sections()}


def read_toml(text: str) -> dict[str, Any]:
    """Read TOML, with or without a byte order mark, as uv does; raises BadInput (``bad-config``)."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(
            "bad-config", "the file is no TOML file", context=(_first(error),)
        ) from error


def _table(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _names(values: object, index: str) -> bool:
    """Whether a dependency somewhere takes an index by its name (``index = "x"``, ``source = "x"``)."""
    if isinstance(values, dict):
        return any(
            (key in ("index", "source") and value == index) or _names(value, index)
            for key, value in values.items()
        )
    return isinstance(values, list) and any(_names(value, index) for value in values)


def _prove(
    text: str, expected: object, read: Callable[[str], object], lines: Sequence[str]
) -> None:
    try:
        right = read(text) == expected
    except BadInput:
        right = False
    if not right:
        raise Refused(
            "cannot-edit",
            "the file is written in a way that onward cannot edit line by line; nothing was changed",
            context=("What has to be in it:", *(f"  {line}" for line in lines)),
            hint="Write that by hand; `onward guard doctor` then says whether it holds.",
        )
