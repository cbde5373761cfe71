"""Python text is taken apart quickly or not at all: the comments are those that Python's own tokenizer finds."""

import ast
import io
import tokenize
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.python_text import pieces

TESTS = Path(__file__).parents[1]


def comments(content: bytes) -> tuple[tuple[int, int, str], ...]:
    tokens = tokenize.tokenize(io.BytesIO(content).readline)
    return tuple(
        (one.start[0], one.start[1] + 1, one.string)
        for one in tokens
        if one.type == tokenize.COMMENT
    )


def test_strings_are_no_comments_and_comments_no_strings() -> None:
    read = pieces(b'x = \'# no\'  # it\'s one\ny = """\n# no\n"""  #two\n')
    assert read is not None
    assert read.comments == ((1, 13, "# it's one"), (4, 6, "#two"))
    assert read.code == 'x = ""  \ny = ""  \n'


def test_lines_that_end_as_on_windows_count_alike() -> None:
    text = b"x = 1  # a\r\ny = '''\r\n'''  # b\r\n"
    assert pieces(text) == pieces(text.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize(
    "content",
    [
        b"x = 'open\n# noqa", b"x = '''open # noqa", b"f'{x['a']}' # noqa", b"rf\"{'}'}\" # noqa", b"f'{x:{y}}' # noqa",
        b"# coding: latin-1\n# \xe9", b"x = 1\r# noqa", b"# \xff", b"\0# noqa", b't"{x["a"]}"',
    ],
)  # fmt: skip
def test_what_is_not_that_simple_is_left_to_a_tokenizer(content: bytes) -> None:
    assert pieces(content) is None


def test_comments_of_real_files_are_those_of_the_tokenizer() -> None:
    read = 0
    for path in sorted(TESTS.rglob("*.py"))[::5]:
        content = path.read_bytes()
        found = pieces(content)
        if found is not None:
            read += 1
            assert found.comments == comments(content), path
    assert read > 10


PARTS = (
    "'",
    '"',
    "'''",
    '"""',
    "#",
    "\n",
    "\\",
    "f'",
    'f"',
    "rf'",
    "{",
    "}",
    "{{",
    "x",
    " ",
    "(",
    ")",
    "=",
    "b'",
    "r'",
    "é",
)


@given(st.lists(st.sampled_from(PARTS), max_size=16).map("".join))
def test_comments_of_made_up_text_are_those_of_the_tokenizer(text: str) -> None:
    found = pieces(text.encode())
    if found is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return
    assert found.comments == comments(text.encode())


@given(st.binary())
def test_no_text_breaks_it(content: bytes) -> None:
    pieces(content)
