"""The licences of what comes with a release, as a text for people: each name, what it states, and its own words."""

from collections.abc import Mapping, Sequence

import msgspec

UNKNOWN = "unknown"


class Licensed(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution: what it states of its licence (empty: nothing; None: nobody looked), and its licence files."""

    name: str
    version: str
    licence: str | None
    texts: Mapping[str, str] = {}


def unknown(rows: Sequence[Licensed]) -> tuple[str, ...]:
    """Give the names whose licence nobody knows."""
    return tuple(one.name for one in rows if not one.licence)


def render(title: str, rows: Sequence[Licensed]) -> bytes:
    """Give the list, sorted by name: a table first, then the texts."""
    rows = sorted(rows, key=lambda one: (one.name, one.version))
    wide = max((len(f"{one.name} {one.version}") for one in rows), default=0)
    lines = [f"Licences of what comes with {title}, as each states it itself.", ""]
    lines += [f"{f'{one.name} {one.version}':<{wide}}  {_said(one)}" for one in rows]
    for one in rows:
        for path, text in sorted(one.texts.items()):
            lines += ["", "-" * 78, f"{one.name} {one.version}: {path}", "", _plain(text)]
    return ("\n".join(lines) + "\n").encode()


def _said(one: Licensed) -> str:
    if one.licence is None:
        return f"{UNKNOWN} (not installed here)"
    return one.licence or f"{UNKNOWN} (it states none)"


def _plain(text: str) -> str:
    """Give a text of a stranger without what a terminal would act on."""
    lines = text.replace("\r\n", "\n").strip().split("\n")
    return "\n".join("".join(c for c in x if c.isprintable() or c == "\t").rstrip() for x in lines)
