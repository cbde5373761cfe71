"""The names of failing tests, out of what test runners print."""

from onward.domain.runner_words import failing_tests, last_lines

PYTEST = """\
=================================== FAILURES ===================================
E       assert False
FAILED in the middle of a line is no heading? FAILED tests/x
=========================== short test summary info ============================
\x1b[31mFAILED\x1b[0m tests/test_a.py::\x1b[1mtest_b[1-x]\x1b[0m - AssertionError: assert False
FAILED tests/test_a.py::test_c
ERROR tests/test_d.py - ModuleNotFoundError: No module named 'x'
FAILED tests/test_a.py::test_c
========================= 2 failed, 1 error in 0.12s =========================
"""

UNITTEST = """\
======================================================================
FAIL: test_one (tests.test_a.Case.test_one)
----------------------------------------------------------------------
Traceback (most recent call last):
AssertionError: 1 != 2

======================================================================
ERROR: test_two (tests.test_a.Case.test_two)
----------------------------------------------------------------------
Ran 2 tests in 0.001s
"""


def test_pytest_s_summary_with_colour_each_once() -> None:
    assert failing_tests(PYTEST)[-3:] == (
        "FAILED tests/test_a.py::test_b[1-x] - AssertionError: assert False",
        "FAILED tests/test_a.py::test_c",
        "ERROR tests/test_d.py - ModuleNotFoundError: No module named 'x'",
    )


def test_unittest_s_headings() -> None:
    assert failing_tests(UNITTEST) == (
        "FAIL: test_one (tests.test_a.Case.test_one)",
        "ERROR: test_two (tests.test_a.Case.test_two)",
    )


def test_an_unknown_runner_is_quoted_from_its_end() -> None:
    output = "\n".join(f"line {n}\n" for n in range(40))

    assert failing_tests(output) == ()
    assert last_lines(output) == tuple(f"line {n}" for n in range(25, 40))


def test_much_is_cut() -> None:
    output = "\n".join(f"FAILED tests/test_{n}.py - {'x' * 1000}" for n in range(1000))

    assert len(failing_tests(output)) == 20
    assert max(map(len, failing_tests(output))) == 300
