"""Measure commands against each other: whole-process CPU, interleaved rounds, medians, ratios.

CPU is user plus system time of the process and of every child it waited for, from
``os.wait4``. Rounds go A, B, C, A, B, C, so that what the machine does meanwhile hits all
alike. What cannot be measured is said, never left out in silence.
"""

import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
CACHE = ROOT / ".cache"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A command to measure. ``prepare`` runs before each round and is not measured.

    ``missing`` says why it cannot be measured at all; then ``argv`` is not used.
    """

    name: str
    argv: tuple[str, ...] = ()
    cwd: Path = ROOT
    env: Mapping[str, str] = {}
    prepare: Callable[[], None] | None = None
    missing: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """``subject`` may take at most ``most`` times the CPU of ``base``."""

    subject: str
    base: str
    most: float


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One run: CPU and wall time in milliseconds."""

    cpu: float
    wall: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """All runs of one subject, or why there are none."""

    name: str
    samples: tuple[Sample, ...] = ()
    skipped: str = ""

    @property
    def cpu(self) -> float:
        """The median CPU time in milliseconds."""
        return statistics.median(sample.cpu for sample in self.samples)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A target and the ratio that was measured; None when it could not be."""

    target: Target
    ratio: float | None

    @property
    def met(self) -> bool:
        """Whether it was measured and is within the target."""
        return self.ratio is not None and self.ratio <= self.target.most


def run(
    title: str, subjects: Sequence[Subject], targets: Sequence[Target], *, rounds: int, base: str
) -> int:
    """Measure, print, write to bench/results; 0 when every target is met, 1 when not."""
    if not hasattr(os, "wait4"):
        sys.stdout.write(f"{title}: not supported on {sys.platform}, which has no wait4\n")
        return 1
    measured = measure(subjects, rounds=rounds)
    outcomes = judge(measured, targets)
    sys.stdout.write(table(title, measured, base=base, rounds=rounds))
    for outcome in outcomes:
        sys.stdout.write(sentence(outcome) + "\n")
    sys.stdout.write(f"written to {_write(title, measured, outcomes)}\n\n")
    return 0 if all(outcome.met for outcome in outcomes) else 1


def measure(subjects: Sequence[Subject], *, rounds: int) -> list[Measured]:
    """Run every subject once to warm up, then ``rounds`` times in turn."""
    skipped = {subject.name: subject.missing for subject in subjects if subject.missing}
    for subject in subjects:
        if subject.name not in skipped and (why := _attempt(subject)[1]):
            skipped[subject.name] = why
    samples: dict[str, list[Sample]] = {subject.name: [] for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            if subject.name in skipped:
                continue
            sample, why = _attempt(subject)
            if why:
                skipped[subject.name] = why
            else:
                samples[subject.name].append(sample)
    return [
        Measured(name=name, skipped=skipped[name])
        if name in skipped
        else Measured(name=name, samples=tuple(taken))
        for name, taken in samples.items()
    ]


def judge(measured: Sequence[Measured], targets: Sequence[Target]) -> list[Outcome]:
    """Compare what was measured with the targets."""
    found = {one.name: one for one in measured if not one.skipped}
    return [
        Outcome(
            target=target,
            ratio=found[target.subject].cpu / found[target.base].cpu
            if target.subject in found and target.base in found
            else None,
        )
        for target in targets
    ]


def table(title: str, measured: Sequence[Measured], *, base: str, rounds: int) -> str:
    """Give the results as text."""
    reference = next((one.cpu for one in measured if one.name == base and not one.skipped), None)
    width = max(len(one.name) for one in measured) + 2
    lines = [
        f"{title}: {rounds} rounds in turn; CPU is user + system of the whole process tree; medians",
        f"{'':<{width}}{'CPU ms':>9}{'lowest':>9}{'highest':>9}{'wall ms':>9}   x {base}",
    ]
    for one in measured:
        if one.skipped:
            lines.append(f"{one.name:<{width}}NOT MEASURED: {one.skipped}")
            continue
        cpu = sorted(sample.cpu for sample in one.samples)
        wall = statistics.median(sample.wall for sample in one.samples)
        ratio = f"{one.cpu / reference:8.2f}" if reference else "       ?"
        lines.append(
            f"{one.name:<{width}}{one.cpu:9.1f}{cpu[0]:9.1f}{cpu[-1]:9.1f}{wall:9.1f}   {ratio}"
        )
    return "\n".join(lines) + "\n"


def sentence(outcome: Outcome) -> str:
    """Say a target and what came of it."""
    target = outcome.target
    words = f"target: {target.subject} <= {target.most:g} x {target.base}"
    if outcome.ratio is None:
        return f"{words}: NOT MEASURED"
    return f"{words}: {outcome.ratio:.3g} {'pass' if outcome.met else 'MISS'}"


def _attempt(subject: Subject) -> tuple[Sample, str]:
    if subject.prepare is not None:
        try:
            subject.prepare()
        except (OSError, subprocess.SubprocessError) as error:
            return Sample(cpu=0, wall=0), f"could not be prepared: {_last_line(error)}"
    with tempfile.TemporaryFile() as output:
        try:
            code, sample = _timed(subject, output)
        except OSError as error:
            return Sample(cpu=0, wall=0), f"cannot start: {error.strerror}"
        if code == 0:
            return sample, ""
        output.seek(0)
        lines = output.read().decode("utf-8", "replace").strip().splitlines()
        return sample, f"exit code {code}: {lines[0][:160] if lines else 'no output'}"


def _timed(subject: Subject, output: IO[bytes]) -> tuple[int, Sample]:
    started = time.perf_counter()
    child = subprocess.Popen(
        subject.argv,
        cwd=subject.cwd,
        env=dict(subject.env) or None,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    # wait4 tells of this very child and its descendants; RUSAGE_CHILDREN would add all others.
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return child.returncode, Sample(cpu=cpu * 1000, wall=wall * 1000)


def _last_line(error: Exception) -> str:
    said = getattr(error, "stderr", None) or str(error)
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return words.strip().splitlines()[-1][:160] if words.strip() else type(error).__name__


def _write(title: str, measured: Sequence[Measured], outcomes: Sequence[Outcome]) -> Path:
    now = dt.datetime.now(dt.UTC)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{title.replace(',', '').replace(' ', '-')}-{now:%Y%m%dT%H%M%S}.json"
    told = {
        "title": title,
        "when": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "measured": msgspec.to_builtins(measured),
        "targets": msgspec.to_builtins(outcomes),
    }
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return path.relative_to(ROOT)
