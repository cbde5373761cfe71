"""What a program that runs for long tells of itself: one event, one line, as text or as JSON.

Much of what an event holds comes from outside, so nothing in a line breaks it, nothing moves
a terminal's cursor, and addresses have no login.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from onward.core.redact import redact

_LONGEST = 4_000  # letters of one value
_PLAIN = re.compile(r"[A-Za-z0-9._:/@+,*~%?&#\[\]-]+")

Fact = str | int | float | bool | None


class Weight(StrEnum):
    """How much an event matters to whoever runs the program."""

    info = "info"
    warning = "warning"
    error = "error"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened: ``kind`` is a stable kebab-case word, ``facts`` what to know of it, flat."""

    kind: str
    weight: Weight = Weight.info
    facts: Mapping[str, Fact] = {}


Listener = Callable[[Event], None]
"""Is told of events, from any thread; raises nothing."""


def unheard(_event: Event) -> None:
    """Listen to nothing."""


def json_line(event: Event, at: dt.datetime) -> str:
    """Give the event of the moment ``at`` (aware) as one JSON object in ASCII, without a line break."""
    head = {"at": _iso(at), "weight": event.weight.value, "event": event.kind}
    return json.dumps(head | {key: _safe(value) for key, value in event.facts.items()})


def text_line(event: Event, at: dt.datetime) -> str:
    """Give the event of the moment ``at`` (aware) as ``TIME WEIGHT EVENT key=value ...``, without a line break.

    A value that holds anything but plain letters is written as a JSON string.
    """
    words = [_iso(at), event.weight.value, event.kind]
    for key, value in event.facts.items():
        safe = _safe(value)
        plain = not isinstance(safe, str) or _PLAIN.fullmatch(safe)
        words.append(f"{key}={safe if plain else json.dumps(safe)}")
    return " ".join(words)


def _safe(value: Fact) -> Fact:
    if not isinstance(value, str):
        return value
    return redact(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}...")


def _iso(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
