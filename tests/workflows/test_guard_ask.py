"""What counts as an onward that answers."""

import pytest

from onward.core.net import Net
from onward.domain.guard.ways import parse_guarded
from onward.workflows.guard_ask import silence
from tests.index.odd_upstream import odd_upstream


@pytest.mark.parametrize(
    ("body", "is_onward"),
    [
        (b'{"status":"ok","product":"onward"}', True),
        (b'{"status":"ok"}', False),
        (b'{"status":"ok","product":"another"}', False),
        (b"[]", False),
        (b"<html>", False),
    ],
)
def test_only_an_onward_is_taken_for_one(body: bytes, is_onward: bool) -> None:
    with odd_upstream() as other:
        other.give("/health", body, "application/json")
        why = silence(parse_guarded(other.url), Net({}, attempts=1))
    assert (why == "") is is_onward
    assert is_onward or "is no onward" in why
