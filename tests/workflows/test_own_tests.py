"""Which command runs a project's tests, and what a run of it is taken to say."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.core.errors import BadInput, MissingTool
from onward.core.project import Project
from onward.workflows.own_tests import TestRun, find_tests, run_tests
from onward.workflows.project import open_project
from tests.conftest import MakeProject

LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "demo"
version = "0.1.0"
source = { virtual = "." }
dependencies = []

[package.dev-dependencies]
DEV

[package.optional-dependencies]
EXTRAS

[[package]]
name = "plugin"
version = "1.0"
source = { registry = "https://example.org/simple" }
dependencies = [{ name = "pytest" }]
wheels = [{ url = "https://example.org/plugin-1.0-py3-none-any.whl", hash = "sha256:00" }]

[[package]]
name = "pytest"
version = "9.0"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/pytest-9.0-py3-none-any.whl", hash = "sha256:00" }]
"""

Opened = Callable[..., Project]


@pytest.fixture
def opened(project: MakeProject) -> Opened:
    """A maker of opened projects; ``dev`` and ``extras`` are lines of the lock, which has pytest."""

    def make(
        *,
        dev: str = "",
        extras: str = "",
        locked: bool = True,
        extra: str = "",
        files: tuple[str, ...] = (),
    ) -> Project:
        root = project(extra=extra, files=dict.fromkeys(files, ""))
        if locked:
            text = LOCK.replace("DEV", dev).replace("EXTRAS", extras)
            (root / "uv.lock").write_text(text, encoding="utf-8")
        return open_project(root, {})

    return make


def makefile(found: Project) -> None:
    (found.root / "Makefile").write_text("test:\n\tmake-your-own\n", encoding="utf-8")


def test_a_task_comes_before_pytest(opened: Opened) -> None:
    found = find_tests(opened(extra='[tool.onward.tasks]\ntest = "tox -q"'))

    assert found is not None
    assert found.words == "onward run test"
    assert found.because.startswith("the task `test` (onward) at pyproject.toml:")
    assert found.steps[0].argv == ("tox", "-q")


def test_pytest_comes_before_a_makefile(opened: Opened) -> None:
    project = opened()
    makefile(project)

    found = find_tests(project)

    assert found is not None
    assert found.steps[0].argv == ("python", "-m", "pytest")


def test_a_makefile_comes_before_unittest(opened: Opened) -> None:
    project = opened(locked=False, files=("tests/test_a.py",))
    makefile(project)

    found = find_tests(project)

    assert found is not None
    assert found.because.startswith("the task `test` (make)")


@pytest.mark.parametrize(
    ("files", "argv"),
    [
        (("tests/test_a.py",), "discover -s tests"),
        (("test/test_a.py", "test/__init__.py"), "discover -s test -t ."),
    ],
)
def test_a_folder_of_tests_is_for_unittest(
    opened: Opened, files: tuple[str, ...], argv: str
) -> None:
    found = find_tests(opened(locked=False, files=files))

    assert found is not None
    assert found.words == f"python -m unittest {argv}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tests/conftest.py", ""),
        ("pytest.ini", "[pytest]\n"),
        ("tests/test_b.py", "import os\nfrom pytest import raises\n"),
    ],
)
def test_tests_that_are_written_for_pytest_are_not_for_unittest(
    opened: Opened, name: str, text: str
) -> None:
    found = opened(locked=False, files=("tests/test_a.py",))
    (found.root / name).write_text(text, encoding="utf-8")

    tests = find_tests(found)

    assert tests is not None
    assert tests.words == "pytest"
    assert tests.brought_by == ()


def test_pytests_own_settings_say_that_it_runs_the_tests(opened: Opened) -> None:
    settings = "[tool.pytest.ini_options]\naddopts = '-q'"
    tests = find_tests(opened(locked=False, extra=settings, files=("tests/test_a.py",)))

    assert tests is not None
    assert tests.words == "pytest"


