"""Typed reading of foreign TOML and JSON: every fault is kept with its key, and told at once."""

import datetime as dt
import json
import tomllib
from collections.abc import Mapping
from typing import Any

from onward.core.errors import BadInput
from onward.core.names import Name, parse_name


class Tables:
    """Reads values out of parsed tables; a value of another type is a fault and reads as empty.

    ``path`` is the file's name for messages. Call ``finish`` at the end: it raises BadInput
    with every fault, if there were any.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.faults: list[str] = []
        self._names: dict[str, Name] = {}

    def table(self, value: object, where: str) -> dict[str, Any]:
        """Give a table; None reads as an empty one."""
        if value is None or isinstance(value, dict):
            return value or {}
        self.faults.append(f"{where}: a table is expected")
        return {}

    def list_of(self, value: object, where: str) -> list[Any]:
        """Give a list; None reads as an empty one."""
        if value is None or isinstance(value, list):
            return value or []
        self.faults.append(f"{where}: a list is expected")
        return []

    def texts(self, value: object, where: str) -> tuple[str, ...]:
        """Give a list of texts; every entry that is none is a fault."""
        found = self.list_of(value, where)
        self.faults += [
            f"{where}[{i}]: text is expected" for i, v in enumerate(found) if type(v) is not str
        ]
        return tuple(v for v in found if type(v) is str)

    def text(self, table: Mapping[str, Any], key: str, where: str) -> str:
        """Give the text under ``key``; a missing one reads as empty."""
        value = table.get(key, "")
        if isinstance(value, str):
            return value
        self.faults.append(f"{where}.{key}: text is expected")
        return ""

    def name(self, value: object, where: str) -> Name:
        """Give a normalised project name."""
        if isinstance(value, str):
            if value in self._names:
                return self._names[value]
            try:
                return self._names.setdefault(value, parse_name(value))
            except BadInput:
                pass
        self.faults.append(f"{where}: {value!r} is not a project name")
        return Name("")

    def finish(self, hint: str = "") -> None:
        """Raise BadInput (``bad-file``) with all faults, if there were any."""
        if self.faults:
            raise BadInput(
                "bad-file",
                f"`{self.path}` holds entries that cannot be right",
                context=tuple(f"{self.path}: {fault}" for fault in self.faults[:50]),
                hint=hint or None,
            )


def parse_toml(text: str, path: str, hint: str = "") -> dict[str, Any]:
    """Parse TOML; raises BadInput (``bad-toml``) with line and column."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(
            "bad-toml", f"`{path}` cannot be read", context=(f"{path}: {error}",), hint=hint or None
        ) from error


def parse_json(text: str, path: str, hint: str = "") -> dict[str, Any]:
    """Parse a JSON object; raises BadInput (``bad-json``) with line and column."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            "bad-json", f"`{path}` cannot be read", context=(f"{path}: {error}",), hint=hint or None
        ) from error
    if not isinstance(data, dict):
        raise BadInput(
            "bad-json", f"`{path}` cannot be read", context=(f"{path}: an object is expected",)
        )
    return data


def sha256_in(value: object) -> str | None:
    """Give the hex of ``sha256:...``; None for anything else (another algorithm proves less or the same)."""
    if isinstance(value, str) and value.startswith("sha256:"):
        return value[7:].lower()
    return None


def size_in(value: object) -> int | None:
    """Give a size in bytes, or None when it is no whole number from 0."""
    return value if type(value) is int and value >= 0 else None


def moment_in(value: object) -> dt.datetime | None:
    """Give an aware time (UTC where none is said); a time that cannot be read is unknown, never now."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, dt.datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
