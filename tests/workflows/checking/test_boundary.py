"""What the looks at the public API do with odd files, without a library, and with what they remember."""

import sysconfig
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from onward.core.finding import Certainty
from onward.core.project import Kind
from onward.core.tool import NOT_CHOSEN
from onward.workflows.checking.boundary import Docstrings, PublicApi, in_tests
from onward.workflows.checking.look import Stoppable, look_ourselves
from onward.workflows.checking.scope import Scope, State

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


def unnamed(root: Path, paths: tuple[str, ...], memo: Path) -> set[str]:
    found = PublicApi(Kind.library, "demo", memo).look(root, paths)
    return {str(one.facts["symbol"]) for one in found if one.rule == "tests/unnamed"}


def test_a_name_counts_only_while_a_test_uses_it_in_code(tmp_path: Path) -> None:
    memo = tmp_path / "memo"
    code = b"def f() -> int: ...\ndef g() -> int: ...\n"
    cases: tuple[tuple[bytes, set[str]], ...] = (
        (b"import demo\ndemo.f()\nx = g\n", set()),
        (b"import demo\ndemo.f()\n# g\n", {"g"}),
        (b"'''\ndemo.f()\n'''\ndef g(): ...\n", {"f", "g"}),
        (b"call('demo.f')\nprint(f'{g}')\n", set()),
        (b"import demo\ndemo.f()\n# g\n", {"g"}),
    )
    for test, expected in cases:
        paths = write(tmp_path, demo=code, test_demo=test)
        for _ in range(2):  # the second time from what is remembered
            assert unnamed(tmp_path, paths, memo) == expected


def test_a_new_name_is_looked_for_in_files_that_are_remembered(tmp_path: Path) -> None:
    memo = tmp_path / "memo"
    test = b"h = 1\nx = [k for k in h]\n"
    paths = write(tmp_path, demo=b"def f() -> int: ...\n", test_demo=test)
    assert unnamed(tmp_path, paths, memo) == {"f"}
    write(tmp_path, demo=b"def k() -> int: ...\ndef f() -> int: ...\n", test_demo=test)
    assert unnamed(tmp_path, paths, memo) == {"f"}


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


def test_that_the_library_is_not_there_lasts_until_something_is_installed(
    tmp_path: Path, env: dict[str, str]
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    write(root, a=TELLS)
    scope = Scope(root=root, environment=tmp_path / "venv", kept=tmp_path / "kept")
    state = State(scope, env, time.time_ns())
    seen = look_ourselves(Docstrings(""), scope, state, ("a.py",), "2026-01-01")
    assert (seen.looked.whole, seen.looked.lasts) == (False, True)
    assert sysconfig.get_path("purelib") in state.others


class GivenUpLater(threading.Event):
    """Is set from the ``last`` question on."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self._left = last

    def is_set(self) -> bool:
        self._left -= 1
        return self._left <= 0


def test_a_look_that_nobody_waits_for_ends_while_it_reads(tmp_path: Path) -> None:
    paths = write(tmp_path, a=TELLS, b=TELLS, test_c=b"f()\n", test_d=b"g()\n")
    look = PublicApi(Kind.library, "demo", None)
    assert list(Stoppable(look, threading.Event()).look(tmp_path, paths)) == list(
        look.look(tmp_path, paths)
    )
    for last in range(1, 3 * len(paths) + 1):  # the names, what they offer, what tests use
        with pytest.raises(CancelledError):
            list(Stoppable(look, GivenUpLater(last)).look(tmp_path, paths))
