"""Spans of time as people write them: ``3 days``, ``36 hours``, ``P2W``."""

import datetime as dt
import re

_WORDS = re.compile(r"(\d{1,5})\s*(minute|min|hour|h|day|d|week|w)s?", re.IGNORECASE)
_ISO = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?)?")
_MINUTES = {
    "minute": 1,
    "min": 1,
    "hour": 60,
    "h": 60,
    "day": 1440,
    "d": 1440,
    "week": 10080,
    "w": 10080,
}
_MOST = dt.timedelta(days=3660)


def parse_duration(text: str) -> dt.timedelta | None:
    """Give the span that ``text`` means, or None when it means none (or more than ten years).

    Takes a number with minutes, hours, days or weeks, the ISO 8601 forms of weeks, days,
    hours and minutes (``P3D``, ``PT36H``), and ``0``.
    """
    word = text.strip()
    if word == "0":
        return dt.timedelta()
    span: dt.timedelta | None = None
    if found := _WORDS.fullmatch(word):
        span = dt.timedelta(minutes=int(found[1]) * _MINUTES[found[2].lower()])
    elif (found := _ISO.fullmatch(word)) and not word.endswith(("P", "T")):
        weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
        span = dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    return span if span is not None and span <= _MOST else None


def say_duration(span: dt.timedelta) -> str:
    """Give a span in words, in the largest unit that fits evenly (``36 hours``, ``3 days``)."""
    minutes = int(span.total_seconds()) // 60
    if minutes == 0:
        return "0"
    for size, word in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            count = minutes // size
            return f"{count} {word}" + ("" if count == 1 else "s")
    raise AssertionError  # every number is a multiple of one
