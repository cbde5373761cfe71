"""How old a Linux may be for a program: the newest glibc symbol it asks for, and who has that."""

from collections.abc import Iterable, Sequence

import msgspec

from onward.core.lines import lines_of


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """A release of a distribution, the glibc it came with, and the year it came out."""

    name: str
    release: str
    glibc: tuple[int, int]
    year: int


def read_distributions(text: str) -> tuple[Distribution, ...]:
    """Read ``data/glibc.tsv``: name, release, glibc, year; ``#`` begins a comment."""
    rows = [line.split("\t") for line in lines_of(text) if line and not line.startswith("#")]
    return tuple(
        Distribution(name=name, release=release, glibc=_version(glibc), year=int(year))
        for name, release, glibc, year in rows
    )


def newest_glibc(versions: Iterable[str]) -> tuple[int, int]:
    """Give the newest glibc among symbol versions such as ``GLIBC_2.34``; (0, 0) where none is asked for."""
    found = (
        word.removeprefix("GLIBC_")
        for word in versions
        if word.startswith("GLIBC_") and word[6:7].isdigit()
    )
    return max(map(_version, found), default=(0, 0))


def oldest_of_each(
    glibc: tuple[int, int], known: Sequence[Distribution]
) -> tuple[Distribution, ...]:
    """Give the oldest release of each distribution that has at least that glibc."""
    oldest: dict[str, Distribution] = {}
    for one in known:
        if one.glibc >= glibc and (one.name not in oldest or one.year < oldest[one.name].year):
            oldest[one.name] = one
    return tuple(oldest.values())


def _version(word: str) -> tuple[int, int]:
    major, _, rest = word.partition(".")
    return int(major), int(rest.partition(".")[0] or 0)
