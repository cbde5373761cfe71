"""``onward check --fix --unsafe``: what passes the proof is kept, that alone which does not is left out."""

import io
import os
import sys
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

SETTINGS = """
[tool.ruff.lint]
select = ["E711", "SIM108", "RET504", "B006", "F401"]
"""

# RET504 mends with a proof. E711 changes what `equal` says of an object that is equal to all.
CODE = """\
import os


def doubled(x):
    y = x * 2
    return y


def empty(x):
    return x == None
"""
MENDED = CODE.replace("import os\n", "").replace("    y = x * 2\n    return y", "    return x * 2")

API = """\
def collect(x, into=[]):
    into.append(x)
    return into
"""

TESTS = """\
import unittest

from pkg import code


class Equal:
    def __eq__(self, other):
        return True

    __hash__ = None


class TestCode(unittest.TestCase):
    def test_doubled(self):
        assert code.doubled(2) == 4

    def test_empty(self):
        assert code.empty(Equal())
"""

PYTEST = f"{sys.executable} -m pytest"
UNITTEST = f"{sys.executable} -m unittest discover -s tests -t ."  # starts faster


class House:
    def __init__(self, root: Path, env: dict[str, str], clock: FakeClock) -> None:
        self.root = root
        self._env = env | {"PYTHONDONTWRITEBYTECODE": "1"}
        self._clock = clock
        self.said = ""

    def __call__(self, *words: str, verb: str = "check") -> int:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(
            [verb, *words], self._env, cwd=self.root, clock=self._clock, out=out, err=err
        )
        self.said = out.getvalue() + err.getvalue()
        return code

    def fix(self, *words: str, tests: str = UNITTEST) -> int:
        return self("--fix", "--unsafe", "--test-command", tests, *words)

    def text(self, path: str = "pkg/code.py") -> str:
        return (self.root / path).read_text(encoding="utf-8")


@pytest.fixture
def house(project: MakeProject, env: dict[str, str], clock: FakeClock) -> House:
    files = {
        "pkg/__init__.py": "",
        "pkg/code.py": CODE,
        "tests/test_code.py": TESTS,
        "tests/test_other.py": "def test_nothing():\n    pass\n",
        "tests/__init__.py": "",
        "conftest.py": "",
    }
    return House(project(files=files, extra=SETTINGS), env, clock)


def test_what_passes_is_kept_and_what_breaks_a_test_is_left_out(house: House) -> None:
    house.fix(tests=PYTEST)
    assert house.text() == MENDED
    assert "Mended and proven: ruff/RET504 in pkg/code.py" in house.said
    assert "Left as it is: ruff/E711 in pkg/code.py: tests fail with it:" in house.said
    assert "test_empty" in house.said
    assert "pytest on 1 file` passes" in house.said


def test_one_undo_takes_safe_and_proven_fixes_back(house: House) -> None:
    house.fix()
    assert house("undo") == 0
    assert house.text() == CODE


def test_a_fix_that_changes_what_a_module_offers_is_left_out(house: House) -> None:
    (house.root / "pkg" / "code.py").write_text(API)
    (house.root / "tests" / "test_code.py").write_text(
        "import unittest\nfrom pkg import code\n\nclass T(unittest.TestCase):\n    def test(self): pass\n"
    )
    house.fix()
    assert house.text() == API
    assert "it changes what the module offers to others: module.collect" in house.said


def test_what_no_test_touches_is_left_as_it_is(house: House) -> None:
    (house.root / "pkg" / "lonely.py").write_text("def f(x):\n    y = x\n    return y\n")
    house.fix()
    assert "ruff/RET504 in pkg/lonely.py: no test imports the file" in house.said
    assert "y = x" in house.text("pkg/lonely.py")


def test_tests_that_fail_already_judge_nothing_and_nothing_changes(house: House) -> None:
    place = house.root / "tests" / "test_code.py"
    place.write_text(TESTS.replace("== 4", "== 5"))
    assert house.fix(tests=PYTEST) == 1
    assert "tests fail before any fix" in house.said
    assert "test_doubled" in house.said
    assert house.text() == CODE


def test_a_safe_fix_that_breaks_the_tests_is_told_apart_from_tests_that_fail_anyway(
    house: House,
) -> None:
    place = house.root / "tests" / "test_code.py"
    place.write_text(TESTS.replace("doubled(2) == 4", "os.sep"))
    assert house.fix() == 1
    assert "fail with the fixes that are called safe" in house.said
    assert house.text() == CODE


def test_a_test_that_takes_the_file_away_takes_nothing_from_the_project(house: House) -> None:
    (house.root / "run.py").write_text("import os, pkg.code\nos.remove(pkg.code.__file__)\n")
    house.fix(tests=f"{sys.executable} run.py")
    assert "return x * 2" in house.text()
    assert "Mended and proven: ruff/RET504" in house.said
    assert house("undo") == 0
    assert house.text() == CODE


def test_a_command_that_is_not_pytest_runs_as_it_stands(house: House) -> None:
    (house.root / "run.py").write_text("import pkg.code as c; assert c.empty.__name__\n")
    house.fix(tests=f"{sys.executable} run.py")
    assert "return x * 2" in house.text()
    assert "is None" in house.text(), "nothing that this command runs fails with it"


def test_a_trial_leaves_nothing_behind_when_it_is_interrupted(house: House) -> None:
    stop = f"{sys.executable} -c 'import os, signal; os.kill(os.getppid(), signal.SIGINT)'"
    if os.name == "nt":
        pytest.skip("there is no such signal")
    assert house.fix(tests=stop) == 130
    assert house.text() == CODE


def test_unsafe_without_fix_is_a_question(house: House) -> None:
    assert house("--unsafe") == 2
    assert "`--unsafe` goes with `--fix`" in house.said
    assert house("--fix", "--test-command", "pytest") == 2
    assert "`--test-command` goes with `--fix --unsafe`" in house.said


def test_dry_run_changes_nothing(house: House) -> None:
    house.fix("--dry-run")
    assert house.text() == CODE
    assert "known only after it was tried" in house.said