def test_no_tests_at_all(opened: Opened) -> None:
    assert find_tests(opened(locked=False, files=("tests/helper.py",))) is None


@pytest.mark.parametrize("command", ["'", " "])
def test_a_bad_command_is_said(opened: Opened, command: str) -> None:
    with pytest.raises(BadInput) as caught:
        find_tests(opened(), command)

    assert caught.value.reference == "bad-command"


@pytest.mark.parametrize(
    ("dev", "extras", "options"),
    [
        ('dev = [{ name = "pytest" }]', 'test = [{ name = "pytest" }]', ()),
        ('dev = [{ name = "plugin" }]', "", ()),
        ('dev = []\nchecks = [{ name = "pytest" }]', "", ("--group", "checks")),
        (
            "dev = []",
            'all = [{ name = "pytest" }, { name = "plugin" }]\nmore = [{ name = "plugin" }]',
            ("--extra", "more"),
        ),
        (
            "dev = []",
            'all = [{ name = "pytest" }]\ntest = [{ name = "pytest" }, { name = "plugin" }]',
            ("--extra", "test"),
        ),
    ],
)
def test_pytest_is_brought_from_where_it_is(
    opened: Opened, dev: str, extras: str, options: tuple[str, ...]
) -> None:
    found = find_tests(opened(dev=dev, extras=extras))

    assert found is not None
    assert found.brought_by == options


@pytest.mark.parametrize("default", ['["checks"]', '"all"'])
def test_groups_that_are_synced_by_default_need_no_option(opened: Opened, default: str) -> None:
    project = opened(
        dev='checks = [{ name = "pytest" }]', extra=f"[tool.uv]\ndefault-groups = {default}"
    )

    found = find_tests(project)

    assert found is not None
    assert found.brought_by == ()


def ran(project: Project, env: dict[str, str], code: str) -> TestRun:
    (project.root / "said.py").write_text(code, encoding="utf-8")
    tests = find_tests(project, f'"{Path(sys.executable).as_posix()}" said.py')
    assert tests is not None
    return run_tests(tests, project, env, timeout=60)


def test_a_run_that_fails_names_what_failed(opened: Opened, env: dict[str, str]) -> None:
    found = ran(opened(), env, "print('FAILED a.py::b - no')\nraise SystemExit(1)")

    assert (found.passed, found.failing) == (False, ("FAILED a.py::b - no",))


def test_a_run_that_passes_says_nothing(opened: Opened, env: dict[str, str]) -> None:
    found = ran(opened(), env, "print('FAILED is only a word')")

    assert (found.passed, found.failing, found.words) == (True, (), ())


@pytest.mark.parametrize("code", ["raise SystemExit(5)", "print('\\nRan 0 tests in 0.0s')"])
def test_a_run_without_tests_is_known(opened: Opened, env: dict[str, str], code: str) -> None:
    assert ran(opened(), env, code).none_found


def test_what_cannot_be_started_is_said(opened: Opened, env: dict[str, str]) -> None:
    project = opened()
    tests = find_tests(project, "no-such-program-here")
    assert tests is not None

    with pytest.raises(MissingTool):
        run_tests(tests, project, env, timeout=60)


def test_steps_end_at_the_first_failure_that_counts(opened: Opened, env: dict[str, str]) -> None:
    python = Path(sys.executable).as_posix()
    write = f"\"{python}\" -c \"open('late', 'w')\""
    fail = f'"{python}" -c "raise SystemExit(3)"'
    extra = f"[tool.pdm.scripts]\nfirst = '''{fail}'''\nthen = '''{write}'''\ntest = {{composite = ['first', 'then']}}\n"
    project = opened(extra=extra)
    tests = find_tests(project)
    assert tests is not None

    found = run_tests(tests, project, env, timeout=60)

    assert (found.passed, found.code) == (False, 3)
    assert not (project.root / "late").exists()
