"""Ratios, targets and words of the bench harness; no time is asserted."""

import os
import sys
from pathlib import Path

import pytest

from bench import harness
from bench.harness import Measured, Outcome, Sample, Subject, Target
from scripts import bench

unix_only = pytest.mark.skipif(not hasattr(os, "wait4"), reason="measuring needs wait4")


def taken(name: str, *cpu: float) -> Measured:
    return Measured(name=name, samples=tuple(Sample(cpu=each, wall=each) for each in cpu))


def test_a_target_is_judged_by_medians() -> None:
    measured = [taken("base", 10, 11, 90), taken("ours", 20, 22, 24)]
    met, missed = harness.judge(
        measured,
        [
            Target(subject="ours", base="base", most=2.0),
            Target(subject="ours", base="base", most=1.9),
        ],
    )

    assert (met.ratio, met.met, missed.met) == (2.0, True, False)
    assert harness.sentence(missed) == "target: ours <= 1.9 x base: 2 MISS"


def test_what_could_not_be_measured_is_not_a_pass() -> None:
    measured = [taken("base", 10), Measured(name="ours", skipped="it is not there")]
    [outcome] = harness.judge(measured, [Target(subject="ours", base="base", most=2.0)])

    assert outcome == Outcome(target=outcome.target, ratio=None)
    assert not outcome.met
    assert harness.sentence(outcome).endswith("NOT MEASURED")
    assert "NOT MEASURED: it is not there" in harness.table("t", measured, base="base", rounds=1)


@unix_only
def test_rounds_are_interleaved_and_prepared(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def subject(name: str) -> Subject:
        code = f"open({str(log)!r}, 'a').write({name!r})"
        return Subject(
            name=name,
            argv=(sys.executable, "-c", code),
            prepare=lambda: log.open("a").close(),
        )

    measured = harness.measure([subject("a"), subject("b")], rounds=2)

    assert log.read_text(encoding="utf-8") == "ababab"
    assert [len(one.samples) for one in measured] == [2, 2]


@unix_only
def test_a_command_that_fails_is_skipped_with_its_words() -> None:
    fails = (sys.executable, "-c", "import sys; sys.exit('no such thing')")
    measured = harness.measure(
        [
            Subject(name="fails", argv=fails),
            Subject(name="gone", argv=("/nonexistent/program",)),
            Subject(name="missing", missing="not installed"),
        ],
        rounds=1,
    )

    assert [one.skipped for one in measured] == [
        "exit code 1: no such thing",
        "cannot start: No such file or directory",
        "not installed",
    ]


@unix_only
def test_cpu_of_children_counts() -> None:
    burn = "sum(i * i for i in range(3_000_000))"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{burn}'])"
    [alone, nested] = harness.measure(
        [
            Subject(name="nothing", argv=(sys.executable, "-c", "pass")),
            Subject(name="child", argv=(sys.executable, "-c", outer)),
        ],
        rounds=1,
    )

    assert nested.cpu > alone.cpu


def test_the_benches_are_listed_with_what_they_measure() -> None:
    listed = bench.benches()

    assert {"startup", "run-sync", "add"} <= set(listed)
    assert not {"harness", "peers", "mirror", "workplace"} & set(listed)
    assert all(listed.values())
