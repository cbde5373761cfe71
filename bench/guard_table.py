"""The table that the bench of the guard ends with: a measure for each row, a server for each column."""

import datetime as dt
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from bench.harness import RESULTS, ROOT


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One measure: a figure for each server that has one.

    ``most`` is what onward's may be: so many times that of ``base``, or of the unit itself
    where there is no base. ``notes`` are what a reader must know to read it.
    """

    what: str
    unit: str
    figures: Mapping[str, float]
    most: float
    base: str = ""
    notes: tuple[str, ...] = ()

    @property
    def reached(self) -> float | None:
        """What is compared with ``most``; None when it was not measured."""
        own, base = self.figures.get("onward"), self.figures.get(self.base)
        if own is None or not self.base:
            return own
        return own / base if base else None

    @property
    def met(self) -> bool:
        """Whether it was measured and is within the target."""
        return self.reached is not None and self.reached <= self.most


COLUMNS = (
    "onward",
    "direct",
    "nginx",
    "devpi-server",
    "pypiserver",
    "proxpi",
    "simple-repository-server",
)
_SHORT = {"devpi-server": "devpi", "simple-repository-server": "simple-rep."}


def told(rows: Sequence[Row], skipped: Mapping[str, str], conditions: str) -> str:
    """Give the table as text, with what could not be measured and why."""
    width = max(len(row.what) for row in rows) + 2
    head = "".join(f"{_SHORT.get(name, name):>12}" for name in COLUMNS)
    lines = [f"{'':<{width}}{head}  target"]
    for row in rows:
        cells = "".join(f"{_figure(row.figures.get(name), row.unit):>12}" for name in COLUMNS)
        base = f" x {row.base}" if row.base else f" {row.unit}"
        reached = "NOT MEASURED" if row.reached is None else f"{row.reached:.2f}"
        verdict = "pass" if row.met else "MISS"
        lines.append(f"{row.what:<{width}}{cells}  <= {row.most:g}{base}: {reached} {verdict}")
    lines += [f"  {row.what}: {note}" for row in rows for note in row.notes]
    lines += [f"NOT MEASURED: {name}: {why}" for name, why in skipped.items()]
    return "\n".join([*lines, conditions]) + "\n"


def write(rows: Sequence[Row], skipped: Mapping[str, str]) -> Path:
    """Keep the figures in bench/results; gives where."""
    now = dt.datetime.now(dt.UTC)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"guard-{now:%Y%m%dT%H%M%S}.json"
    kept = {
        "title": "guard",
        "when": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "rows": msgspec.to_builtins(rows),
        "met": [row.met for row in rows],
        "skipped": dict(skipped),
    }
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return path.relative_to(ROOT)


def say(words: str) -> None:
    """Tell how far the bench is."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"
