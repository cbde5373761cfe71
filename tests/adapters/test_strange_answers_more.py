"""Whatever the tools for more than code leave behind is read without an accident, and never taken for clean when it is not."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.core.finding import Certainty
from onward.core.tool import FAILED
from tests.adapters.contract import Sample
from tests.adapters.samples_more import MORE_SAMPLES

_CODES = st.sampled_from([-11, -9, 0, 1, 2, 3, 4, 11, 14, 32, 64, 77, 78, 101, 255])
_KNOWN = {
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


def _left(sample: Sample, code: int, answer: bytes, beside: bytes) -> tuple[int, bytes, bytes]:
    """Put an answer where the tool puts it: pydoclint tells all on standard error."""
    told_beside = not sample.with_findings[1]
    return (code, beside, answer) if told_beside else (code, answer, beside)


@pytest.mark.parametrize("name", MORE_SAMPLES)
@given(
    change=st.sampled_from([_cut, _turned, _foreign, _without_a_line]),
    at=st.floats(0, 0.999),
    code=_CODES,
    beside=st.binary(max_size=60),
)
@settings(max_examples=60)
def test_a_damaged_answer_is_a_failure_or_has_findings(
    name: str, change: Callable[[bytes, float], bytes], at: float, code: int, beside: bytes
) -> None:
    sample = MORE_SAMPLES[name]
    _, out, err = sample.with_findings
    answer = change(out or err, at)

    found = list(sample.tool.read(sample.ran(_left(sample, code, answer, beside))))

    if code != 0 or answer.strip():
        assert found, "an answer that is not empty, or a code that is not 0, is not clean"
    if code not in _KNOWN.get(name, {0, 1}):
        failures = [finding for finding in found if finding.rule == FAILED]
        assert failures
        assert failures[0].certainty is Certainty.unknown


@pytest.mark.parametrize("name", MORE_SAMPLES)
@given(answer=st.binary(min_size=1, max_size=200), code=_CODES)
@settings(max_examples=60)
def test_bytes_that_mean_nothing_are_a_failure(name: str, answer: bytes, code: int) -> None:
    sample = MORE_SAMPLES[name]
    found = list(sample.tool.read(sample.ran(_left(sample, code, answer, b""))))
    if answer.strip() or code:
        assert FAILED in {finding.rule for finding in found}
