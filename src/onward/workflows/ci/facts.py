"""Read from a project what its jobs are made from."""

import datetime as dt
import itertools
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import msgspec

from onward import __version__
from onward.adapters.git_remote import default_branch
from onward.adapters.uv.settings import indexes_of
from onward.core.errors import BadInput
from onward.core.names import parse_name
from onward.core.project import Kind, Layout, Project, Role
from onward.domain.apps.model import Kind as AppKind
from onward.domain.apps.settings import Asked as AskedApp
from onward.domain.apps.settings import read_app
from onward.domain.layouts.task import Ready
from onward.domain.pipeline.model import Facts, Program, Step
from onward.domain.python_versions import END_OF_LIFE, Minor, allows, parse_pin
from onward.workflows.app.source import find_web
from onward.workflows.container_files import is_packaged, python_for
from onward.workflows.own_tests import find_tests
from onward.workflows.source_copy import find_sources

NONE = "none"
_TRUSTED = ("pypi", "testpypi")
"""The indexes that are known to take the identity of a build service instead of a token."""
_SYSTEMS = ("ubuntu", "macos", "windows")
_LASTS = 5  # years from the first release of a Python to its end (PEP 602)
_OLDEST = (3, 8)  # that uv installs on each system


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says: ``publish`` is an index, ``none``, or empty; None: nothing of ``app``. Then the project tells."""

    publish: str = ""
    app: bool | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The options that say so."""
        app = () if self.app is None else ("--app",) if self.app else ("--no-app",)
        return (*(("--publish", self.publish) if self.publish else ()), *app)


def asked_before(asked: Asked, words: Sequence[str]) -> Asked:
    """Give ``asked`` with what it leaves open taken from the words of an earlier run."""
    app = {"--app": True, "--no-app": False}
    before = Asked(
        publish=next((b for a, b in itertools.pairwise(words) if a == "--publish"), ""),
        app=next((app[word] for word in words if word in app), None),
    )
    return Asked(
        publish=asked.publish or before.publish,
        app=before.app if asked.app is None else asked.app,
    )


def read_facts(project: Project, asked: Asked, env: Mapping[str, str], today: dt.date) -> Facts:
    """Read what the jobs of ``project`` are made from.

    Raises BadInput for a project without ``uv.lock``, a workspace, an index that nobody
    knows, and a program that cannot be made.
    """
    _refuse_what_we_cannot(project)
    packaged = is_packaged(project)
    wanted = bool(_table(project).get("app")) if asked.app is None else asked.app
    program = _program(project, env) if wanted else None
    container = (project.root / "Dockerfile").is_file()
    onward, alone = _onward(project)
    publish = _publish(project, asked.publish, packaged=packaged)
    return Facts(
        name=parse_name(project.name),
        onward=onward,
        alone=alone,
        uv=version("uv"),
        python=python_for(project, project.root),
        pythons=pythons_for(project.requires_python, today) or (python_for(project, project.root),),
        systems=("ubuntu",) if container and program is None else _SYSTEMS,
        tests=_tests(project),
        builds=packaged,
        publish=publish,
        trusted=publish in _TRUSTED,
        container=container,
        program=program,
        branch=default_branch(project.root, env) or "main",
        submodules=(project.root / ".gitmodules").is_file(),
        asked=asked.words,
    )


def pythons_for(requires: str, today: dt.date) -> tuple[str, ...]:
    """Give the versions to test with: each that is kept up and allowed, and the oldest that ``requires`` promises."""
    allowed = [
        one for one in END_OF_LIFE if one >= _OLDEST and allows(requires, parse_pin(_word(one)))
    ]
    out = [one for one in allowed if _begun(one) <= today]
    kept = [one for one in out if today <= END_OF_LIFE[one]]
    promised = out[:1] if requires else []
    return tuple(map(_word, sorted({*promised, *kept})))


def _begun(minor: Minor) -> dt.date:
    ends = END_OF_LIFE[minor]
    return ends.replace(year=ends.year - _LASTS)


def _word(minor: Minor) -> str:
    return f"{minor[0]}.{minor[1]}"


