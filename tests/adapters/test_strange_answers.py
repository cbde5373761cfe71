"""Whatever a tool leaves behind is read without an accident, and never taken for clean when it is not."""

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onward.adapters.answers import Head, written
from onward.core.finding import Certainty, Finding, Place
from onward.core.tool import FAILED
from tests.adapters.contract import Sample
from tests.adapters.samples import SAMPLES

_CODES = st.sampled_from([-11, -9, 0, 1, 2, 3, 4, 11, 14, 30, 32, 64, 77, 78, 101, 255])
_KNOWN = {
    "ruff format": {0, 1, 2},
    "pylint": set(range(32)),
    "vulture": {0, 1, 3},
    "typos": {0, 2},
    "zizmor": {0, 10, 11, 12, 13, 14},
    "griffe": {0},
}


def _cut(out: bytes, at: float) -> bytes:
    return out[: int(len(out) * at)]


def _turned(out: bytes, at: float) -> bytes:
    lines = out.splitlines(keepends=True)
    random.Random(at).shuffle(lines)
    return b"".join(lines)


def _foreign(out: bytes, at: float) -> bytes:
    place = int(len(out) * at)
    return out[:place] + b"\n\xff\x00 warning: \x1b[31mnot of this tool\n" + out[place:]


def _without_a_line(out: bytes, at: float) -> bytes:
    lines = out.splitlines(keepends=True)
    return b"".join(line for number, line in enumerate(lines) if number != int(len(lines) * at))


def _with_an_odd_byte(out: bytes, at: float) -> bytes:
    place = int(len(out) * at)
    return out[:place] + b"\xff" + out[place + 1 :]


def _with_a_huge_number(out: bytes, at: float) -> bytes:
    return _with_a_number(out, at, b"9" * 30)


def _with_a_negative_number(out: bytes, at: float) -> bytes:
    return _with_a_number(out, at, b"-7")


def _with_a_number(out: bytes, at: float, number: bytes) -> bytes:
    place = int(len(out) * at)
    return out[:place] + re.sub(rb"\d+", number, out[place:], count=1)


_CHANGES = (
    _cut, _turned, _foreign, _without_a_line, _with_an_odd_byte, _with_a_huge_number, _with_a_negative_number,
)  # fmt: skip


def _left(sample: Sample, code: int, answer: bytes, beside: bytes) -> tuple[int, bytes, bytes]:
    """Put an answer where the tool puts it: pydoclint tells all on standard error."""
    told_beside = not sample.with_findings[1]
    return (code, beside, answer) if told_beside else (code, answer, beside)


def _read(sample: Sample, left: tuple[int, bytes, bytes]) -> list[Finding]:
    """Read an answer and keep it, as a check does."""
    answer = written(Head(seen_by="it"), sample.tool.read(sample.ran(left)))
    return [finding for path in answer.paths() for finding in answer.findings(path)]


@pytest.mark.parametrize("name", SAMPLES)
@given(
    change=st.sampled_from(_CHANGES),
    at=st.floats(0, 0.999),
    code=_CODES,
    beside=st.binary(max_size=60),
)
@settings(max_examples=80)
def test_a_damaged_answer_is_a_failure_or_has_findings(
    name: str, change: Callable[[bytes, float], bytes], at: float, code: int, beside: bytes
) -> None:
    sample = SAMPLES[name]
    _, out, err = sample.with_findings
    answer = change(out or err, at)

    found = _read(sample, _left(sample, code, answer, beside))

    if code != 0 or answer.strip():
        assert found, "an answer that is not empty, or a code that is not 0, is not clean"
    if code not in _KNOWN.get(sample.tool.name, {0, 1}):
        failures = [finding for finding in found if finding.rule == FAILED]
        assert failures
        assert failures[0].certainty is Certainty.unknown
    for place in (finding.subject for finding in found if isinstance(finding.subject, Place)):
        assert min(place.line, place.column, place.end_line, place.end_column) >= 0
        assert max(place.line, place.column, place.end_line, place.end_column) < 2**31


@pytest.mark.parametrize("name", SAMPLES)
@given(answer=st.binary(min_size=1, max_size=200), code=_CODES)
@example(answer=b"[" * 100_000, code=0)
@example(answer=b'{"a": "\xff"}', code=0)
@settings(max_examples=60)
def test_bytes_that_mean_nothing_are_a_failure(name: str, answer: bytes, code: int) -> None:
    sample = SAMPLES[name]
    found = _read(sample, _left(sample, code, answer, b""))
    if answer.strip() or code:
        assert FAILED in {finding.rule for finding in found}
