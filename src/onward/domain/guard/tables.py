"""The two tables onward is installed with: well known names in rank order, and starter advisories.

Both are searched as text: asking for one name must not cost the reading of 15,000.
"""

import datetime as dt
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Self, cast

from onward.core.errors import BadInput
from onward.core.names import Name, is_name, parse_name
from onward.domain.guard.advisories import Advisory, Range, canonical, hits

_DATE = re.compile(r"^# date: (\d{4}-\d\d-\d\d)$", re.MULTILINE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_COUNT = re.compile(r"^# packages: (\d+)$", re.MULTILINE)


class PopularTable:
    """The most downloaded projects; rank 1 is the most downloaded.

    ``text`` holds lines that start with ``#`` and say where it comes from, then one
    normalised name per line in rank order.
    """

    def __init__(self, text: str) -> None:
        head = _header(text)
        self._text = "\n" + text[head:].strip("\n") + "\n"
        self.date = _date(text[:head])

    @classmethod
    def of(cls, names: list[Name], date: dt.date = dt.date.min) -> Self:
        """Make a table of ``names`` in rank order."""
        return cls(f"# date: {date.isoformat()}\n" + "\n".join(names) + "\n")

    def __contains__(self, name: object) -> bool:
        return f"\n{name}\n" in self._text

    def __len__(self) -> int:
        return len(self.names)

    def rank(self, name: Name) -> int | None:
        """Give the place of ``name``, from 1; None when it is not in the table."""
        at = self._text.find(f"\n{name}\n")
        return None if at < 0 else self._text.count("\n", 0, at) + 1

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """All names in rank order."""
        return cast(tuple[Name, ...], tuple(self._text.split()))

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The rank of each name."""
        return dict(zip(self.names, range(1, len(self.names) + 1), strict=True))


class StarterTable:
    """Advisories of the most used projects, until ``onward guard update`` has fetched all.

    ``text`` holds lines that start with ``#``, then one line per advisory, sorted by name:
    name, id, aliases, versions hit, severity, day published, separated by tabs (see
    ``starter_line``).
    """

    def __init__(self, text: str) -> None:
        head = _header(text)
        self._text = "\n" + text[head:].strip("\n") + "\n"
        self.date = _date(text[:head])
        count = _COUNT.search(text, 0, head)
        self.packages = int(count.group(1)) if count else 0

    def about(self, name: Name) -> tuple[Advisory, ...]:
        """Give what the table knows of ``name``; raises BadInput (``bad-table``) for a broken line."""
        start = self._text.find(f"\n{name}\t")
        if start < 0:
            return ()
        # the table is sorted, so all lines of one name stand together
        end = self._text.find("\n", self._text.rfind(f"\n{name}\t") + 1)
        return tuple(map(_advisory, self._text[start + 1 : end].split("\n")))

    @property
    def digest(self) -> str:
        """A mark that changes when the table does: its date and length."""
        return f"{self.date.isoformat()}/{len(self._text)}"


def parse_popular(text: str) -> PopularTable:
    """Read a table of popular names and check every line; raises BadInput (``bad-table``)."""
    table = PopularTable(text)
    bad = [word for word in table.names if not is_name(word) or parse_name(word) != word]
    if bad or len(set(table.names)) != len(table.names):
        raise _bad(f"`{bad[0]}` is not a normalised name" if bad else "a name stands there twice")
    return table


def parse_starter(text: str) -> StarterTable:
    """Read a starter table and check every line; raises BadInput (``bad-table``)."""
    table = StarterTable(text)
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    found = [_advisory(line).name for line in lines]
    if found != sorted(found):
        raise _bad("its lines are not sorted by name")
    return table


def starter_line(advisory: Advisory) -> str:
    """Give the line for one advisory.

    Versions are written as ``>=1.0,<1.2`` (introduced, fixed), ``<=1.2`` (last affected),
    ``==1.0`` (listed, and in no range) and ``*`` (all), with ``|`` for "or".
    """
    spans = [_written(span) for span in advisory.ranges]
    inside = Advisory(id=advisory.id, name=advisory.name, ranges=advisory.ranges)
    listed = sorted(
        text for text in advisory.versions if not advisory.ranges or not hits(inside, text)
    )
    which = "|".join([*spans, *(f"=={text}" for text in listed)]) or "*"
    fields = [
        advisory.name,
        advisory.id,
        ",".join(advisory.aliases),
        which,
        advisory.severity,
        advisory.published.isoformat() if advisory.published else "",
    ]
    return "\t".join(fields)


def _written(span: Range) -> str:
    parts = [
        f"{sign}{bound}"
        for sign, bound in ((">=", span.introduced), ("<", span.fixed), ("<=", span.last_affected))
        if bound
    ]
    return ",".join(parts) or "*"


def _advisory(line: str) -> Advisory:
    fields = line.split("\t")
    if len(fields) != 6:
        raise _bad(f"`{line[:60]}` has {len(fields)} fields, not 6")
    name, identity, aliases, which, severity, published = fields
    words = tuple(filter(None, aliases.split(",")))
    if published and not _DAY.fullmatch(published):
        raise _bad(f"`{published}` is no day")
    spans = which.split("|")
    return Advisory(
        id=identity,
        name=Name(name),
        aliases=words,
        ranges=tuple(_range(text) for text in spans if not text.startswith("==")),
        versions=frozenset(canonical(text[2:]) for text in spans if text.startswith("==")),
        severity=severity,
        published=dt.date.fromisoformat(published) if published else None,
        malicious=any(word.startswith("MAL-") for word in (identity, *words)),
    )


def _range(text: str) -> Range:
    introduced = fixed = last = ""
    for part in text.split(",") if text != "*" else ():
        if part.startswith(">="):
            introduced = part[2:]
        elif part.startswith("<="):
            last = part[2:]
        elif part.startswith("<"):
            fixed = part[1:]
        else:
            raise _bad(f"`{part}` is no bound")
    return Range(introduced=introduced, fixed=fixed, last_affected=last)


def _header(text: str) -> int:
    """Give where the lines that start with ``#`` end."""
    at = 0
    while text.startswith("#", at):
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        at = end + 1
    return at


def _date(head: str) -> dt.date:
    found = _DATE.search(head)
    if not found:
        raise _bad("it does not say its date")
    return dt.date.fromisoformat(found.group(1))


def _bad(why: str) -> BadInput:
    return BadInput(
        "bad-table",
        "cannot read a table that onward is installed with",
        context=(why,),
        hint="Install onward again; if you maintain it, run `scripts/refresh-tables`.",
    )
