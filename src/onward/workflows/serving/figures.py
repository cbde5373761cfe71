"""The figures of a running server, for Prometheus. Labels are of a fixed few words, never a project's name."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from onward.index.exposition import Figure, Sample
from onward.workflows.serving.build import Parts

_STATM = Path("/proc/self/statm")


def figures(parts: Parts) -> Iterator[Figure]:
    """Give all figures as they are now."""
    yield from _answers(parts)
    yield from _pages(parts)
    yield from _upstreams(parts)
    yield from _process(parts)


def _answers(parts: Parts) -> Iterator[Figure]:
    traffic = parts.traffic
    counts = sorted(traffic.counts.items())
    yield Figure(
        name="onward_requests_total",
        words="Requests by route and status.",
        kind="counter",
        samples=tuple(
            Sample(value=count.answers, labels={"route": route, "status": str(status)})
            for (route, status), count in counts
        ),
    )
    routes = sorted({route for (route, _), _ in counts})
    told = {route: [c for (r, _), c in counts if r == route] for route in routes}
    yield Figure(
        name="onward_request_seconds",
        words="Seconds from the request to the last byte handed to the system, by route.",
        kind="summary",
        samples=tuple(
            Sample(value=value, labels={"route": route}, suffix=suffix)
            for route, of in told.items()
            for suffix, value in (
                ("_sum", sum(c.seconds for c in of)),
                ("_count", sum(c.answers for c in of)),
            )
        ),
    )
    yield Figure(
        name="onward_sent_bytes_total",
        words="Bytes of bodies sent, by route.",
        kind="counter",
        samples=tuple(
            Sample(value=sum(c.sent for c in of), labels={"route": route})
            for route, of in told.items()
        ),
    )
    yield _one("onward_running_requests", "Answers that are being given now.", traffic.running)
    yield _one("onward_broken_answers_total", "Answers that broke off.", traffic.broken, total=True)
    yield Figure(
        name="onward_held_back_total",
        words="Files refused by the policy, by the first rule.",
        kind="counter",
        samples=tuple(
            Sample(value=count, labels={"rule": rule})
            for rule, count in sorted(traffic.held.items())
        ),
    )


def _pages(parts: Parts) -> Iterator[Figure]:
    hits, misses = parts.pages.hits, parts.pages.misses
    yield Figure(
        name="onward_pages_total",
        words="Pages given from memory (hit), or looked for on disk and upstream (miss).",
        kind="counter",
        samples=(
            Sample(value=hits, labels={"from": "hit"}),
            Sample(value=misses, labels={"from": "miss"}),
        ),
    )
    yield _one(
        "onward_downloads_running", "Files on their way from an upstream.", parts.files.coming
    )
    age = (parts.clock().date() - parts.judge.advice.date).days
    yield _one("onward_feed_age_days", "Age of the advisory data.", age)
    starter = int(parts.judge.advice.is_starter)
    yield _one("onward_feed_starter", "1 while only the starter table answers.", starter)
    trouble = int(parts.judge.trouble is not None)
    yield _one("onward_policy_unusable", "1 while the policy file cannot be used.", trouble)


def _upstreams(parts: Parts) -> Iterator[Figure]:
    counts = sorted(parts.asking.counts().items())
    yield Figure(
        name="onward_upstream_seconds",
        words="Requests to upstreams and the seconds they took, by outcome.",
        kind="summary",
        samples=tuple(
            Sample(value=value, labels={"outcome": outcome}, suffix=suffix)
            for outcome, (count, seconds) in counts
            for suffix, value in (("_sum", seconds), ("_count", float(count)))
        ),
    )


def _process(parts: Parts) -> Iterator[Figure]:
    yield _one("process_cpu_seconds_total", "CPU seconds.", time.process_time(), total=True)
    started = parts.started.timestamp()
    yield _one("process_start_time_seconds", "When it started, in seconds since 1970.", started)
    memory = _memory()
    if memory is not None:
        yield _one("process_resident_memory_bytes", "Resident memory.", memory)


def _memory() -> int | None:
    """Give the resident memory in bytes; None where the system does not tell it so (only Linux does)."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _one(name: str, words: str, value: float, *, total: bool = False) -> Figure:
    samples = (Sample(value=value),)
    return Figure(name=name, words=words, kind="counter" if total else "gauge", samples=samples)
