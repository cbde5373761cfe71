"""Start a project: render it, put it in place in one step, make it a repository.

Nothing half is ever left. A folder that is not there yet is made under another name and
renamed when it is whole; in a folder that is there (and empty) the journal stands first, so
that an interruption is put back at once and a killed onward at the next start.
"""

import shutil
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path

import msgspec

from onward.adapters.jinja import render_tree
from onward.core import journal
from onward.core.disk import new_folder
from onward.core.errors import Refused
from onward.core.git_places import GIT_PLACES
from onward.core.perform import Listen, perform, recover, silent
from onward.core.plan import Plan, RunTool, Step, Tell, WriteFile
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.domain.scaffold import Answers, variables

_HOOKS = ".githooks"
_NOT_IN_THE_WAY = {".git", journal.FOLDER}


def plan_new(
    answers: Answers, target: Path, *, onward: str, env: Mapping[str, str], git: bool
) -> Plan:
    """Give the plan for a project at ``target`` (absolute); nothing is written yet.

    ``onward`` is our version, for the CI of the project. With ``git`` the plan also makes a
    repository, unless there is no git or the folder is in a repository already. Raises
    Refused (``in-the-way``) when something stands at ``target``.
    """
    refuse_if_in_the_way(target)
    templates = files("onward") / "templates" / "project" / "template"
    made = render_tree(templates, variables(answers, onward))
    steps: list[Step] = [
        WriteFile(sentence=f"Write {file.path}", path=str(target / file.path), content=file.content)
        for file in made
    ]
    steps += _licence(answers.licence)
    steps += _repository(target, env) if git else ()
    what = f"{answers.framework or answers.kind} project"
    title = f"New {what} `{answers.name}` in {target}, imported as `{answers.module}`"
    return Plan(title=title, steps=tuple(steps))


def refuse_if_in_the_way(target: Path) -> None:
    """Raise Refused (``in-the-way``) with what stands at ``target``, if anything does."""
    if found := in_the_way(target):
        raise Refused(
            "in-the-way",
            f"`{target}` is not a new or empty folder, and nothing is ever overwritten",
            context=found,
            hint="Choose another name, or move these away.",
        )


def in_the_way(target: Path) -> tuple[str, ...]:
    """Give what stands at ``target``, at most ten names; empty when a project fits there.

    The folder of a repository without a commit's files, and what an interrupted onward
    left, are not in the way.
    """
    if target.is_symlink() and not target.exists():
        return (f"{target.name} is a link to nothing",)
    if not target.exists():
        above = next(folder for folder in target.parents if folder.exists())
        return () if above.is_dir() else (f"{above} is a file",)
    if not target.is_dir():
        return (f"{target.name} is a file",)
    ours = journal.pending(target)
    if ours is not None:
        return ()
    found = sorted(entry.name for entry in target.iterdir() if entry.name not in _NOT_IN_THE_WAY)
    more = (f"and {len(found) - 10} more",) if len(found) > 10 else ()
    return (*found[:10], *more)


def create(
    plan: Plan,
    target: Path,
    *,
    started: str,
    listen: Listen = silent,
    runner: Callable[[Call], Ran] = run,
) -> None:
    """Do ``plan`` (of ``plan_new``) whole, or leave ``target`` as it was.

    ``started`` is an ISO time for the journal. Raises what the failing step raises; the
    listener may raise as well, for example on Ctrl-C.
    """
    if target.exists():
        _create_inside(plan, target, started=started, listen=listen, runner=runner)
        return
    with new_folder(target) as scratch:
        moved = _moved(plan, str(target), str(scratch))
        perform(moved, scratch, started=started, listen=listen, runner=runner)
        _finish_folder(scratch)


def _create_inside(
    plan: Plan, target: Path, *, started: str, listen: Listen, runner: Callable[[Call], Ran]
) -> None:
    # Renaming over the folder would pull it away from under the person who stands in it.
    if recover(target, listen=listen):
        _remove_empty_folders(target)
    try:
        perform(plan, target, started=started, listen=listen, runner=runner)
    except BaseException:
        shutil.rmtree(target / journal.FOLDER, ignore_errors=True)
        _remove_empty_folders(target)
        raise
    _finish_folder(target)


def _finish_folder(root: Path) -> None:
    # Undoing `new` would remove a repository, and work that came after: that is a person's job.
    shutil.rmtree(root / journal.FOLDER, ignore_errors=True)
    for hook in (root / _HOOKS).iterdir():
        hook.chmod(hook.stat().st_mode | 0o111)


def _remove_empty_folders(root: Path) -> None:
    folders = [path for path in root.rglob("*") if path.is_dir() and not path.is_symlink()]
    for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
        if ".git" not in folder.relative_to(root).parts and not any(folder.iterdir()):
            folder.rmdir()


def _moved(plan: Plan, old: str, new: str) -> Plan:
    def move(path: str) -> str:
        return new + path.removeprefix(old) if path else ""

    steps: list[Step] = []
    for step in plan.steps:
        if isinstance(step, WriteFile):
            steps.append(msgspec.structs.replace(step, path=move(step.path)))
        elif isinstance(step, RunTool):
            call = msgspec.structs.replace(step.call, cwd=move(step.call.cwd))
            steps.append(
                msgspec.structs.replace(step, call=call, environment=move(step.environment))
            )
        else:
            steps.append(step)
    return Plan(title=plan.title, steps=tuple(steps))


def _licence(licence: str) -> tuple[Tell, ...]:
    if licence == "none":
        return (Tell(sentence="No licence: all rights stay with you until you add one"),)
    return (Tell(sentence=f"Licence: {licence} (--licence chooses another, or none at all)"),)


def _repository(target: Path, env: Mapping[str, str]) -> tuple[Step, ...]:
    hook = f"`git config core.hooksPath {_HOOKS}`"
    above = next((f for f in (target, *target.parents) if (f / ".git").exists()), None)
    if above is not None:
        where = f"`{above}` is a git repository already, so none is made"
        on = f"; {hook} switches the commit hook on" if above == target else ""
        return (Tell(sentence=where + on),)
    program = shutil.which("git", path=env.get("PATH"))
    if program is None:
        return (Tell(sentence=f"No git here, so no repository; later: `git init` and {hook}"),)
    clean = {name: value for name, value in env.items() if name not in GIT_PLACES}

    def call(*words: str) -> Call:
        return Call(argv=(program, *words), cwd=str(target), env=clean, timeout=60)

    return (
        RunTool(
            sentence="Make a git repository",
            call=call("init", "--quiet"),
            environment=str(target / ".git"),
        ),
        RunTool(
            sentence=f"Switch on the commit hook, for this repository only ({hook})",
            call=call("config", "core.hooksPath", _HOOKS),
        ),
    )