def _refuse_what_we_cannot(project: Project) -> None:
    if (
        project.layout not in (Layout.uv, Layout.pep621)
        or project.lock is None
        or project.lock_file != "uv.lock"
    ):
        raise BadInput(
            "no-uv-lock",
            "the jobs install what `uv.lock` says, and there is none here",
            hint="`onward lock` makes it, where the dependencies stand in [project].",
        )
    if len(project.members) > 1:
        raise BadInput(
            "workspace",
            "this is a workspace with several projects, which the jobs are not written for",
            context=tuple(
                f"{folder}: {name}"
                for folder, name in project.members.items()
                if folder != "." or "project" in project.pyproject  # else the root is no package
            ),
            hint="Write them by hand: `uv run --package NAME` works in a single member.",
        )


def _table(project: Project) -> Mapping[str, Any]:
    return project.tool_onward or {}


def _onward(project: Project) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the words that call onward, and those that do so without the project.

    From the lock where it is there, else this very version from the index. uv installs the project for a
    command unless a group is asked for alone.
    """
    fetched = ("uvx", "--from", f"onward[check]=={__version__}", "onward")
    if parse_name(project.name) == "onward":
        return ("uv", "run", "--locked", "onward"), fetched
    locked = project.lock is not None and bool(project.lock.named(parse_name("onward")))
    told = [one for one in project.declared if one.name == "onward"] if locked else []
    groups = [one.group for one in told if one.role is Role.group]
    for group in sorted(groups, key=lambda group: not _is_default(project, group)):
        here = () if _is_default(project, group) else ("--group", group)
        alone = ("uv", "run", "--locked", "--only-group", group, "onward")
        return ("uv", "run", "--locked", *here, "onward"), alone
    if any(one.role is Role.main for one in told):
        return ("uv", "run", "--locked", "onward"), fetched
    return fetched, fetched


def _is_default(project: Project, group: str) -> bool:
    uv = project.pyproject.get("tool", {}).get("uv", {})
    default = uv.get("default-groups", ["dev"]) if isinstance(uv, dict) else ["dev"]
    return default == "all" or group in default


def _tests(project: Project) -> tuple[Step, ...]:
    tests = find_tests(project)
    if tests is None:
        return ()
    several = len(tests.steps) > 1
    return tuple(
        _test(ready, tests.brought_by, f"test-{number}" if several else "test")
        for number, ready in enumerate(tests.steps, 1)
    )


def _test(ready: Ready, brought_by: tuple[str, ...], name: str) -> Step:
    words = ("sh", "-c", ready.shell) if ready.shell else ready.argv
    return Step(
        name=name,
        title=f"Run the tests: {ready.shell or shlex.join(ready.argv)}",
        # an environment of its own: the one that people work in stays as it is
        argv=("uv", "run", "--locked", "--isolated", *brought_by, "--", *words),
        env=dict(ready.env),
        folder=ready.folder,
        may_fail=ready.may_fail,
    )


def _program(project: Project, env: Mapping[str, str]) -> Program:
    def web() -> str:
        return find_web(project.root, find_sources(project.root, env, cwd=project.root)[0].files)

    app = read_app(project.pyproject, AskedApp(), find_web=web)
    stated = isinstance(_table(project).get("app"), dict) and "prove" in _table(project)["app"]
    return Program(
        slug=app.slug,
        windowed=app.kind is AppKind.gui,
        starts=app.prove if app.kind is AppKind.terminal else (),
        one_is_enough=not stated,
    )


def _publish(project: Project, asked: str, *, packaged: bool) -> str:
    """Give the index to publish to, empty for none."""
    named = [
        index.name
        for index in indexes_of(project.pyproject, project.root)
        if index.name and isinstance(index.options.get("publish-url"), str)
    ]
    known = (*named, *_TRUSTED)
    if asked == NONE:
        return ""
    if asked and asked not in known:
        raise BadInput(
            "no-such-index",
            f"no index to publish to is called `{asked}`",
            context=tuple(f"known: {name}" for name in known),
            hint="Give an index in `[[tool.uv.index]]` a `name` and a `publish-url`.",
        )
    if asked and not packaged:
        raise BadInput(
            "not-packaged",
            f"`{project.name}` is not built into a wheel, so there is nothing to publish",
            hint="A [build-system] in pyproject.toml makes it a package; `--publish none` leaves the job out.",
        )
    if asked or not packaged:
        return asked
    table = project.pyproject.get("project", {})
    classifiers = table.get("classifiers", []) if isinstance(table, dict) else []
    private = any(str(one).startswith("Private ::") for one in classifiers)
    if private or len(named) > 1:
        return ""
    return named[0] if named else "pypi" if project.kind is Kind.library else ""
