"""Versions of Python: what ``requires-python`` allows, which pin fits, and until when each is kept up.

Dates: the table "Supported versions" of the Python developer's guide (devguide.python.org,
versions page; data of peps.python.org/api/release-cycle.json), read in 2026. A date that is
only a month there is taken as its last day.
"""

import datetime as dt
import re
from enum import StrEnum

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from onward.core.errors import BadInput
from onward.core.lines import lines_of

Minor = tuple[int, int]

END_OF_LIFE: dict[Minor, dt.date] = {
    (2, 7): dt.date(2020, 1, 1),
    (3, 6): dt.date(2021, 12, 23),
    (3, 7): dt.date(2023, 6, 27),
    (3, 8): dt.date(2024, 10, 7),
    (3, 9): dt.date(2025, 10, 31),
    (3, 10): dt.date(2026, 10, 31),
    (3, 11): dt.date(2027, 10, 31),
    (3, 12): dt.date(2028, 10, 31),
    (3, 13): dt.date(2029, 10, 31),
    (3, 14): dt.date(2030, 10, 31),
    (3, 15): dt.date(2031, 10, 31),
}
_NEAR = dt.timedelta(days=183)  # about six months: time to move calmly
_PIN = re.compile(r"(\d+)\.(\d+)(?:\.(\d+)((?:a|b|rc)\d+)?)?")
_REQUEST = re.compile(
    r"(?:(?:cpython|cp|python)[-@]?)?(\d+\.\d+(?:\.\d+(?:(?:a|b|rc)\d+)?)?)(?:-.*)?"
)
_NEWEST_MINOR = 30  # looked at when asking what a range allows


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """A version to work with: ``3.12`` (any patch release) or ``3.12.1`` (that one)."""

    text: str
    minor: Minor
    exact: bool

    def fits(self, version: str) -> bool:
        """Say whether a full version (``3.12.4``) is what this pin means."""
        if self.exact:
            return version == self.text
        return version == self.text or version.startswith(self.text + ".")

    def __str__(self) -> str:
        return self.text


class State(StrEnum):
    """How long a version of Python still gets security fixes."""

    supported = "supported"
    ending = "ending"
    ended = "ended"
    unknown = "unknown"


def parse_pin(text: str) -> Pin:
    """Read ``3.12`` or ``3.12.1`` (also ``3.15.0rc1``); raises BadInput (``bad-python-version``)."""
    found = _PIN.fullmatch(text.strip())
    if not found or int(found[1]) not in (2, 3):
        raise BadInput(
            "bad-python-version",
            f"`{text}` is not a version of Python that can be pinned",
            hint="Write a minor version (3.12) or an exact one (3.12.1).",
        )
    return Pin(
        text=text.strip(),
        minor=(int(found[1]), int(found[2])),
        exact=found[3] is not None,
    )


def read_pin(text: str) -> tuple[Pin | None, int]:
    """Give the pin in a ``.python-version`` file and its line from 1; (None, 0) when it names no plain version.

    As uv and pyenv read it: the first line that is no comment counts.
    """
    for number, line in enumerate(lines_of(text), start=1):
        word = line.partition("#")[0].strip()
        if word:
            found = _REQUEST.fullmatch(word)
            return (parse_pin(found[1]), number) if found else (None, number)
    return None, 0


def minor_of(version: str) -> Minor | None:
    """Give (major, minor) of a version text, or None when it has none."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else None


def allows(requires: str, pin: Pin) -> bool:
    """Say whether ``requires`` (``requires-python``, PEP 440; empty: anything) leaves room for ``pin``.

    A minor pin fits when some patch release of it does. Text that is no specifier set
    allows everything: that fault is not about the pin.
    """
    try:
        specifiers = SpecifierSet(requires)
    except InvalidSpecifier:
        return True
    candidates = [pin.text] if pin.exact else [f"{pin.text}.{micro}" for micro in range(60)]
    return any(specifiers.contains(one, prereleases=True) for one in candidates)


def widened(requires: str, pin: Pin) -> str:
    """Give ``requires`` changed as little as possible so that it allows ``pin``.

    Clauses that exclude the pin go; a lower bound becomes the pin's minor version, an
    upper bound the minor after it.
    """
    try:
        clauses = sorted(
            SpecifierSet(requires), key=lambda s: (not s.operator.startswith(">"), str(s))
        )
    except InvalidSpecifier:
        clauses = []
    fitting = [clause for clause in clauses if allows(str(clause), pin)]
    gone = [clause for clause in clauses if clause not in fitting]
    while fitting and not allows(",".join(map(str, fitting)), pin):
        gone.append(fitting.pop())  # each leaves room for the pin, all together do not
    major, minor = pin.minor
    lower = any(clause.operator in (">", ">=", "==", "~=", "===") for clause in gone)
    upper = any(clause.operator in ("<", "<=", "==", "~=", "===") for clause in gone)
    kept = [f">={major}.{minor}"] if lower else []
    kept += map(str, fitting)
    if upper:
        kept.append(f"<{major}.{minor + 1}")
    return ",".join(kept)


def end_of_life(version: str) -> dt.date | None:
    """Give the last day of security fixes for a version of CPython; None when the table does not say."""
    minor = minor_of(version)
    return END_OF_LIFE.get(minor) if minor else None


def state_of(version: str, today: dt.date) -> State:
    """Say how ``version`` stands on ``today``: ``ending`` within about six months of its end."""
    minor = minor_of(version)
    if minor is None:
        return State.unknown
    ends = END_OF_LIFE.get(minor)
    if ends is None:  # older than the table: long ended; newer: not known yet
        return State.ended if minor < min(END_OF_LIFE) or minor < (3, 6) else State.unknown
    if today > ends:
        return State.ended
    return State.ending if today > ends - _NEAR else State.supported


def sort_key(version: str) -> tuple[bool, Version]:
    """Give a key that sorts version texts; what is no version comes first."""
    try:
        return (True, Version(version))
    except InvalidVersion:
        return (False, Version("0"))
