"""Which names a file of tests uses: in code and in texts that are names; the quick looks are never wrong about it."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.boundary.used import glance, used

TESTS = Path(__file__).parents[2]


def surely_used(content: bytes) -> frozenset[str]:
    return glance(content)[0]


def words(content: bytes) -> frozenset[str]:
    return frozenset().union(*glance(content))


TEXT = (
    b'from a.b import c as d\nx.e\npatch("p.q.r")\nwith_words = "not these words"\n# nor_this\n'
    b'import z.y as w\ndef own(argument): ...\nf(keyword=1)\nf"{inside}"\nmatch k:\n    case m(n=1): ...\n'
)


def test_names_count_in_code_and_in_texts_that_are_names() -> None:
    found = used(TEXT)
    assert {"c", "e", "p", "q", "r", "z", "y", "inside", "k", "m", "f", "with_words"} <= found
    assert (
        not {"a", "b", "d", "w", "not", "these", "nor_this", "own", "argument", "keyword"} & found
    )


def test_the_quick_look_knows_what_is_imported_called_or_reached() -> None:
    assert surely_used(TEXT) == {"c", "e", "patch", "z", "y", "f", "m"}
    assert surely_used(b"from a import (\n    b,  # c\n    d as e,\n)\n") == {"b", "d"}
    assert surely_used(b"import a; b = 1\n") == {"a"}


@pytest.mark.parametrize(
    "text",
    ['"""\nf(\n"""', "# f()", "class f(g): ...", "def  f(): ...", "'.f'", "'''\nimport f\n'''", "x = '\\\n.f'", "from .f import *"],
)  # fmt: skip
def test_the_quick_look_takes_no_text_for_code(text: str) -> None:
    assert not {"f"} & surely_used(text.encode())


@pytest.mark.parametrize("text", ["f'{x[\"a\"]}'", "x = '''", "x = 1\ry = 2"])
def test_what_the_quick_look_cannot_take_apart_it_does_not_answer(text: str) -> None:
    assert surely_used(f"import f\n{text}\n".encode()) == frozenset()


def test_no_quick_look_is_wrong_about_a_real_file() -> None:
    for path in sorted(TESTS.rglob("*.py"))[::7]:
        content = path.read_bytes()
        assert surely_used(content) <= used(content), path
        if b"\\" not in content:
            assert used(content) - {"*"} <= words(content), path


PARTS = (
    "f(", ")", "def f(", "class g(", "f", ".", "import ", "from ", " as ", "\n", "    ", "'", '"', "'''", "#", "x = ", "\\",
    "f'", "{", "}", "match ", "case ", "ª", ":", ", ", "lambda ",
)  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_the_quick_looks_bound_the_exact_one_from_both_sides(text: str) -> None:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return  # what is no Python uses nothing, and the quick looks need not know
    content = text.encode()
    assert surely_used(content) <= used(content)
    if "\\" not in text:  # a name that is written in pieces is none
        assert used(content) - {"*"} <= words(content)


@given(st.binary())
def test_no_text_breaks_it(content: bytes) -> None:
    used(content), glance(content)
