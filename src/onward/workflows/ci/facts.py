"""Read from a project what its jobs are made from."""

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import msgspec

from onward.adapters.git_remote import default_branch
from onward.core.errors import BadInput
from onward.core.project import Layout, Project
from onward.domain.apps.model import Kind as AppKind
from onward.domain.apps.settings import Asked as AskedApp
from onward.domain.apps.settings import read_app
from onward.domain.pipeline.model import Facts, Program
from onward.domain.python_versions import END_OF_LIFE, Minor, allows, parse_pin
from onward.workflows.app.source import find_web
from onward.workflows.ci.parts import images_of, members_of, parts_of, tag_of, watched
from onward.workflows.ci.seat import Seat
from onward.workflows.ci.words import tests_of, words_for_onward
from onward.workflows.container_files import python_for
from onward.workflows.source_copy import find_sources

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


def read_facts(seat: Seat, asked: Asked, env: Mapping[str, str], today: dt.date) -> Facts:
    """Read what the jobs of the project at ``seat`` are made from.

    Raises BadInput for a project without ``uv.lock``, an index that nobody
    knows, and a program that cannot be made.
    """
    _refuse_what_we_cannot(seat.workspace)
    project = _with_python(seat)
    wanted = bool(_table(project).get("app")) if asked.app is None else asked.app
    if wanted and seat.is_whole and not project.name:
        raise BadInput(
            "which-member",
            "the root of this workspace is no project itself, so it is no program",
            context=tuple(
                f"{folder}: {name}" for folder, name in seat.workspace.members.items() if name
            ),
            hint="Run `onward ship ci --app` in the folder of the one that is.",
        )
    program = _program(project, env) if wanted else None
    parts = parts_of(seat, asked.publish)
    images = images_of(seat)
    narrow = bool(images) and program is None
    if seat.is_whole:  # one container among libraries is no reason to test those on Linux alone
        narrow = narrow and not any(part.publish for part in parts)
    onward, alone = words_for_onward(seat)
    python = python_for(project, seat.workspace.root)
    return Facts(
        name=seat.name,
        onward=onward,
        alone=alone,
        uv=version("uv"),
        python=python,
        pythons=pythons_for(project.requires_python, today) or (python,),
        systems=("ubuntu",) if narrow else _SYSTEMS,
        tests=tests_of(seat),
        folder=seat.folder,
        watched=watched(seat),
        checked=(".",) if seat.here else (),
        several=seat.is_whole,
        parts=parts,
        images=images,
        program=program,
        tag=tag_of(seat, seat.name, "" if seat.is_whole else seat.here),
        branch=default_branch(seat.top, env) or "main",
        submodules=(seat.top / ".gitmodules").is_file(),
        asked=asked.words,
        left_out=tuple(
            one.name for folder, one in members_of(seat) if folder and _table(one).get("app")
        ),
    )


def _with_python(seat: Seat) -> Project:
    """Give the project with the Pythons that all members of its workspace allow: uv installs for no other."""
    lock = seat.workspace.lock
    if len(seat.workspace.members) < 2 or lock is None or not lock.requires_python:
        return seat.project
    return msgspec.structs.replace(seat.project, requires_python=lock.requires_python)


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


def _table(project: Project) -> Mapping[str, Any]:
    return project.tool_onward or {}


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
