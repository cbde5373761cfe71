"""Whatever a tool leaves behind is read without an accident, and never taken for clean when it is not."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.core.finding import Certainty
from onward.core.tool import FAILED
from tests.adapters.samples_types import TYPES_SAMPLES

_CODES = st.sampled_from([-11, -9, 0, 1, 2, 3, 4, 30, 32, 77, 101, 255])
_KNOWN = {"flake8": range(2), "pylint": range(32)}


def _cut(out: bytes, at: float) -> bytes:
    return out[: int(len(out) * at)]


def _turned(out: bytes, at: float) -> bytes:
    lines = out.splitlines(keepends=True)
    random.Random(at).shuffle(lines)
    return b"".join(lines)


def _foreign(out: bytes, at: float) -> bytes:
    place = int(len(out) * at)
    return out[:place] + b"\n\xff\x00 warning: \x1b[31mnot of this tool\n" + out[place:]


def _halved(out: bytes, at: float) -> bytes:
    lines = out.splitlines(keepends=True)
    return b"".join(line for number, line in enumerate(lines) if number != int(len(lines) * at))


@pytest.mark.parametrize("name", TYPES_SAMPLES)
@given(
    change=st.sampled_from([_cut, _turned, _foreign, _halved]),
    at=st.floats(0, 0.999),
    code=_CODES,
    err=st.binary(max_size=60),
)
@settings(max_examples=60)
def test_a_damaged_answer_is_a_failure_or_has_findings(
    name: str, change: Callable[[bytes, float], bytes], at: float, code: int, err: bytes
) -> None:
    sample = TYPES_SAMPLES[name]
    out = change(sample.with_findings[1], at)
    found = list(sample.tool.read(sample.ran((code, out, err))))
    if code != 0 or out.strip():
        assert found, "an answer that is not empty, or a code that is not 0, is not clean"
    if code not in _KNOWN.get(sample.tool.name, range(2)):
        failures = [finding for finding in found if finding.rule == FAILED]
        assert failures
        assert failures[0].certainty is Certainty.unknown


@pytest.mark.parametrize("name", TYPES_SAMPLES)
@given(out=st.binary(min_size=1, max_size=200), code=_CODES)
@settings(max_examples=60)
def test_bytes_that_mean_nothing_are_a_failure(name: str, out: bytes, code: int) -> None:
    sample = TYPES_SAMPLES[name]
    found = list(sample.tool.read(sample.ran((code, out, b""))))
    if out.strip() or code:
        assert FAILED in {finding.rule for finding in found}
