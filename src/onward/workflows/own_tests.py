"""The project's own tests: which command runs them, and what came of a run."""

import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.core.errors import BadInput, OutsideFailed
from onward.core.lock import Lock, LockedDependency
from onward.core.proc.call import Call, Ran
from onward.core.proc.handover import environment_variables
from onward.core.proc.run import run
from onward.core.project import Project
from onward.core.redact import redact
from onward.domain.layouts.task import Ready, Task, commands_of
from onward.domain.runner_words import failing_tests, last_lines
from onward.workflows.environment_in_use import environment_in_use
from onward.workflows.tasks import load_tasks

_KEPT_OUTPUT = 1_000_000  # bytes of each output, the last ones
_NO_TESTS_FOUND = 5  # pytest's and (since 3.12) unittest's exit code for "there were none"
_FOLDERS = ("tests", "test")
_IMPORTS_PYTEST = re.compile(rb"^(import|from) pytest\b", re.MULTILINE)
_MOST_READ = 200  # files that are looked into for an import


class Tests(msgspec.Struct, frozen=True, kw_only=True):
    """How to run a project's tests.

    ``words`` is the command for people, ``because`` where it comes from. ``brought_by`` are
    uv's options for the extra or group that the test runner is in, where a plain sync
    would leave it out.
    """

    words: str
    because: str
    steps: tuple[Ready, ...]
    brought_by: tuple[str, ...] = ()


