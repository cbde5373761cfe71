"""The pipeline: read, check, summarise, write. Each step is a function of its own."""

import csv
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

COLUMNS = ("station", "day", "celsius")


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One row that can be used."""

    station: str
    day: dt.date
    celsius: float


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many rows were read, and how many of them could not be used."""

    read: int
    left_out: int

    def __str__(self) -> str:
        """Say it in words: rows that are left out are never left out silently."""
        return f"{self.read} rows read, {self.left_out} left out"


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Give the rows of a CSV file in UTF-8; raises ValueError when a column is missing."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path} has no column {', '.join(missing)}")
        yield from reader


def parse(row: dict[str, str]) -> Measurement | None:
    """Give the row as a measurement, or None when a value is missing or makes no sense."""
    try:
        day, celsius = dt.date.fromisoformat(row["day"]), float(row["celsius"])
    except (TypeError, ValueError):
        return None
    if not row["station"] or not math.isfinite(celsius):
        return None
    return Measurement(station=row["station"], day=day, celsius=celsius)


def summarise(measurements: Iterable[Measurement]) -> dict[str, float]:
    """Give the mean temperature of each station in degrees Celsius, stations in order."""
    values: dict[str, list[float]] = defaultdict(list)
    for measurement in measurements:
        values[measurement.station].append(measurement.celsius)
    return {station: fmean(values[station]) for station in sorted(values)}


def _write_summary(path: Path, means: dict[str, float]) -> None:
    """Write one row for each station, making the folder when it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["station", "mean_celsius"])
        writer.writerows([station, f"{mean:.2f}"] for station, mean in means.items())


def run(source: Path, target: Path) -> Counts:
    """Do all steps from the file ``source`` to the file ``target``."""
    parsed = [parse(row) for row in read_rows(source)]
    good = [measurement for measurement in parsed if measurement is not None]
    _write_summary(target, summarise(good))
    return Counts(read=len(parsed), left_out=len(parsed) - len(good))
