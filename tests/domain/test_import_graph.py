"""Which tests touch a file, by what imports what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.import_graph import ImportGraph


@pytest.mark.parametrize(
    ("test", "source"),
    [
        ("tests/test_a.py", "import pkg.a"),
        ("tests/test_a.py", "from pkg import a"),
        ("tests/test_a.py", "from pkg.a import f"),
        ("src/pkg/tests/test_a.py", "from ..a import f"),
        ("src/pkg/tests/test_a.py", "from .. import a"),
        ("tests/a_test.py", "def f():\n    import pkg.a as x\n"),
        ("tests/test_a.py", "import pkg.uses"),
        ("tests/test_a.py", "from pkg import uses"),
    ],
)
def test_direct_and_indirect_imports_touch(test: str, source: str) -> None:
    graph = ImportGraph({
        "src/pkg/__init__.py": "",
        "src/pkg/a.py": "",
        "src/pkg/uses.py": "from pkg.a import f",
        "src/pkg/tests/__init__.py": "",
        test: source,
        "tests/test_other.py": "import os",
    })  # fmt: skip
    assert graph.tests_of("src/pkg/a.py") == {test}


def test_a_package_without_src_and_one_beside_it() -> None:
    graph = ImportGraph({
        "pkg/__init__.py": "",
        "pkg/a.py": "",
        "lib/other/__init__.py": "",
        "lib/other/b.py": "",
        "test_x.py": "import pkg.a, other.b",
    })  # fmt: skip
    assert graph.tests_of("pkg/a.py") == graph.tests_of("lib/other/b.py") == {"test_x.py"}


def test_what_a_conftest_imports_touches_all_tests_below_it() -> None:
    graph = ImportGraph({
        "a.py": "",
        "tests/conftest.py": "import a",
        "tests/deep/test_x.py": "",
        "other/test_y.py": "",
    })  # fmt: skip
    assert graph.tests_of("a.py") == {"tests/deep/test_x.py"}


def test_the_init_of_a_package_is_touched_by_whoever_imports_its_parts() -> None:
    graph = ImportGraph({
        "pkg/__init__.py": "",
        "pkg/a.py": "",
        "test_x.py": "from pkg.a import f",
    })  # fmt: skip
    assert graph.tests_of("pkg/__init__.py") == {"test_x.py"}


def test_circles_end_and_broken_files_import_nothing() -> None:
    graph = ImportGraph({
        "a.py": "import b",
        "b.py": "import a",
        "test_x.py": "import a",
        "test_y.py": "import b (",
    })  # fmt: skip
    assert graph.tests_of("b.py") == {"test_x.py"}


@given(
    st.dictionaries(st.from_regex(r"([a-c]/){0,2}[a-c]\.py", fullmatch=True), st.text(max_size=30))
)
def test_any_text_can_be_read(sources: dict[str, str]) -> None:
    graph = ImportGraph(sources)
    for path in sources:
        assert path in graph.importers(path)
