"""Put a row into a settings file and leave every other byte of it alone.

A new row stands first, since the first one that fits wins. Each change is read back with
the standard library's parser and must be exactly the old file plus that row.
"""

import copy
import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError

from onward.core.errors import BadInput
from onward.core.lines import lines_of
from onward.core.policy import Level
from onward.domain.policy.globs import plain_name

_HEADER = re.compile(r"^[ \t]*\[(\[?)([^\[\]\r\n#]+)\]\]?[ \t]*(?:#[^\r\n]*)?\r?$", re.MULTILINE)
_KEPT_ABOVE = re.compile(r"(?:[ \t]*#[^\n]*\n)+\Z")  # comments that belong to what follows them


class NewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row to write: rules, one subject pattern, level, last day, and the reason in one line."""

    match: tuple[str, ...]
    only: str
    level: Level
    why: str
    until: dt.date | None = None

    def values(self) -> dict[str, Any]:
        """Give the keys and values as they stand in a file, in the order in which people read them."""
        found: dict[str, Any] = {
            "match": self.match[0] if len(self.match) == 1 else list(self.match),
            "only": self.only,
            "level": self.level.value,
        }
        if self.until is not None:
            found["until"] = self.until
        return {**found, "why": self.why}


def with_row(text: str, path: tuple[str, ...], row: NewRow) -> str:
    """Give ``text`` (TOML) with ``row`` as the first of the array ``policy`` at ``path``.

    ``path`` is ("tool", "onward") in pyproject.toml and empty in an organisation's file.
    Raises BadInput (``cannot-edit``), with the row to paste, for a file written in a way that
    cannot be added to safely.
    """
    wanted = _expected(text, path, row)
    for candidate in _with_block(text, (*path, "policy"), row):
        if _reads_as(candidate, wanted):
            return candidate
    edited = _with_inline(text, path, row)
    if edited is not None and _reads_as(edited, wanted):
        return edited
    raise BadInput(
        "cannot-edit",
        "the file is written in a way that a row cannot be added to safely",
        context=tuple(lines_of(render(row, (*path, "policy"), "\n"))),
        hint="Paste this row above the others of the policy.",
    )


def with_row_updated(text: str, path: tuple[str, ...], row: NewRow) -> str | None:
    """Give ``text`` with the row for the same rules and subject changed in place; None when there is none.

    None also when it cannot be changed without touching anything else.
    """
    data = tomllib.loads(text)
    at = next((i for i, old in enumerate(_rows(data, path)) if _same(old, row)), None)
    if at is None:
        return None
    wanted = copy.deepcopy(data)
    old = _rows(wanted, path)[at]
    kept = {key: value for key, value in old.items() if key not in ("level", "until", "why")}
    values = {key: value for key, value in row.values().items() if key not in ("match", "only")}
    _rows(wanted, path)[at] = {**kept, **values}
    for candidate in _with_changes(text, path, at, values):
        if _reads_as(candidate, wanted):
            return candidate
    return None


def render(row: NewRow, key: tuple[str, ...], newline: str) -> str:
    """Give a row as an array-of-tables block with its header, ending in a line end."""
    lines = [f"[[{'.'.join(key)}]]"]
    lines += [f"{name} = {tomlkit.item(value).as_string()}" for name, value in row.values().items()]
    return newline.join(lines) + newline


def _with_block(text: str, key: tuple[str, ...], row: NewRow) -> Iterator[str]:
    newline = "\r\n" if "\r\n" in text else "\n"
    block = render(row, key, newline)
    for start in _before_rows(text, key):
        yield text[:start] + block + newline + text[start:]
    for end in _after_section(text, key[:-1]):
        head, tail = text[:end], text[end:]
        yield head + _gap(head, newline) + block + (newline if tail.strip() else "") + tail


def _gap(head: str, newline: str) -> str:
    """Give the line ends that make one empty line between ``head`` and what follows."""
    if not head.strip():
        return ""
    if not head.endswith("\n"):
        return newline * 2
    return "" if head.endswith(("\n\n", "\r\n\r\n")) else newline


def _headers(text: str) -> list[tuple[int, int, bool, tuple[str, ...]]]:
    """Give (start, end, is array of tables, key) of all that looks like a header line."""
    found = []
    for hit in _HEADER.finditer(text):
        key = tuple(part.strip().strip("\"'") for part in hit[2].split("."))
        found.append((hit.start(), hit.end(), bool(hit[1]), key))
    return found


def _before_rows(text: str, key: tuple[str, ...]) -> Iterator[int]:
    for start, _, is_array, found in _headers(text):
        if is_array and found == key:
            above = _KEPT_ABOVE.search(text[:start])
            yield above.start() if above else start


def _after_section(text: str, key: tuple[str, ...]) -> Iterator[int]:
    """Give the places where a new table may stand: after the section of ``key``, then the end."""
    headers = _headers(text)
    inside = [i for i, header in enumerate(headers) if key and header[3][: len(key)] == key]
    if inside and inside[-1] + 1 < len(headers):
        start = headers[inside[-1] + 1][0]
        above = _KEPT_ABOVE.search(text[:start])
        yield above.start() if above else start
    yield len(text)


def _with_inline(text: str, path: tuple[str, ...], row: NewRow) -> str | None:
    """Give ``text`` with the row in an array written as ``policy = [...]``, old or new."""
    try:
        document = tomlkit.parse(text)
        holder: Any = document
        for part in path:
            holder = holder[part]
        entry = tomlkit.inline_table()
        entry.update(row.values())
        if "policy" in holder:
            holder["policy"].insert(0, entry)
        else:
            array = tomlkit.array()
            array.append(entry)
            holder["policy"] = array
        return document.as_string()
    except (TOMLKitError, KeyError, TypeError, AttributeError):
        return None


def _with_changes(
    text: str, path: tuple[str, ...], at: int, values: Mapping[str, Any]
) -> Iterator[str]:
    headers = [
        (start, end)
        for start, end, array, key in _headers(text)
        if array and key == (*path, "policy")
    ]
    if at < len(headers):
        end = next((s for s, *_ in _headers(text) if s > headers[at][0]), len(text))
        body = text[headers[at][1] : end]
        yield text[: headers[at][1]] + _changed_lines(body, values) + text[end:]
    try:
        document = tomlkit.parse(text)
        entry: Any = document
        for part in (*path, "policy", at):
            entry = entry[part]
        for name in ("level", "until", "why"):
            if name in values:
                entry[name] = values[name]
            else:
                entry.pop(name, None)
        yield document.as_string()
    except (TOMLKitError, KeyError, TypeError, IndexError, AttributeError):
        return


def _changed_lines(body: str, values: Mapping[str, Any]) -> str:
    """Give the lines of one table with level, until and why set; comments behind a value stay."""
    lines = lines_of(body, ends=True)
    newline = "\r\n" if "\r\n" in body else "\n"
    for name in ("level", "until", "why"):
        at = next((i for i, line in enumerate(lines) if _is_line_of(name, line)), None)
        if at is not None and name in values:
            old = tomlkit.parse(lines[at])
            old[name] = values[name]
            lines[at] = old.as_string()
        elif at is not None:
            del lines[at]
        elif name in values:
            last = max(
                (i for i, line in enumerate(lines) if re.match(r"[ \t]*[\w\"'-]+[ \t]*=", line)),
                default=0,
            )
            if lines and not lines[last].endswith("\n"):
                lines[last] += newline
            lines.insert(last + 1, f"{name} = {tomlkit.item(values[name]).as_string()}{newline}")
    return "".join(lines)


def _is_line_of(name: str, line: str) -> bool:
    if not re.match(rf"[ \t]*{name}[ \t]*=", line):
        return False
    try:
        return list(tomllib.loads(line)) == [name]
    except tomllib.TOMLDecodeError:  # the value goes on on the next line
        return False


def _expected(text: str, path: tuple[str, ...], row: NewRow) -> dict[str, Any] | None:
    data = tomllib.loads(text)
    holder: Any = data
    for part in path:
        holder = holder.setdefault(part, {}) if isinstance(holder, dict) else None
    rows = holder.setdefault("policy", []) if isinstance(holder, dict) else None
    if not isinstance(rows, list):
        return None
    rows.insert(0, row.values())
    return data


def _rows(data: dict[str, Any], path: tuple[str, ...]) -> list[dict[str, Any]]:
    holder: Any = data
    for part in (*path, "policy"):
        holder = holder.get(part) if isinstance(holder, dict) else None
    return holder if isinstance(holder, list) else []


def _same(old: dict[str, Any], row: NewRow) -> bool:
    match, only = old.get("match"), old.get("only")
    matches = [match] if isinstance(match, str) else match
    subjects = [only] if isinstance(only, str) else only
    if not isinstance(matches, list) or not isinstance(subjects, list) or len(subjects) != 1:
        return False
    return set(map(str, matches)) == set(row.match) and _spec(str(subjects[0])) == _spec(row.only)


def _spec(text: str) -> tuple[str, str]:
    name, _, version = text.partition("==")
    return plain_name(name), version.strip()


def _reads_as(text: str, wanted: dict[str, Any] | None) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False
