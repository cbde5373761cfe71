"""Typed reading of a settings table: every fault is noted with its key path, none stops the reading."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TypeVar, cast

_E = TypeVar("_E", bound=StrEnum)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


class Table:
    """One table of a settings file and the way to it; ``faults`` is shared with all tables below.

    Each reader gives the value, or None when the key is absent or its value is wrong (then a
    fault was noted). ``close`` notes the keys that nobody asked for.
    """

    def __init__(
        self, values: Mapping[str, object], *, file: str, path: str, faults: list[str]
    ) -> None:
        self._values = values
        self._file = file
        self._path = path
        self._asked: dict[str, None] = {}
        self._faults = faults

    def where(self, key: str = "") -> str:
        """Give file and key path in words for people: ``pyproject.toml: tool.onward.guard``."""
        path = ".".join(part for part in (self._path, key) if part)
        return f"{self._file}: {path}" if path else self._file

    def fault(self, key: str, words: str) -> None:
        """Note what is wrong with the value of a key."""
        self._faults.append(f"{self.where(key)}: {words}")

    def has(self, key: str) -> bool:
        """Say whether the key is there at all, right or wrong."""
        return key in self._values

    def raw(self, key: str) -> object | None:
        """Give the value as it stands, and count the key as known."""
        self._asked[key] = None
        return self._values.get(key)

    def text(self, key: str) -> str | None:
        """Read a text that is not empty."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self._wrong(key, value, "text")
        elif not value.strip():
            self.fault(key, "is empty")
        else:
            return value
        return None

    def flag(self, key: str) -> bool | None:
        """Read true or false."""
        value = self.raw(key)
        if value is None or isinstance(value, bool):
            return value
        self._wrong(key, value, "true or false")
        return None

    def choice(self, key: str, kind: type[_E]) -> _E | None:
        """Read one word of a fixed list."""
        value = self.text(key)
        if value is None:
            return None
        words = [member.value for member in kind]
        if value in words:
            return kind(value)
        self.fault(key, f'"{_short(value)}" is not one of {", ".join(words)}{_near(value, words)}')
        return None

    def texts(self, key: str, *, single: bool = False) -> tuple[str, ...] | None:
        """Read an array of texts; with ``single`` a lone text counts as an array of one."""
        value = self.raw(key)
        if value is None:
            return None
        if single and isinstance(value, str):
            value = [value]
        if not isinstance(value, list | tuple):
            self._wrong(
                key, value, "a text or an array of texts" if single else "an array of texts"
            )
            return None
        found: list[str] = []
        for at, entry in enumerate(value):
            if isinstance(entry, str) and entry.strip():
                found.append(entry)
            elif isinstance(entry, str):
                self.fault(f"{key}[{at}]", "is empty")
            else:
                self._wrong(f"{key}[{at}]", entry, "text")
        return tuple(found) if len(found) == len(value) else None

    def date(self, key: str) -> dt.date | None:
        """Read a day: a TOML date, or the same as text (``2026-12-31``)."""
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        if isinstance(value, str):
            day = parse_day(value)
            if day is None:
                self.fault(key, f'"{_short(value)}" is not a day; write it like 2026-12-31')
            return day
        self._wrong(key, value, "a day such as 2026-12-31")
        return None

    def table(self, key: str) -> "Table | None":
        """Read a table below this one."""
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, Mapping):
            return self._below(key, value)
        self._wrong(key, value, "a table")
        return None

    def tables(self, key: str) -> Iterator["Table"]:
        """Read an array of tables, one at a time, in order."""
        value = self.raw(key)
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self._wrong(key, value, "an array of tables")
            return
        for at, entry in enumerate(value):
            if isinstance(entry, Mapping):
                yield self._below(f"{key}[{at}]", entry)
            else:
                self._wrong(f"{key}[{at}]", entry, "a table")

    def keys(self) -> tuple[str, ...]:
        """Give all keys that are there, for tables whose keys are free."""
        return tuple(str(key) for key in self._values)

    def close(self, hints: Mapping[str, str] | None = None) -> None:
        """Note each key that was never asked for, with the nearest one that exists."""
        for key in self._values:
            if key in self._asked:
                continue
            name = str(key)
            near = (hints or {}).get(name) or _near(name, self._asked)
            known = ", ".join(self._asked)
            self.fault(name, "no such key" + (near or f"; the keys here are {known}"))

    def _below(self, key: str, value: Mapping[object, object]) -> "Table":
        path = ".".join(part for part in (self._path, key) if part)
        values = cast("Mapping[str, object]", value)
        return Table(values, file=self._file, path=path, faults=self._faults)

    def _wrong(self, key: str, value: object, wanted: str) -> None:
        self.fault(key, f"is {_kind(value)}, but must be {wanted}")


def parse_day(text: str) -> dt.date | None:
    """Give the day that an ISO 8601 text means in its long form (``2026-12-31``), or None."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "an array"
    if isinstance(value, dt.datetime):
        return "a day with a time"
    if isinstance(value, dt.date):
        return "a day"
    return _WORDS.get(type(value), "something else")


def _near(word: str, known: Iterable[str]) -> str:
    import difflib  # only where something is misspelt

    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean `{found[0]}`?" if found else ""


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
