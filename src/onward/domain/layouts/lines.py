"""Where in a TOML or INI file an entry stands. The parsers do not say, so the text is searched."""

import re

from onward.core.finding import Place
from onward.core.lines import lines_of
from onward.domain.layouts.declare import place_at

_HEADER = re.compile(r"^\s*\[{1,2}\s*([^\[\]]+?)\s*\]{1,2}\s*(?:[#;].*)?$")


class Lines:
    """The lines of one file, with the tables they stand in.

    An entry that is not found where it should be (it may be written in another TOML form)
    gets the line of its table, or no line: a wrong line would be worse.
    """

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self._lines = lines_of(text)
        self._taken: set[tuple[int, str]] = set()

    def of_string(self, value: str, table: str = "") -> Place:
        """Give the place of the next quoted ``value`` at or below the header ``table``."""
        quoted = (f'"{value}"', f"'{value}'", '"' + value.replace('"', '\\"') + '"')
        for i in self._region(table):
            if any(q in self._lines[i] for q in quoted) and (i, value) not in self._taken:
                self._taken.add((i, value))
                return self._place(i)
        return self.of_table(table)

    def of_key(self, key: str, table: str = "") -> Place:
        """Give the place of ``key = ...`` in ``table``, or of a table of that name inside it."""
        pattern = re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*[=.:]")
        for i in self._region(table):
            if pattern.match(self._lines[i]):
                return self._place(i)
        return self.of_table(f"{table}.{key}", otherwise=table)

    def of_table(self, table: str, otherwise: str = "") -> Place:
        """Give the place of the header ``[table]``; without one that of ``otherwise``, or no line."""
        for name in (table, otherwise):
            for i, line in enumerate(self._lines):
                if name and (found := _HEADER.match(line)) and _plain(found[1]) == name:
                    return self._place(i)
        return Place(path=self.path)

    def _region(self, table: str) -> range:
        if not table:
            return range(len(self._lines))
        start = None
        for i, line in enumerate(self._lines):
            found = _HEADER.match(line)
            if start is None:
                if found and _plain(found[1]) == table:
                    start = i
            elif found and re.match(r"[\w\"'.\s-]+$", found[1]):
                return range(start, i)
        return range(start, len(self._lines)) if start is not None else range(len(self._lines))

    def _place(self, i: int) -> Place:
        return place_at(self.path, i + 1, self._lines[i])


def _plain(header: str) -> str:
    return re.sub(r"[\"'\s]", "", header)
