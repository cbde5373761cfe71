"""Each refactoring finds what it is for, says whether that is safe, and leaves everything else alone."""

import ast
import re

import pytest

from onward.adapters.refactor.refactor import find, mend
from onward.domain.policy.rules_refactor import OWN, REFACTORINGS
from tests.adapters.refactor.samples import MATCH, MISS, Sample


def test_every_rule_has_samples_of_both_kinds() -> None:
    assert {sample.name for sample in MATCH} == OWN
    assert set(MISS) == OWN


@pytest.mark.parametrize("rule", REFACTORINGS, ids=lambda rule: rule.name)
def test_the_example_in_the_words_is_what_happens(rule: object) -> None:
    name, bad, good = (getattr(rule, key) for key in ("name", "bad", "good"))
    assert mend(bad, frozenset({name}), unsafe=True) == good


@pytest.mark.parametrize(
    "sample", MATCH, ids=lambda sample: f"{sample.name}:{sample.before[-30:]!r}"
)
def test_what_must_be_found_is_found_and_mended(sample: Sample) -> None:
    names = frozenset({sample.name})
    found = find(sample.before, names)
    assert found is not None
    if sample.before != sample.after:
        assert [one.name for one in found]
        assert all(one.safe is sample.safe for one in found)
        assert mend(sample.before, names, unsafe=False) == (
            sample.after if sample.safe else sample.before
        )
    assert mend(sample.before, names, unsafe=True) == sample.after
    assert find(sample.after, names) == []
    ast.parse(sample.after)


@pytest.mark.parametrize(
    ("name", "code"), [(name, code) for name, codes in MISS.items() for code in codes]
)
def test_what_must_be_left_alone_is_left_alone(name: str, code: str) -> None:
    assert find(code, frozenset({name})) == []
    assert mend(code, frozenset({name}), unsafe=True) == code


def test_line_ends_tabs_and_what_stands_around_stay() -> None:
    code = "def f(a):\r\n\tx = []  \r\n\r\n\tx.append(a)\r\n\ty = ( 1,2 )\r\n\treturn x if not a else y\r\n"
    assert mend(code, OWN) == (
        "def f(a):\r\n\tx = [a]  \r\n\ty = ( 1,2 )\r\n\treturn y if a else x\r\n"
    )


def test_places_are_counted_in_characters_from_one() -> None:
    (found,) = find("é = 'ß', (a if not b else c)\n", frozenset({"swap-if-expression"})) or []
    assert (found.line, found.column, found.end_line, found.end_column) == (1, 11, 1, 28)
    assert found.new == "c if b else a"


def test_what_is_no_python_is_not_looked_at() -> None:
    for code in ("def f(:\n", "x = (\n", "x = a if not\n"):
        assert not find(code + "y = a if not b else c\n", OWN)
        assert mend(code, OWN, unsafe=True) == code
    assert find("x = [a b]\n", OWN) is None
    assert find("", OWN) == []


def test_newer_python_than_this_one_is_read() -> None:
    code = 'type A[T] = list[T]\ndef f[T](a: T):\n    x = []\n    x.append(f"{a["b"]}")\n    return x\n'
    assert re.sub(r"\s", "", mend(code, OWN)).endswith('x=[f"{a["b"]}"]returnx')