class TestRun(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one run.

    ``failing`` are test names where the runner told them, ``words`` its last lines;
    ``none_found`` when the runner said that there are no tests.
    """

    __test__ = False  # pytest would take the name for a test

    passed: bool
    code: int = 0
    failing: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    seconds: float = 0.0
    none_found: bool = False


def find_tests(project: Project, command: str | None = None, *, member: str = "") -> Tests | None:
    """Give the command that runs the tests, or None when there is none.

    ``member`` is the name of ``project`` where it is a member of a workspace, in whose folder the tests run.

    ``command`` given by hand wins; then the task ``test`` of the project, pytest when it is
    locked, a Makefile's ``test``, pytest for tests that are written for it, and unittest for a folder of tests. A Makefile comes that
    late since such a target often makes an environment of its own. Raises BadInput for a
    command whose quotes do not close.
    """
    if command is not None:
        return _given(command, project)
    brought_by = _options_for_pytest(project, member)
    tasks = load_tasks(project).named
    task = tasks.get("test")
    if task is not None and not task.unsupported and task.kind != "make":
        return _of_task(task, tasks, brought_by)
    if project.lock is not None and project.lock.named("pytest"):
        steps = (Ready(argv=("python", "-m", "pytest")),)
        return Tests(
            words="pytest", because="pytest is in uv.lock", steps=steps, brought_by=brought_by
        )
    if task is not None and not task.unsupported:
        return _of_task(task, tasks, brought_by)
    return _by_their_look(project)


def run_tests(tests: Tests, project: Project, env: Mapping[str, str], *, timeout: float) -> TestRun:
    """Run the tests in the project's environment, for at most ``timeout`` seconds each command.

    Raises MissingTool when the command cannot be started.
    """
    inside = environment_variables(str(environment_in_use(project, env)), env)
    seconds = 0.0
    last: Ran | None = None
    for step in tests.steps:
        try:
            last = run(_call(step, project.root, inside, timeout))
        except OutsideFailed as error:
            if error.reference != "tool-timeout":
                raise
            return TestRun(passed=False, code=-1, words=(error.message,), seconds=timeout)
        seconds += last.seconds
        if last.code and not step.may_fail:
            break
    if last is None:
        return TestRun(passed=True)
    words = redact("\n".join(part.decode("utf-8", "replace") for part in (last.out, last.err)))
    passed = last.code == 0 or tests.steps[-1].may_fail
    return TestRun(
        passed=passed,
        code=last.code,
        failing=() if passed else failing_tests(words),
        words=() if passed else last_lines(words),
        seconds=seconds,
        none_found=last.code == _NO_TESTS_FOUND or "\nRan 0 tests in " in words,
    )


def _by_their_look(project: Project) -> Tests | None:
    if _is_written_for_pytest(project):
        steps = (Ready(argv=("python", "-m", "pytest")),)
        return Tests(words="pytest", because="the tests are written for pytest", steps=steps)
    for folder in _FOLDERS:
        if any((project.root / folder).glob("test*.py")):
            argv: tuple[str, ...] = ("python", "-m", "unittest", "discover", "-s", folder)
            if (project.root / folder / "__init__.py").is_file():
                argv = (*argv, "-t", ".")
            because = f"there is a folder `{folder}`"
            return Tests(words=" ".join(argv), because=because, steps=(Ready(argv=argv),))
    return None


def _is_written_for_pytest(project: Project) -> bool:
    """Say whether unittest would not understand the tests: pytest has settings, a ``conftest.py``, or is imported."""
    root = project.root
    tests = [path for folder in _FOLDERS for path in sorted((root / folder).glob("test*.py"))]
    if not tests:
        return False
    marks = [root / "pytest.ini", root / ".pytest.ini", root / "conftest.py"]
    marks += [root / folder / "conftest.py" for folder in _FOLDERS]
    if "pytest" in project.pyproject.get("tool", {}) or any(mark.is_file() for mark in marks):
        return True
    return any(_IMPORTS_PYTEST.search(path.read_bytes()) for path in tests[:_MOST_READ])


def _call(step: Ready, root: Path, inside: Mapping[str, str], timeout: float) -> Call:
    env = {**inside, **step.env}
    if step.shell:
        words = ("cmd", "/c") if sys.platform == "win32" else ("sh", "-c")
        argv: tuple[str, ...] = (*words, step.shell)
    else:
        program = shutil.which(step.argv[0], path=env.get("PATH")) or step.argv[0]
        argv = (program, *step.argv[1:])
    return Call(
        argv=argv,
        cwd=str(root / step.folder),
        env=env,
        timeout=timeout,
        keep=_KEPT_OUTPUT,
        whole_group=True,
        watched=True,
    )


def _given(command: str, project: Project) -> Tests:
    try:
        argv = tuple(shlex.split(command, posix=sys.platform != "win32"))
    except ValueError as error:
        raise BadInput(
            "bad-command", f"`{command}` is no command", context=(str(error),)
        ) from error
    if not argv:
        raise BadInput("bad-command", "the test command is empty", hint="Or use `--no-test`.")
    return Tests(
        words=command,
        because="--test-command",
        steps=(Ready(argv=argv),),
        brought_by=_options_for_pytest(project),
    )


def _of_task(task: Task, tasks: Mapping[str, Task], brought_by: tuple[str, ...]) -> Tests:
    return Tests(
        words=f"onward run {task.name}",
        because=f"the task `{task.name}` ({task.kind}) at {task.place}",
        steps=commands_of(task.name, (), tasks),
        brought_by=brought_by,
    )


def _options_for_pytest(project: Project, member: str = "") -> tuple[str, ...]:
    """Give uv's options that bring pytest when it is only in an extra or in a group that is not synced by default.

    Where a member of a workspace does not bring it at all, it is another's, so all are installed.
    """
    lock = project.lock
    if lock is None or not lock.named("pytest"):
        return ()
    own = (p for p in lock.packages if (p.name == member if member else p.is_root))
    root = next(own, None)
    groups = root.groups if root else lock.groups
    uv = project.pyproject.get("tool", {}).get("uv", {})
    default = uv.get("default-groups", ["dev"]) if isinstance(uv, dict) else ["dev"]
    plain = [*(root.dependencies if root else ())]
    for group, edges in groups.items():
        if default == "all" or group in default:
            plain += edges
    if _reaches(plain, lock):
        return ()
    places = [("--group", group, edges) for group, edges in groups.items()]
    places += [
        ("--extra", extra, edges) for extra, edges in (root.optional if root else {}).items()
    ]
    fitting = [place for place in places if _reaches(place[2], lock)]
    if not fitting:
        return ("--all-packages",) if member else ()
    option, word, _ = min(fitting, key=lambda p: (not p[1].startswith("test"), len(p[2])))
    return (option, word)


def _reaches(edges: tuple[LockedDependency, ...] | list[LockedDependency], lock: Lock) -> bool:
    """Say whether pytest is among ``edges`` or what they need."""
    needs = {p.name: p.dependencies for p in lock.packages}
    seen: set[str] = set()
    todo = [edge.name for edge in edges]
    while todo:
        name = todo.pop()
        if name == "pytest":
            return True
        if name not in seen:
            seen.add(name)
            todo += [edge.name for edge in needs.get(name, ())]
    return False
