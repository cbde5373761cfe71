"""What the looks at the public API do with odd files, without a library, and with what they remember."""

from pathlib import Path

import pytest

from onward.core.finding import Certainty
from onward.core.project import Kind
from onward.core.tool import NOT_CHOSEN
from onward.workflows.checking.boundary import Docstrings, PublicApi, in_tests

TELLS = b'def f(a):\n    """Do.\n\n    Args:\n        b: Gone.\n    """\n'


def write(root: Path, **files: bytes) -> tuple[str, ...]:
    for name, content in files.items():
        (root / f"{name}.py").write_bytes(content)
    return (*(f"{name}.py" for name in files), "gone.py", "notebook.ipynb")


def test_without_the_library_one_advice_says_how_to_get_it(tmp_path: Path) -> None:
    paths = write(tmp_path, a=TELLS, b=TELLS)
    (found,) = Docstrings("").look(tmp_path, paths)
    assert (found.rule, found.certainty) == (NOT_CHOSEN, Certainty.unknown)
    assert "onward[check]" in found.hint


def test_without_the_library_nobody_hears_of_it_where_no_docstring_tells_anything(
    tmp_path: Path,
) -> None:
    paths = write(tmp_path, a=b'def f(a):\n    """Do."""\n', b=b"\xff\xfe")
    assert list(Docstrings("").look(tmp_path, paths)) == []


def test_what_is_remembered_is_used_and_damage_is_as_good_as_nothing(tmp_path: Path) -> None:
    memo = tmp_path / "memo"
    paths = write(tmp_path, demo=b"def f(a): ...\n", odd=b"def (", test_demo=b"")
    look = PublicApi(Kind.library, "demo", memo)
    first = list(look.look(tmp_path, paths))
    assert [one.rule for one in first] == ["hints/public", "hints/coverage", "tests/unnamed"]
    assert list(look.look(tmp_path, paths)) == first
    kept = memo.read_bytes()
    for damage in (b"", b"x", kept[:-1]):
        memo.write_bytes(damage)
        assert list(look.look(tmp_path, paths)) == first
        assert memo.read_bytes() == kept
    write(tmp_path, demo=b"def g(a: int) -> int: ...\n", test_demo=b"g")
    assert [one.rule for one in look.look(tmp_path, paths)] == ["hints/coverage"]


def test_what_python_itself_calls_needs_no_test_by_its_name(tmp_path: Path) -> None:
    paths = write(tmp_path, demo=b"def __getattr__(name: str) -> int: ...\n", test_demo=b"")
    found = list(PublicApi(Kind.library, "demo", None).look(tmp_path, paths))
    assert [one.rule for one in found] == ["hints/coverage"]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("tests/a.py", True), ("src/p/tests/helper.py", True), ("test/a.py", True), ("p/test_a.py", True),
        ("conftest.py", True), ("p/test/client.py", False), ("src/p/testing.py", False),
    ],
)  # fmt: skip
def test_which_files_belong_to_the_tests(path: str, answer: bool) -> None:
    assert in_tests(path) is answer
