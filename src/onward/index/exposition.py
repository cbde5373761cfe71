"""Figures in the text format of Prometheus (version 0.0.4)."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a figure; ``suffix`` stands behind its name (``_sum`` and ``_count`` of a summary)."""

    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: its name, what it says, its kind, its values."""

    name: str
    words: str
    kind: Literal["counter", "gauge", "summary"]
    samples: tuple[Sample, ...]


def write_figures(figures: Iterable[Figure]) -> bytes:
    """Give the figures as text; one without values is left out."""
    lines: list[str] = []
    for figure in figures:
        if not figure.samples:
            continue
        words = figure.words.replace("\\", "\\\\").replace("\n", "\\n")
        lines += (f"# HELP {figure.name} {words}", f"# TYPE {figure.name} {figure.kind}")
        lines += (_line(figure.name, sample) for sample in figure.samples)
    return "".join(f"{line}\n" for line in lines).encode()


def _line(name: str, sample: Sample) -> str:
    labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in sample.labels.items())
    value = f"{sample.value:.17g}"
    return f"{name}{sample.suffix}{f'{{{labels}}}' if labels else ''} {value}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
