"""One sentence of a user: let git ask onward at every commit or push, and let it be again."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from onward.adapters.git import Repository, repository
from onward.core.disk import make_executable, remove, write_atomic
from onward.core.errors import BadInput, Refused
from onward.workflows.project import find_root

STAGES: dict[str, str] = {"commit": "pre-commit", "push": "pre-push"}
"""Our word for a moment, and git's name of the hook."""

_MARK = "# Made by `onward check --install-hook`"
_SHARED = ("global", "system", "command")


def install(folder: Path, env: Mapping[str, str], stage: str, *, entry: Path) -> str:
    """Put our hook where git looks for it; gives a sentence about what was done.

    ``entry`` is the file that starts onward quickly. A hook that is not ours is never
    touched: that raises Refused with how to call both. Raises BadInput outside of a
    repository, for a project below its top folder, where git runs no hook, and where the folder
    of hooks is for all repositories of this user.
    """
    _at_the_top(folder, env, stage)
    place = _place(folder, env, stage)
    found = _read(place)
    if found is not None and _MARK not in found:
        raise Refused(
            "hook-in-the-way",
            f"`{place}` is there already and is not onward's, so it stays as it is",
            context=_chain(stage),
            hint="Add that line to it, or move it away and try again.",
        )
    python = "" if _is_among_files(place, _repository(folder, env)) else sys.executable
    wanted = script(stage, python=python, entry=entry)
    if found == wanted:
        return f"The {stage} hook is there already: `{place}`."
    write_atomic(place, wanted.encode())
    make_executable(place)
    return f"From now on git asks onward at every {stage}: `{place}`."


def uninstall(folder: Path, env: Mapping[str, str], stage: str) -> str:
    """Take our hook away; gives a sentence about what was done. One that is not ours stays (Refused)."""
    place = _place(folder, env, stage)
    found = _read(place)
    if found is None:
        return f"There is no {stage} hook."
    if _MARK not in found:
        raise Refused("not-our-hook", f"`{place}` is not onward's, so it stays as it is")
    remove(place)
    return f"The {stage} hook is gone: `{place}`."


def script(stage: str, *, python: str = "", entry: Path = Path()) -> str:
    """Give the hook as a script for sh (also that of git for Windows).

    ``python`` is the interpreter that onward is installed for; where it is gone, or empty, the
    ``onward`` in PATH is asked, and without that the hook fails: not looked is not passed. New
    projects have it with an empty one (``templates/project``; a test compares the two).
    """
    lines = [
        "#!/bin/sh",
        f"{_MARK} {stage}; `onward check --remove-hook {stage}` takes it away.",
    ]
    if python:
        program, first = (shlex.quote(path.replace("\\", "/")) for path in (python, str(entry)))
        lines += [
            f"if [ -x {program} ] && [ -f {first} ]; then",
            f'  exec {program} -I -S {first} {stage} "$@"',
            "fi",
        ]
    lines += [
        "if command -v onward >/dev/null 2>&1; then",
        f'  exec onward check --hook {stage} "$@"',
        "fi",
        f"echo 'onward: it is not found, so this {stage} was not checked.' >&2",
        f"echo '  -> Install it: uv tool install onward. Or go past this hook once: git {stage} --no-verify' >&2",
        "exit 2",
    ]
    return "\n".join(lines) + "\n"


def _at_the_top(folder: Path, env: Mapping[str, str], stage: str) -> None:
    root, top = find_root(folder).resolve(), _repository(folder, env).top
    if root != top:
        way = shlex.quote(Path(os.path.relpath(root, top)).as_posix())
        asked = "onward check --staged" if stage == "commit" else "onward check"
        raise BadInput(
            "project-below",
            f"the project is in `{root}`, and git runs the hooks of its repository in `{top}`",
            context=(f"(cd {way} && {asked}) || exit $?",),
            hint=f"Add that line to a {STAGES[stage]} hook of your own; it checks this project alone.",
        )


def _is_among_files(place: Path, found: Repository) -> bool:
    """Whether the hook lies among the files of the project, so that others get it too."""
    real = place.resolve()
    return real.is_relative_to(found.top) and ".git" not in real.relative_to(found.top).parts


def _place(folder: Path, env: Mapping[str, str], stage: str) -> Path:
    hooks, scope = _repository(folder, env).hooks_folder()
    if scope in _SHARED:
        raise BadInput(
            "hooks-for-all",
            f"`core.hooksPath` is set for more than this repository ({scope}): `{hooks}`",
            context=_chain(stage),
            hint=f"Add that line to the {STAGES[stage]} hook there, or set `core.hooksPath` in this repository alone.",
        )
    return hooks / STAGES[stage]


def _chain(stage: str) -> tuple[str, ...]:
    return (f'onward check --hook {stage} "$@" || exit $?',)


def _repository(folder: Path, env: Mapping[str, str]) -> Repository:
    found = repository(folder, env, cwd=folder)
    if found is None:
        raise BadInput(
            "not-in-git",
            f"`{folder}` is in no git repository, so there is nothing to hook into",
            hint="`git init` makes one.",
        )
    return found


def _read(place: Path) -> str | None:
    try:
        return place.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
