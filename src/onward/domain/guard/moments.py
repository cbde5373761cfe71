"""Moments and spans in words, and sums of them that the odd times of odd indexes cannot break."""

import datetime as dt

_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


def after(time: dt.datetime, span: dt.timedelta) -> dt.datetime:
    """Give the moment ``span`` after an aware ``time``; the ends of the calendar stay where they are."""
    try:
        return time.astimezone(dt.UTC) + span
    except OverflowError:
        return _NEVER if time.year > 1 else time


def before(time: dt.datetime, span: dt.timedelta) -> dt.datetime:
    """Give the moment ``span`` before an aware ``time``, or the first of the calendar."""
    try:
        return time.astimezone(dt.UTC) - span
    except OverflowError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def span_in_words(length: dt.timedelta) -> str:
    """Give a span as people say it: ``3 days``, ``36 hours``."""
    hours = length.total_seconds() / 3600
    if hours % 24 == 0:
        days = int(hours // 24)
        return f"{days} day{'s' if days != 1 else ''}"
    return f"{hours:g} hours"


def iso(time: dt.datetime) -> str:
    """Give an aware time in UTC as ISO 8601, to the second."""
    return _in_utc(time).isoformat(timespec="seconds")


def minute(time: dt.datetime) -> str:
    """Give an aware time in UTC for people, to the minute."""
    return _in_utc(time).strftime("%Y-%m-%d %H:%M UTC")


def _in_utc(time: dt.datetime) -> dt.datetime:
    try:
        return time.astimezone(dt.UTC)
    except OverflowError:  # the last hours of the calendar, west of Greenwich
        return _NEVER
