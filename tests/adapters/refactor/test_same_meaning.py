"""Code and what a refactoring makes of it give the same answers, or fail the same way, on the same inputs."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.adapters.refactor.refactor import mend
from onward.domain.policy.rules_refactor import OWN

WORDS = {
    "flag": (
        "y = False\n    for x in a:\n        if {test}:\n            y = True\n            break",
        "y = True\n    for x in a:\n        if {test}:\n            y = False\n            break",
        "y = True\n    for x in a:\n        if {exact}:\n            y = False\n            break",
    ),
    "exact": ("not x", "x in b", "x not in b", "x is None", "x is not None"),
    "test": ("x", "x in b", "x == c", "x is None", "not x", "x % 2", "x > c"),
    "value": ("x", "x + 1", "c", "str(x)", "[x, c]", "x % c", "len(b)"),
    "whole": ("1", "2", "len(b)", "x", "x % 3"),
    "text": ("str(x)", "f'{x}-{c}'", "repr(x)", "f'{x!r:>5}'"),
    "if": ("", " if x", " if x > c", " if x in b"),
    "any": ("any", "all"),
    "find": ("== -1", "!= -1", ">= 0", "> -1", "< 0"),
    "literal": ("1", "', '", "'{}'", "''"),
    "make": ("[x for x in a if x]", "sorted(b)", "list(b)", "[]"),
    "empty": ("len(y) == 0", "len(y) < 1"),
    "full": ("len(y) > 0", "len(y) != 0", "len(y) >= 1"),
    "ask": ("y", "not y", "y is not None", "y == c", "y in b"),
    "default": ("None", "0", "''", "-1"),
    "end": ("return c", "raise ValueError(c)"),
    "sure": ("True", "False", "1", "0"),
    "constant": ("1", "-2", "'z'", "None", "True"),
    "fails": ("int('x')", "a[99]", "1 / 0", "{}[c]", "c"),
    "error": ("ValueError", "IndexError", "ZeroDivisionError", "(KeyError, OSError)"),
}
"""What may stand at a place that is named so in a template."""

TEMPLATES = {
    "invert-any-all": "return not {any}({exact} for x in a{if})",
    "use-count": "y = list(a)\n    return sum(1 for x in y if x == 3)",
    "simplify-find": "y = str(a)\n    return y.find('1') {find}",
    "simplify-empty-comparison": "y = {make}\n    return y == [], 1 if y != [] else 2",
    "simplify-len-comparison": "y = {make}\n    return {empty}, [x for x in a if {full}], 1 if c and {full} else 2",
    "swap-if-expression": "return [{value} if not ({test}) else {value} for x in a]",
    "use-fstring": "x = str(a)\n    return 'a{{' + x + '%' + str(c) + '}}'",
    "while-guard": "b = list(b)\n    while True:\n        if not b:\n            break\n        x = b.pop()\n        if {test}:\n            continue\n        a.append({value})\n    return a",
    "use-next": "for x in a:\n        if {test}:\n            return [{value}, x]\n    return {default}",
    "sum-comprehension": "y = 0\n    for x in a:\n        if {test}:\n            y += {whole}\n    return y",
    "use-join": "y = ''\n    for x in a:\n        y += {text}\n    return y",
    "range-len": "y = []\n    for i in range(len(a)):\n        x = a[i]\n        y += [{value}, i]\n    for j in range(len(b)):\n        y += [b[j]]\n    return y",
    "use-zip": "y = []\n    p = sorted(map(str, a))\n    q = [{value} for x in p]\n    for i in range(len(p)):\n        x = p[i]\n        y += [{value}, q[i]]\n    return y",
    "use-any-all": "{flag}\n    return y, c",
    "hoist-constant": "y = []\n    for x in a:\n        z = {constant}\n        if {test}:\n            continue\n        y += [z, {value}]\n    return y",
    "merge-list-append": "x = c\n    y = [{value}]\n    y.append({value})\n    y.append({value})\n    return y",
    "merge-dict-assign": "x = c\n    y = {{'a': {value}}}\n    y['b'] = {value}\n    y[3] = {value}\n    return list(y.items())",
    "use-named-expression": "x = c\n    y = max(a)\n    if {ask}:\n        return y, {value}\n    return b",
    "remove-unreachable-code": "x = c\n    for _ in a:\n        if {test}:\n            continue\n            b.append(1)\n        {end}\n        b.append({value})\n    return b",
    "remove-redundant-if": "x = c\n    if {sure}:\n        b.append({value})\n    elif {test}:\n        b.append(c)\n    else:\n        b.append({value})\n    return b",
    "merge-except-handler": "try:\n        return {fails}\n    except {error} as e:\n        b.append(type(e))\n    except {error} as e:\n        b.append(type(e))\n    return b",
    "lift-return-into-if": "x = c\n    if {test}:\n        b.append(1)\n        y = {value}\n    elif a:\n        y = {value}\n    else:\n        y = b\n    return y",
}  # fmt: skip


@st.composite
def code(draw: st.DrawFn, name: str) -> str:
    """Make a function that the rule finds something in."""
    made = TEMPLATES[name]
    for key, words in WORDS.items():
        while "{" + key + "}" in made:
            made = made.replace("{" + key + "}", draw(st.sampled_from(words)), 1)
    return f"def f(a, b, c):\n    {made}\n".replace("{{", "{").replace("}}", "}")


items = st.lists(st.one_of(st.integers(-3, 5), st.none(), st.booleans()), max_size=5)


def answer(text: str, given: tuple[Any, ...]) -> object:
    """Run ``f`` and give what it answers and does to its arguments, or how it fails.

    Python names the operator in the words of a `TypeError`: `+=` in a loop is `+` inside `sum`, which is the same fault.
    """
    space: dict[str, Callable[..., object]] = {}
    exec(text, space)
    arguments = copy.deepcopy(given)
    try:
        return repr(space["f"](*arguments)), repr(arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is must stay the same
        return type(error), str(error).replace("+=", "+"), repr(arguments)


def test_there_is_a_template_for_every_rule() -> None:
    assert set(TEMPLATES) == OWN


@pytest.mark.parametrize("name", sorted(TEMPLATES))
@settings(max_examples=25, deadline=None)
@given(data=st.data(), a=items, b=items, c=st.integers(-2, 4))
def test_the_answer_is_the_same(
    name: str, data: st.DataObject, a: list[Any], b: list[Any], c: int
) -> None:
    before = data.draw(code(name))
    after = mend(before, frozenset({name}), unsafe=True)
    assert after != before
    assert answer(after, (a, b, c)) == answer(before, (a, b, c))
    assert answer(mend(before, OWN, unsafe=True), (a, b, c)) == answer(before, (a, b, c))


def test_adding_what_is_no_number_fails_the_same_way() -> None:
    before = "def f(a, b, c):\n    y = 0\n    for x in a:\n        if x is None:\n            y += x\n    return y\n"
    after = mend(before, frozenset({"sum-comprehension"}), unsafe=True)
    assert after != before
    assert answer(after, ([None], [], 0)) == answer(before, ([None], [], 0))
