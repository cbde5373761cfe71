"""The examples are true: the bad one is found by onward itself, the good one is not."""

import datetime as dt
from pathlib import Path

import pytest

from onward.domain.policy.catalogue import RULES
from onward.domain.policy.examples import EXAMPLES
from onward.workflows.checking.suppressed import Suppressions


def test_examples_are_of_rules_that_there_are() -> None:
    assert set(EXAMPLES) <= set(RULES)


@pytest.mark.parametrize("rule", ["no-reason", "blanket", "expired", "bad-until"])
def test_the_bad_one_is_found_and_the_good_one_is_not(rule: str, tmp_path: Path) -> None:
    example = EXAMPLES[f"suppression/{rule}"]
    found = []
    for text in (example.bad, example.good):
        (tmp_path / "a.py").write_text(f"{text}\n", encoding="utf-8")
        looked = Suppressions(dt.date(2026, 6, 1)).look(tmp_path, ("a.py",))
        found.append(f"suppression/{rule}" in [one.rule for one in looked])
    assert found == [True, False]
