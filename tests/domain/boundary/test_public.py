"""Which names are public, and which of them lack hints: the typing spec's words on real text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.boundary.public import module_names, public_symbols
from onward.domain.boundary.summary import summarise


def lacking(name: str = "p", **files: str) -> dict[str, str]:
    """Give the public names and what each lacks; ``p__a`` stands for ``p/a.py``, ``p__`` for the package."""
    paths = {
        re.sub(r"/$", "/__init__", re.sub("__(?=[a-z0-9_]|$)", "/", key)) + ".py": text
        for key, text in files.items()
    }
    read = {path: summarise(text.encode()) for path, text in paths.items()}
    found = public_symbols(read, module_names(read, name))
    return {f"{one.module}:{one.symbol.name}": " ".join(one.symbol.lacking) for one in found}


def of(text: str) -> dict[str, str]:
    return {key.removeprefix("p:"): told for key, told in lacking(p__=text).items()}


def test_parameters_and_what_is_returned() -> None:
    assert of("def f(a, b: int, *args, c, **more): ...\n") == {"f": "a c *args **more return"}
    assert of("async def f(a: int) -> None: ...\n") == {"f": ""}
    text = "class A:\n    def __init__(self, x): ...\n    @staticmethod\n    def s(x): ...\n    def _m(self, x): ...\n"
    assert of(text) == {"A": "", "A.__init__": "x", "A.s": "x return"}


def test_overloads_stand_for_the_function_behind_them() -> None:
    text = "@overload\ndef f(x: int) -> int: ...\ndef f(x): ...\n"
    assert of(text) == {"f": ""}


def test_setters_give_nothing_back() -> None:
    text = "class A:\n    @property\n    def x(self) -> int: ...\n    @x.setter\n    def x(self, to: int): ...\n"
    assert set(of(text).values()) == {""}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("None", "type"), ("[]", "type"), ("{}", "type"), ("dict()", "type"), ("lambda: 1", "type"),
        ('[1, "a"]', "type"), ("[[]]", "type"), ('{"a": 1, "b": "c"}', "type"),
        ("1", ""), ('"a"', ""), ("[1, 2]", ""), ("dict(a=1)", ""), ("other", ""), ("make()", ""), ('{"a": 1}', ""),
    ],
)  # fmt: skip
def test_attributes_need_a_hint_only_where_checkers_would_guess(value: str, told: str) -> None:
    assert of(f"x = {value}\n") == {"x": told}
    assert of(f"class A:\n    x = {value}\n") == {"A": "", "A.x": told}
    assert (
        of(f"class A:\n    def __init__(self) -> None:\n        self.x = {value}\n")["A.x"] == told
    )
    assert of(f"x: object = {value}\n") == {"x": ""}


def test_members_of_enumerations_and_parameters_that_are_set_need_none() -> None:
    assert of("class A(enum.Enum):\n    x = None\n") == {"A": ""}
    text = "class A:\n    def __init__(self, x) -> None:\n        self.x = x\n"
    assert of(text) == {"A": "", "A.__init__": "x"}


def test_all_wins_over_underscores() -> None:
    text = 'def _a(): ...\ndef b(): ...\n__all__ = ["_a"]\n'
    assert of(text) == {"_a": "return"}
    assert of(text + '__all__ += ["b"]\n') == {"_a": "return", "b": "return"}
    assert of(text + '__all__.append("b")\n') == {"_a": "return", "b": "return"}
    assert of(text + "__all__ = sorted(globals())\n") == {"b": "return"}  # not to be read


@pytest.mark.parametrize(
    "words",
    [
        "from ._a import f as f\n",
        'from ._a import f\n__all__ = ["f"]\n',
        "from ._a import *\n",
        "from p._a import f as f\n",
        "from . import _a\nfrom ._a import *\n__all__ = _a.__all__\n",
    ],
)
def test_what_is_offered_again_is_public_where_it_is_written(words: str) -> None:
    extra = '__all__ = ["f"]\n' if "_a.__all__" in words else ""
    found = lacking(p__=words, p___a=f"{extra}def f(): ...\ndef g(x): ...\n")
    assert found.pop("p._a:f") == "return"
    assert set(found) <= ({"p._a:g"} if "*" in words and not extra else set())


def test_a_plain_import_offers_nothing() -> None:
    assert lacking(p__="from ._a import f\n", p___a="def f(): ...\n") == {}


def test_where_the_api_lies() -> None:
    code = "def f(): ...\n"
    files = {
        "src__p__": code, "src__p__a": code, "src__single": code, "src__p___b": code, "src__p__tests__": code,
        "tests__": code, "setup": code, "docs__conf": code, "examples__q__": code, "src__p__migrations__0001_x": code,
    }  # fmt: skip
    assert set(lacking(**files)) == {"p:f", "p.a:f", "single:f"}
    assert set(lacking(name="my-tool", my_tool=code, other=code)) == {"my_tool:f"}


def test_a_stub_counts_instead_of_its_module() -> None:
    read = {
        "p/__init__.py": summarise(b"def f(x): ...\n"),
        "p/__init__.pyi": summarise(b"def f(x: int) -> int: ...\n"),
    }
    (found,) = public_symbols(read, module_names(read, "p"))
    assert (found.path, found.symbol.lacking) == ("p/__init__.pyi", ())


def test_circles_of_imports_end() -> None:
    text = "from .b import *\nfrom .b import f as f\n"
    assert lacking(p__="", p__a=text, p__b=text.replace(".b", ".a")) == {}


@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "replace"))))
def test_no_text_breaks_it(content: bytes) -> None:
    read = {"p/__init__.py": summarise(content)}
    list(public_symbols(read, module_names(read, "p")))


SNIPPETS = (
    "__all__ = ", "['f']", "+ a.__all__", "\n", "def f(x, *, y: int = 1):", " ...\n", "class A(B):\n", "    ", "x = None\n",
    "from . import *\n", "from .a import f as f\n", "@x.setter\n", "@overload\n", "if TYPE_CHECKING:\n", "    pass\n",
    "__all__.extend(q)\n", "self.x = {}\n", "lambda: 0\n", "x: int\n", "match x:\n", "    case _: y = 1\n",
)  # fmt: skip


@given(st.lists(st.sampled_from(SNIPPETS), max_size=12).map("".join))
def test_no_python_breaks_it(text: str) -> None:
    lacking(p__=text, p__a=text[::-1], p__b=text)
