"""Imports of Python source, wherever they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.core.names import Name
from onward.domain.imports import belongs, imported_modules, owner_of, owners, usual_module

SOURCE = '''
"""import nothing"""
import a, b.c as d
from e.f import g
from . import near
from .h import i
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import j
else:
    import k
def later():
    try:
        import l
    except ImportError:
        l = None
    importlib.import_module("m.n")
    __import__("o")
    import_module(name)
    import_module(".p")
'''


def test_every_absolute_import_is_found_with_its_line() -> None:
    found = [(i.module, i.line, i.typing_only) for i in imported_modules(SOURCE)]
    assert found == [
        ("a", 3, False),
        ("b.c", 3, False),
        ("e.f", 4, False),
        ("e.f.g", 4, False),
        ("typing", 7, False),
        ("typing.TYPE_CHECKING", 7, False),
        ("j", 9, True),
        ("k", 11, False),
        ("l", 14, False),
        ("m.n", 17, False),
        ("o", 18, False),
    ]


def test_text_that_is_no_python_names_the_line() -> None:
    with pytest.raises(BadInput) as raised:
        imported_modules("x = 1\nimport (\n", "a.py")
    assert raised.value.context[0].startswith("a.py:2")


modules = st.from_regex(
    r"[a-z_][a-z0-9_]{0,6}(\.[a-z_][a-z0-9_]{0,6}){0,2}", fullmatch=True
).filter(lambda text: all(part.isidentifier() for part in text.split(".")))


@given(st.lists(modules, max_size=6))
def test_what_is_written_is_found(names: list[str]) -> None:
    source = "".join(f"import {name}\n" for name in names)
    try:
        found = imported_modules(source)
    except BadInput:  # a keyword among the names
        return
    assert [i.module for i in found] == names
    assert [i.line for i in found] == list(range(1, len(names) + 1))


def test_the_longest_known_module_says_who_owns_it() -> None:
    owned = owners(
        {
            Name("google-cloud-storage"): ("google.cloud.storage",),
            Name("google-auth"): ("google.auth",),
            Name("pyyaml"): ("yaml", "_yaml"),
            Name("ruamel"): ("yaml",),
        }
    )
    assert owner_of("google.cloud.storage.blob", owned) == ("google-cloud-storage",)
    assert owner_of("yaml.nodes", owned) == ("pyyaml", "ruamel")
    assert owner_of("google", owned) == ()
    assert belongs("yaml.nodes", ("yaml",))
    assert not belongs("yamlish", ("yaml",))
    assert usual_module(Name("a-b")) == "a_b"
