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


RAISES = {
    "google": "Raises:\n    {}: If it is bad.\n",
    "numpy": "Raises\n------\n{}\n    If it is bad.\n",
    "sphinx": ":raises {}: If it is bad.\n",
}
DOCS = pytest.mark.parametrize("doc", RAISES.values(), ids=RAISES.keys())
OWN = "class Base(ValueError): pass\nclass NewError(Base): pass\n"


@DOCS
@pytest.mark.parametrize(
    ("name", "body", "wrong"),
    [
        ("OldError", "if a: raise NewError(str(a))", True),
        ("errors.OldError", "if a: raise NewError", True),
        ("newerror", "if a: raise NewError", False),  # a word of a sentence, maybe
        ("NEWError", "print(a); b.run()", True),  # only its letters differ
        ("TimeOutError", "b.wait(a)", True),
        ("OldError", "if a: raise NewError(b.words())", False),  # that may raise it
        ("OldError", "b.run(a)", False),
        ("OldError", "if a: raise self.bad(a)", False),
        ("OldError", "import late\n    if a: raise NewError", False),
        ("OldError", "with b: raise NewError", False),
        ("OldError", "return a", False),
        ("OldError", "if a: raise find('OldError')", False),
        ("PythonFinalizationError", "if a: raise NewError", False),
        ("NewError", "if a: raise NewError", False),
        ("ValueError", "if a: raise NewError", False),
        ("Sometimes", "if a: raise NewError", False),
    ],
)  # fmt: skip
def test_an_exception_that_is_not_there(doc: str, name: str, body: str, wrong: bool) -> None:
    code = function(doc.format(name), body=body, before=OWN)
    assert [kind for kind, _ in told(code)] == ["raises"] * wrong


def test_names_that_come_with_a_star_may_be_anything() -> None:
    code = function(RAISES["google"].format("OldError"), body="if a: raise NewError", before=OWN)
    assert told(code)
    assert told(f"from errors import *\n{code}") == []


@DOCS
@pytest.mark.parametrize(
    ("name", "body", "wrong"),
    [
        ("TypeError", "raise NewError(a)", True),
        ("KeyError", "print(a)\n    raise NewError", True),
        ("OSError", "raise RuntimeError(a)", True),
        ("Base", "raise KeyError(a)", True),
        ("NewError", "raise NewError(a)", False),
        ("Base", "raise NewError(a)", False),
        ("ValueError", "raise NewError(a)", False),
        ("Exception", "raise NewError(a)", False),
        ("IOError", "raise OSError(a)", False),
        ("TypeError", "if a: raise NewError(a)", False),  # only sometimes
        ("TypeError", "raise NotImplementedError", False),  # told to whoever fills it in
        ("TypeError", "raise a", False),
        ("TypeError", "raise Imported(a)", False),  # its bases are not known
        ("Imported", "raise NewError(a)", False),  # it may be a base
        ("TypeError", "raise Mixed(a)", False),
        ("TypeError", "raise Twice(a)", False),
        ("TypeError", "raise", False),
        ("When it rains", "raise NewError(a)", False),
    ],
)  # fmt: skip
def test_an_exception_that_is_raised_in_any_case(
    doc: str, name: str, body: str, wrong: bool
) -> None:
    before = (
        f"from elsewhere import Imported\n{OWN}class Mixed(Imported): pass\n"
        "class Twice(ValueError): pass\nTwice = TypeError\n"
    )
    code = function(doc.format(name), body=body, before=before)
    assert [kind for kind, _ in told(code)] == ["raises"] * wrong


def test_an_exception_that_the_words_of_the_docstring_name_is_told() -> None:
    doc = "Raises NewError in any case.\n\nRaises:\n    TypeError: If it is bad.\n"
    assert told(function(doc, body="raise NewError(a)", before=OWN)) == []


def test_several_exceptions_in_one_entry() -> None:
    for style in ("google", "numpy"):
        doc = RAISES[style].format("NewError, OldError")
        found = told(function(doc, body="if a: raise NewError", before=OWN))
        assert [kind for kind, _ in found] == ["raises"]


def test_an_exception_is_shown_where_it_is_named() -> None:
    code = function(RAISES["sphinx"].format("OldError"), body="if a: raise NewError", before=OWN)
    assert told(code) == [("raises", "OldError")]


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
