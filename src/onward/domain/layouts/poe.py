"""Poe the Poet's tasks (``[tool.poe.tasks]``), as far as they can be run without Poe."""

import re
from typing import Any

import msgspec

from onward.core.finding import Place
from onward.domain.layouts.task import Command, Task, called, words_of

# What Poe itself works out in a `cmd`: parameters, globs. A shell is not asked, so we cannot.
_WORKED_OUT = re.compile(r"[$*?\[]")
_KNOWN = {"cmd", "shell", "script", "ref", "sequence", "env", "cwd", "help"}


def poe_command(name: str, value: object, place: Place) -> Task:
    """Read one task; what needs Poe (``expr``, ``switch``, ``args``, ``deps``, ...) says so in ``unsupported``."""
    table = (
        value
        if isinstance(value, dict)
        else {"sequence" if isinstance(value, list) else "cmd": value}
    )
    env = table.get("env")
    task = Task(
        name=name,
        kind="poe",
        place=place,
        env={str(k): str(v) for k, v in env.items()} if isinstance(env, dict) else {},
        folder=str(table.get("cwd", "")),
        description=str(table.get("help", "")),
        private=name.startswith("_"),
    )
    if odd := sorted(set(table) - _KNOWN):
        return _cannot(
            task, f"it uses {', '.join(f'`{key}`' for key in odd)}, which only poe can do"
        )
    if any("$" in v for v in (*task.env.values(), task.folder)) or _has_tables(env):
        return _cannot(task, "its `env` or `cwd` is worked out by poe")
    commands, reason = _commands(table)
    if reason:
        return _cannot(task, reason)
    return msgspec.structs.replace(task, commands=tuple(commands), appends="cmd" in table)


def _commands(table: dict[str, Any]) -> tuple[list[Command], str]:
    for key in ("cmd", "shell", "script", "ref"):
        if isinstance(text := table.get(key), str):
            return _single(key, text)
    sequence = table.get("sequence")
    if not isinstance(sequence, list) or not sequence:
        return [], "it has no command that onward knows"
    commands: list[Command] = []
    for entry in sequence:  # text in a sequence names another task
        if isinstance(entry, str):
            commands.append(Command(task=entry))
            continue
        if not isinstance(entry, dict) or len(entry) != 1:
            return [], "an entry of its sequence has options that only poe can do"
        inside, reason = _commands(entry)
        if reason:
            return [], reason
        commands += inside
    return commands, ""


def _single(key: str, text: str) -> tuple[list[Command], str]:
    if key == "shell":
        return [Command(shell=text)], ""
    if key == "script":
        argv = called(text)
        return [
            Command(argv=argv)
        ] if argv else [], "" if argv else f"`{text}` is not module:function"
    if _WORKED_OUT.search(text):
        return [], "poe fills in variables and file patterns itself"
    if not (argv := words_of(text)):
        return [], "its quotes do not close"
    return [Command(task=text) if key == "ref" else Command(argv=argv)], ""


def _has_tables(env: object) -> bool:
    return isinstance(env, dict) and any(isinstance(v, dict) for v in env.values())


def _cannot(task: Task, reason: str) -> Task:
    return msgspec.structs.replace(task, unsupported=reason)
