"""Docstrings that are behind, in three styles, read by griffe; what is not sure is not told."""

import pytest

pytest.importorskip("griffe")

from hypothesis import given
from hypothesis import strategies as st

from onward.adapters import docstrings
from onward.domain.boundary.documented import stale


def told(code: str) -> list[tuple[str, str]]:
    """Give kind and the text that the place points at."""
    lines = code.splitlines()
    return [
        (one.kind, lines[one.line - 1][one.column - 1 :].split()[0].strip(":"))
        for one in stale(code.encode(), docstrings.read)
    ]


def function(
    doc: str, signature: str = "a: int, b", body: str = "print(a)", before: str = ""
) -> str:
    inner = "\n".join(f"    {line}" if line else "" for line in doc.splitlines())
    return f'{before}def f({signature}):\n    """Do.\n\n{inner}\n    """\n    {body}\n'


GOOGLE = "Args:\n    a ({}): one\n    {}: two\n"
NUMPY = "Parameters\n----------\na : {}\n    one\n{}\n    two\n"
SPHINX = ":param a: one\n:type a: {}\n:param {}: two\n"
STYLES = pytest.mark.parametrize("style", [GOOGLE, NUMPY, SPHINX])


@STYLES
def test_a_parameter_that_is_not_there(style: str) -> None:
    assert told(function(style.format("int", "gone"))) == [("parameter", "gone")]
    assert told(function(style.format("int", "b"))) == []


@STYLES
@pytest.mark.parametrize(
    ("hint", "words", "wrong"),
    [
        ("int", "str", True), ("bytes", "str", True), ("str | None", "int", True), ("list[int]", "dict", True),
        ("Optional[str]", "bytes", True), ('"str"', "bool", True),
        ("int", "int", False), ("float", "int", False), ("bool", "int", False), ("str", "string", False),
        ("int | str", "str", False), ("Iterable[str]", "list", False), ("Path", "str", False), ("Any", "int", False),
        ("dict[str, int]", "dict", False), ("List[int]", "list", False), ("str", "Foo", False), ('"not a (type"', "int", False),
    ],
)  # fmt: skip
def test_a_type_that_contradicts_the_hint(style: str, hint: str, words: str, wrong: bool) -> None:
    found = told(function(style.format(words, "b"), f"a: {hint}, b"))
    assert [kind for kind, _ in found] == ["type"] * wrong


RETURNS = {
    "google": "Returns:\n    The answer.\n",
    "numpy": "Returns\n-------\nint\n    The answer.\n",
    "sphinx": ":returns: The answer.\n",
}


@pytest.mark.parametrize("doc", RETURNS.values(), ids=RETURNS.keys())
@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("print(a)", True), ("if a: return\n    print(b)", True), ("def g(): return 1\n    g()", True),
        ("return a", False), ("yield a", False), ("return None", False), ("pass", False), ("...", False),
        ("raise NotImplementedError", False), ("print(a)\n    raise ValueError", False),
    ],
)  # fmt: skip
def test_a_result_that_is_never_given(doc: str, body: str, wrong: bool) -> None:
    assert [kind for kind, _ in told(function(doc, body=body))] == ["returns"] * wrong


def test_nothing_returned_and_said_so_is_right() -> None:
    for words in ("Returns:\n    None\n", ":returns: nothing\n", "Returns\n-------\nNone\n"):
        assert told(function(words)) == []


@pytest.mark.parametrize("signature", ["a, *args", "a, **more"])
def test_what_may_take_more_is_not_judged(signature: str) -> None:
    assert told(function(GOOGLE.format("int", "gone"), signature)) == []


@pytest.mark.parametrize(
    ("before", "judged"),
    [("@cache\n", True), ("@contextmanager\n", True), ("@mock.patch('x')\n", False), ("@inject\n", False), ("@property\n", False)],
)  # fmt: skip
def test_decorators_that_may_change_the_signature_end_the_question(
    before: str, judged: bool
) -> None:
    found = told(function(GOOGLE.format("int", "gone"), before=before))
    assert bool(found) is judged


def test_sentences_are_no_parameters() -> None:
    note = "Args:\n    a: one\n    b: two\n    Note: read this\n"
    assert told(function(note)) == []
    words = "Parameters\n----------\na : int\n    one\nwords of a sentence that go on\nb\n    two\n"
    assert told(function(words)) == []
    assert told(function("Nothing documented.")) == []
    assert told('def f(a):\n    """Only words."""\n') == []


def test_methods_and_inner_functions_are_seen_with_their_names() -> None:
    code = 'class A:\n    if True:\n        def f(self):\n            """Do.\n\n            :param x: gone\n            """\n'
    (found,) = stale(code.encode(), docstrings.read)
    assert (found.symbol, found.line, found.column) == ("A.f", 6, 20)


PIECES = (
    "Args:", "Returns:", "Parameters", "----------", ":param x:", ":type x: int", ":returns:", "x (int", "x : {", "    ", "  y: z",
    "\n", "\n\n", "*args", "**", ":", "-", "Raises:", "Yields", "\t", "é", "[", "`", "(", ")", "...", "Other Parameters",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_docstring_breaks_it(doc: str) -> None:
    list(stale(function(doc.replace('"""', "")).encode(), docstrings.read))


@given(st.binary().map(lambda content: b"Args:\n" + content))
def test_no_text_breaks_it(content: bytes) -> None:
    list(stale(content, docstrings.read))
