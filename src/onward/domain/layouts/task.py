"""One task and its commands, and how its words become something that can be started."""

import ast
import re
import shlex
from collections.abc import Mapping, Sequence

import msgspec

from onward.core.errors import BadInput
from onward.core.finding import Place

_ARGS = re.compile(r"\{args(?::((?:[^{}]|\{[^{}]*\})*))?\}")
_CALL = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)(\([^()]*\))?")
_DEEPEST = 20


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command in one of four forms.

    ``argv`` are words, ``line`` is text that becomes words once ``{args}`` is filled in,
    ``shell`` is text for the system's shell, ``task`` names another task with its words.
    ``may_fail``: what follows runs even when it fails.
    """

    argv: tuple[str, ...] = ()
    line: str = ""
    shell: str = ""
    task: str = ""
    may_fail: bool = False


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task as it stands in a file.

    ``kind`` is the tool it was written for: ``onward``, ``pdm``, ``hatch``, ``poe``,
    ``pipenv``, ``make``. ``appends`` says whether extra words go to the end of its last
    command (with ``appends_to_all`` of every command) where it has no ``{args}``. ``folder`` is relative to the root. ``unsupported``
    says why onward does not run it. ``private`` tasks are only for other tasks.
    """

    name: str
    kind: str
    place: Place
    commands: tuple[Command, ...] = ()
    env: dict[str, str] = {}
    folder: str = ""
    description: str = ""
    note: str = ""
    appends: bool = False
    appends_to_all: bool = False
    private: bool = False
    unsupported: str = ""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What to start: words, or (``shell`` not empty) a text for the system's shell."""

    argv: tuple[str, ...] = ()
    shell: str = ""
    env: dict[str, str] = {}
    folder: str = ""
    may_fail: bool = False


def commands_of(name: str, words: Sequence[str], tasks: Mapping[str, Task]) -> tuple[Ready, ...]:
    """Give what running the task ``name`` with extra ``words`` means, in order; stop at the first failure.

    Raises BadInput: ``task-unsupported`` with the place and the reason, ``task-loop`` for
    tasks that call each other without end, ``no-task`` for a name that is none,
    ``task-arguments`` where words are given and the task has no place for them.
    """
    return tuple(_ready(name, tuple(words), tasks, ()))


def _ready(
    name: str, words: tuple[str, ...], tasks: Mapping[str, Task], above: tuple[str, ...]
) -> list[Ready]:
    task = tasks.get(name)
    if task is None:
        raise BadInput("no-task", f"there is no task `{name}`")
    if task.unsupported:
        raise BadInput(
            "task-unsupported",
            f"onward cannot run the task `{name}` the way {task.kind} would",
            context=(f"{task.place}: {task.unsupported}",),
            hint=f"Run it with {task.kind} itself.",
        )
    if name in above or len(above) > _DEEPEST:
        way = " -> ".join((*above, name))
        raise BadInput("task-loop", f"the task `{name}` calls itself", context=(way,))
    fills = any(_ARGS.search(c.line + c.shell + c.task) for c in task.commands)
    if words and not (fills or task.appends):
        raise BadInput(
            "task-arguments",
            f"the task `{name}` takes no further words",
            context=(f"{task.place}: it has no `{{args}}`",),
        )
    ready: list[Ready] = []
    for i, command in enumerate(task.commands):
        last = i == len(task.commands) - 1
        extra = words if task.appends and not fills and (last or task.appends_to_all) else ()
        ready += _one(command, words, extra, tasks, (*above, name))
    return [
        msgspec.structs.replace(one, env={**task.env, **one.env}, folder=one.folder or task.folder)
        for one in ready
    ]


def _one(
    command: Command,
    words: tuple[str, ...],
    extra: tuple[str, ...],
    tasks: Mapping[str, Task],
    above: tuple[str, ...],
) -> list[Ready]:
    if command.task:
        text, used = fill(command.task, words)
        first, *rest = words_of(text) or ("",)
        more = (*rest, *(() if used else extra))
        if first in tasks:
            inside = _ready(first, more, tasks, above)
        else:  # PDM takes what is no task as a command
            inside = [Ready(argv=(first, *more))]
        return [
            msgspec.structs.replace(one, may_fail=one.may_fail or command.may_fail)
            for one in inside
        ]
    if command.shell:
        text, used = fill(command.shell, words)
        if extra and not used:
            text = f"{text} {shlex.join(extra)}"
        return [Ready(shell=text, may_fail=command.may_fail)]
    if command.line:
        text, used = fill(command.line, words)
        return [Ready(argv=(*words_of(text), *(() if used else extra)), may_fail=command.may_fail)]
    return [Ready(argv=(*command.argv, *extra), may_fail=command.may_fail)]


def fill(text: str, words: Sequence[str]) -> tuple[str, bool]:
    """Put ``words`` (quoted) where ``{args}`` or ``{args:default}`` stands; say whether there was such a place."""
    found = _ARGS.search(text) is not None
    return _ARGS.sub(lambda m: shlex.join(words) if words else (m[1] or ""), text), found


def words_of(text: str) -> tuple[str, ...]:
    """Part a command line into words as a POSIX shell would; () when its quotes do not close."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()


def called(text: str) -> tuple[str, ...]:
    """Give the words that call ``package.module:function`` in Python, with literal arguments if any.

    ``()`` for any other text: what is not literal is worked out by the tool it was written for.
    """
    found = _CALL.fullmatch(text.strip())
    if not found:
        return ()
    module, function, arguments = found[1], found[2], found[3] or "()"
    try:
        call = ast.parse(f"f{arguments}", mode="eval").body
        values = (
            [*call.args, *(k.value for k in call.keywords)] if isinstance(call, ast.Call) else []
        )
        for value in values:
            ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return ()
    code = f"import sys; from {module} import {function} as _f; sys.exit(_f{arguments})"
    return ("python", "-c", code)
