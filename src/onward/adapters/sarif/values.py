"""Values of a JSON text whose shape nobody has checked: each is of the kind asked for, or an empty one."""

from collections.abc import Mapping

Table = Mapping[str, object]


def table(value: object) -> Table:
    """Give an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def within(value: object, *keys: str) -> Table:
    """Give the object at the end of a row of keys."""
    for key in keys:
        value = table(value).get(key)
    return table(value)


def tables(value: object) -> list[Table]:
    """Give the objects of an array; whatever else is in it becomes an empty one, so that places stay."""
    return [table(one) for one in value] if isinstance(value, list) else []


def text(value: object) -> str:
    """Give a text, or an empty one."""
    return value if isinstance(value, str) else ""


def number(value: object) -> int | None:
    """Give a whole number (a float that is one counts), or None."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def counted(value: object) -> int:
    """Give a number from 1, 0 when there is none."""
    return max(number(value) or 0, 0)


def at(entries: list[Table], index: object) -> Table:
    """Give the entry with that number, or an empty one."""
    place = number(index)
    return entries[place] if place is not None and 0 <= place < len(entries) else {}
