"""The words of steps that the project itself decides about: how onward is called, and what runs the tests."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from onward import __version__
from onward.core.names import parse_name
from onward.core.project import Declared, Project, Role
from onward.domain.layouts.task import Ready, Task
from onward.domain.pipeline.model import Step
from onward.workflows.ci.parts import members_of
from onward.workflows.ci.seat import Seat
from onward.workflows.own_tests import Tests, find_tests
from onward.workflows.tasks import load_tasks

_TESTS = ("test_*.py", "*_test.py")
_FOLDERS = ("tests", "test")
_PYTEST = Ready(argv=("python", "-m", "pytest"))


def words_for_onward(seat: Seat) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the words that call onward, and those that do so without the project.

    From the lock where it is there, else this very version from the index. uv installs the project for a
    command unless a group is asked for alone. What a member does not declare itself is the workspace's.
    """
    fetched = ("uvx", "--from", f"onward[check]=={__version__}", "onward")
    if parse_name(seat.name) == "onward":
        return ("uv", "run", "--locked", "onward"), fetched
    workspace = seat.workspace
    if workspace.lock is None or not workspace.lock.named(parse_name("onward")):
        return fetched, fetched
    told = [one for one in workspace.declared if one.name == "onward"]
    own = f"{seat.here}/pyproject.toml" if seat.here else "pyproject.toml"
    here = [one for one in told if one.place.path == own]
    if here or not seat.here:
        return _called(here, seat.project, (), fetched)
    up = ("--project", "/".join([".."] * len(seat.here.split("/"))))
    root = [one for one in told if one.place.path == "pyproject.toml"]
    return _called(root, workspace, up, fetched)


def _called(
    told: list[Declared], project: Project, where: tuple[str, ...], fetched: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    start = ("uv", "run", *where, "--locked")
    groups = [one.group for one in told if one.role is Role.group]
    for group in sorted(groups, key=lambda group: not _is_default(project, group)):
        here = () if _is_default(project, group) else ("--group", group)
        return (*start, *here, "onward"), (*start, "--only-group", group, "onward")
    if any(one.role is Role.main for one in told):
        return (*start, "onward"), fetched
    return fetched, fetched


def _is_default(project: Project, group: str) -> bool:
    uv = project.pyproject.get("tool", {}).get("uv", {})
    default = uv.get("default-groups", ["dev"]) if isinstance(uv, dict) else ["dev"]
    return default == "all" or group in default


def tests_of(seat: Seat) -> tuple[Step, ...]:
    """Give the steps that run the tests: of a workspace those of each member, unless its root says how all are run."""
    if not seat.is_whole:
        member = parse_name(seat.project.name) if seat.here else ""
        there = not member or _has_tests(seat.project.root) or _task(seat.project) is not None
        return tuple(_steps(find_tests(seat.project, member=member) if there else None, "test"))
    if _says_how(seat.project):
        return tuple(_steps(find_tests(seat.project), "test", more=("--all-packages",)))
    return tuple(_of_members(seat))


def _of_members(seat: Seat) -> Iterator[Step]:
    for folder, one in members_of(seat):
        if folder and (_has_tests(one.root) or _task(one) is not None):
            name = parse_name(one.name)
            yield from _steps(find_tests(one, member=name), f"test-{name}", folder=folder)
    folders = tuple(folder for folder in _FOLDERS if _has_files(seat.root / folder))
    tests = find_tests(seat.project) if folders else None
    if tests is not None and tests.steps == (
        _PYTEST,
    ):  # from the root it would find all of them again
        only = (Ready(argv=(*_PYTEST.argv, *folders)),)
        tests = msgspec.structs.replace(tests, steps=only)
    yield from _steps(tests, "test", more=("--all-packages",))


def _steps(
    tests: Tests | None, name: str, *, folder: str = "", more: tuple[str, ...] = ()
) -> Iterator[Step]:
    if tests is None:
        return
    several = len(tests.steps) > 1
    options = tuple(dict.fromkeys((*more, *tests.brought_by)))
    for number, ready in enumerate(tests.steps, 1):
        words = ("sh", "-c", ready.shell) if ready.shell else ready.argv
        where = f" in {folder}" if folder else ""
        yield Step(
            name=f"{name}-{number}" if several else name,
            title=f"Run the tests{where}: {ready.shell or shlex.join(ready.argv)}",
            # an environment of its own: the one that people work in stays as it is
            argv=("uv", "run", "--locked", "--isolated", *options, "--", *words),
            env=dict(ready.env),
            folder="/".join(filter(None, (folder, ready.folder))),
            may_fail=ready.may_fail,
        )


def _has_tests(root: Path) -> bool:
    """Whether a member has tests of its own: that pytest is in the lock says nothing of one."""
    near = (f"{place}{form}" for form in _TESTS for place in ("", "*/tests/", "src/*/tests/"))
    return any(_has_files(root / folder) for folder in _FOLDERS) or any(
        next(root.glob(pattern), None) is not None for pattern in near
    )


def _has_files(folder: Path) -> bool:
    return any(next(folder.rglob(form), None) is not None for form in _TESTS)


def _task(project: Project) -> Task | None:
    task = load_tasks(project).named.get("test")
    return task if task is not None and not task.unsupported else None


def _says_how(root: Project) -> bool:
    """Whether the root of a workspace says how the tests of all are run."""
    if _task(root) is not None:
        return True
    tool: Any = root.pyproject.get("tool", {})
    pytest = tool.get("pytest", {}) if isinstance(tool, dict) else {}
    if not isinstance(pytest, dict):
        return False
    options = pytest.get("ini_options", {})
    return "testpaths" in pytest or (isinstance(options, dict) and "testpaths" in options)
