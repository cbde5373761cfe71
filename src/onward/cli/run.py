"""``onward run``: a command or a task in the project's environment, brought in step first."""

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE, BadInput, OutsideFailed

if TYPE_CHECKING:
    from onward.domain.layouts.task import Task


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--no-sync", action="store_true", help="take the environment as it is")
    parser.add_argument(
        "--list", action="store_true", help="list the tasks and where each comes from"
    )
    parser.add_argument("--json", action="store_true", help="with --list: print it as JSON")
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="TASK | COMMAND ...", help="what to run"
    )


def run(options: argparse.Namespace, desk: Desk) -> int:
    """List the tasks, or become the command, or run the task's commands one after the other."""
    from onward.core.proc.handover import environment_variables
    from onward.workflows.project import open_project
    from onward.workflows.tasks import load_tasks

    words = options.command[1:] if options.command[:1] == ["--"] else options.command
    if options.list or not words:
        return _list(options, desk)
    if not options.no_sync and (code := _in_step_or_hint(desk)) != FINE:
        return code
    project = open_project(desk.cwd, desk.env, read_lock=False)
    env = dict(desk.env)
    if project.environment.is_dir():
        env = environment_variables(str(project.environment), desk.env)
    tasks = load_tasks(project)
    if words[0] in {task.name for task in tasks.public}:
        return _run_task(words, tasks.named, project.root, env)
    return _become(words, env, desk)


def _run_task(
    words: list[str], named: Mapping[str, "Task"], root: Path, env: dict[str, str]
) -> int:
    from onward.core.proc.call import Call
    from onward.core.proc.run import in_foreground
    from onward.domain.layouts.task import commands_of

    for one in commands_of(words[0], words[1:], named):
        shell = (
            (["cmd", "/c", one.shell] if os.name == "nt" else ["sh", "-c", one.shell])
            if one.shell
            else []
        )
        argv = tuple(shell or _found(list(one.argv), {**env, **one.env}))
        code = in_foreground(Call(argv=argv, cwd=str(root / one.folder), env={**env, **one.env}))
        if code and not one.may_fail:
            return code
    return FINE


def _become(words: list[str], env: dict[str, str], desk: Desk) -> int:
    from onward.core.proc.handover import hand_over

    if words[0].endswith(".py") and (desk.cwd / words[0]).is_file():
        words = ["python", *words]
    argv = _found(words, env)
    return hand_over(argv[0], [words[0], *argv[1:]], env)


def _found(words: list[str], env: dict[str, str]) -> list[str]:
    """Give the words with the program's full path; raises BadInput when there is no such program."""
    import shutil

    program = shutil.which(words[0], path=env.get("PATH"))
    if program is None:
        raise BadInput(
            "no-program",
            f"there is no task and no program `{words[0]}` here",
            hint="`onward run` alone lists the tasks; `onward add` brings a program that a library has.",
        )
    return [program, *words[1:]]


def _in_step_or_hint(desk: Desk) -> int:
    try:
        return _bring_in_step(desk)
    except OutsideFailed as error:
        if error.reference == "cannot-write":
            error.hint = f"{error.hint or ''} `onward run --no-sync ...` takes the environment as it is.".strip()
        raise


def _bring_in_step(desk: Desk) -> int:
    """Sync if anything changed; a project that uv does not keep is left as it is, and that is said."""
    from onward.cli.changing import listener, refuse
    from onward.workflows.apply import carry_out
    from onward.workflows.project import editable_with_uv
    from onward.workflows.resolve import Resolver
    from onward.workflows.situation import open_situation, working_on
    from onward.workflows.sync import propose_sync, write_stamp

    with working_on(desk.cwd, desk.env, desk.clock(), listener(desk, quiet=False)) as (
        situation,
        _,
    ):
        try:
            editable_with_uv(situation.project)
        except BadInput as error:
            desk.tell(f"onward: not synced: {error.message}")
            return FINE
        resolver = Resolver(situation, situation.judge())
        proposal = propose_sync(resolver)
        if not proposal.possible:
            quiet = argparse.Namespace(json=False)
            return refuse(proposal, situation, quiet, desk)
        carry_out("Sync", resolver, proposal.files, listen=listener(desk, quiet=True))
        if proposal.sure:
            write_stamp(open_situation(situation.project.root, desk.env, desk.clock()))
    return FINE


def _list(options: argparse.Namespace, desk: Desk) -> int:
    from onward.workflows.project import open_project
    from onward.workflows.tasks import load_tasks

    tasks = load_tasks(open_project(desk.cwd, desk.env, read_lock=False))
    if options.json:
        rows = [
            {"name": t.name, "kind": t.kind, "place": str(t.place), "unsupported": t.unsupported}
            for t in tasks.public
        ]
        desk.say(json.dumps({"schema": 1, "tasks": rows}, indent=2))
        return FINE
    if not tasks.public:
        desk.say(
            'No tasks here. Name some in [tool.onward.tasks], for example:  test = "pytest -q"'
        )
    width = max((len(task.name) for task in tasks.public), default=0)
    for task in tasks.public:
        cannot = f"  (cannot run it: {task.unsupported})" if task.unsupported else ""
        about = f": {task.description}" if task.description else ""
        desk.say(f"  {task.name.ljust(width)}  {task.kind}, {task.place}{about}{cannot}")
    for task in tasks.shadowed:
        desk.say(
            f"  {task.name.ljust(width)}  {task.kind}, {task.place}  (hidden by the one above)"
        )
    return FINE
