"""Tasks that a project already has, in whatever file they stand; no format of ours is needed first.

Read are ``[tool.onward.tasks]``, PDM's scripts, Hatch's environment scripts, Poe's tasks,
Pipfile scripts and simple Makefile targets, and that is the order in which they win. What
cannot be run just as its own tool would is kept with the reason, never run half right.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from onward.core.finding import Place
from onward.core.lines import lines_of
from onward.domain.layouts.lines import Lines
from onward.domain.layouts.poe import poe_command
from onward.domain.layouts.tables import parse_toml
from onward.domain.layouts.task import Command, Task, called, words_of

READ_FILES = ("pyproject.toml", "hatch.toml", "Pipfile", "GNUmakefile", "makefile", "Makefile")
_TARGET = re.compile(r"^([A-Za-z0-9][\w-]*(?:\s+[A-Za-z0-9][\w-]*)*)\s*::?(?![=:])\s*([^=]*)$")
_FIELD = re.compile(r"\{(?!args\b)[a-z_]+[^{}]*\}")


class Tasks(msgspec.Struct, frozen=True, kw_only=True):
    """All tasks found: ``named`` by name in the order of precedence, ``shadowed`` those that lost to them."""

    named: dict[str, Task] = {}
    shadowed: tuple[Task, ...] = ()

    @property
    def public(self) -> tuple[Task, ...]:
        """Give the tasks that may be asked for by name."""
        return tuple(task for task in self.named.values() if not task.private)


def find_tasks(files: Mapping[str, str]) -> Tasks:
    """Read the tasks out of ``files`` (name at the root to text; see ``READ_FILES``).

    Raises BadInput with line for TOML that cannot be read.
    """
    named: dict[str, Task] = {}
    shadowed: list[Task] = []
    for task in _all(files):
        if task.name in named:
            shadowed.append(task)
        else:
            named[task.name] = task
    return Tasks(named=named, shadowed=tuple(shadowed))


def _all(files: Mapping[str, str]) -> Iterator[Task]:
    text = files.get("pyproject.toml", "")
    tool = _table(parse_toml(text, "pyproject.toml"), "tool") if text else {}
    lines = Lines(text, "pyproject.toml")
    onward = _table(tool, "onward")
    for name, value in _table(onward, "tasks").items():
        yield _onward(name, value, lines.of_key(name, "tool.onward.tasks"))
    yield from _pdm(_table(_table(tool, "pdm"), "scripts"), lines)
    yield from _hatch(_table(_table(tool, "hatch"), "envs"), "tool.hatch.envs", lines)
    if hatch := files.get("hatch.toml"):
        envs = _table(parse_toml(hatch, "hatch.toml"), "envs")
        yield from _hatch(envs, "envs", Lines(hatch, "hatch.toml"))
    for name, value in _table(_table(tool, "poe"), "tasks").items():
        yield poe_command(name, value, lines.of_key(name, "tool.poe.tasks"))
    if pipfile := files.get("Pipfile"):
        own = Lines(pipfile, "Pipfile")
        for name, value in _table(parse_toml(pipfile, "Pipfile"), "scripts").items():
            yield _pipenv(name, value, own.of_key(name, "scripts"))
    makefile = next((n for n in ("GNUmakefile", "makefile", "Makefile") if n in files), None)
    if makefile:
        yield from _make(files[makefile], makefile)


def _onward(name: str, value: object, place: Place) -> Task:
    """Text is one command line (no shell); a list is one command given word by word."""
    words = value if isinstance(value, list) else None
    if words and all(isinstance(word, str) for word in words):
        command = Command(argv=tuple(words))
    elif isinstance(value, str) and (argv := words_of(value)):
        command = Command(argv=argv)
    else:
        return Task(
            name=name, kind="onward", place=place, unsupported="text or a list of words is expected"
        )
    return Task(name=name, kind="onward", place=place, commands=(command,), appends=True)


def _pdm(scripts: dict[str, Any], lines: Lines) -> Iterator[Task]:
    shared = _table(scripts, "_")
    for name, value in scripts.items():
        if name != "_":
            table = {"cmd": value} if isinstance(value, str | list) else value
            place = lines.of_key(name, "tool.pdm.scripts")
            yield _pdm_one(name, {**shared, **table} if isinstance(table, dict) else {}, place)


def _pdm_one(name: str, table: dict[str, Any], place: Place) -> Task:
    base = Task(
        name=name,
        kind="pdm",
        place=place,
        env=_env(table.get("env")),
        folder=str(table.get("working_dir", "")),
        description=str(table.get("help", "")),
        private=name.startswith("_"),
    )
    known = {"cmd", "shell", "call", "composite", "env", "help", "working_dir", "site_packages"}
    odd = sorted(set(table) - known)
    cmd, shell, composite = table.get("cmd"), table.get("shell"), table.get("composite")
    line = next((t for t in (cmd, shell) if isinstance(t, str)), "")
    if "{pdm}" in line or odd:
        what = "{pdm}" if "{pdm}" in line else ", ".join(f"`{key}`" for key in odd)
        return _cannot(base, f"it uses {what}, which only pdm can do")
    commands: list[Command] = []
    if isinstance(cmd, list):
        commands = [Command(argv=tuple(map(str, cmd)))]
    elif isinstance(cmd, str) and words_of(cmd):
        commands = [Command(line=cmd)]
    elif isinstance(shell, str):
        commands = [Command(shell=shell)]
    elif isinstance(call := table.get("call"), str) and (argv := called(call)):
        commands = [Command(argv=argv)]
    elif isinstance(composite, list):
        commands = [Command(task=str(entry)) for entry in composite]
    if not commands:
        return _cannot(base, "it has no command that onward knows")
    return msgspec.structs.replace(
        base, commands=tuple(commands), appends=True, appends_to_all=composite is not None
    )


def _hatch(envs: dict[str, Any], where: str, lines: Lines) -> Iterator[Task]:
    for env, table in envs.items():
        scripts = _table(table, "scripts") if isinstance(table, dict) else {}
        variables = _env(table.get("env-vars")) if scripts else {}
        for name, value in scripts.items():
            full = name if env == "default" else f"{env}:{name}"
            listed = [value] if isinstance(value, str) else value
            task = Task(
                name=full,
                kind="hatch",
                place=lines.of_key(name, f"{where}.{env}.scripts"),
                env=variables,
                note="" if env == "default" else f"hatch would use its own environment `{env}`",
            )
            if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
                yield _cannot(task, "text or a list of texts is expected")
            elif odd := _FIELD.search(" ".join([*listed, *variables.values()])):
                yield _cannot(task, f"it uses `{odd[0]}`, which only hatch can fill in")
            else:
                commands = tuple(_hatch_command(one, env, scripts) for one in listed)
                yield msgspec.structs.replace(task, commands=commands)


def _hatch_command(text: str, env: str, scripts: dict[str, Any]) -> Command:
    """A command may begin with `- ` (its failure does not count) or with the name of a script beside it."""
    may_fail = text.startswith("- ")
    text = text.removeprefix("- ")
    first, _, rest = text.partition(" ")
    if first in scripts:
        full = first if env == "default" else f"{env}:{first}"
        return Command(task=f"{full} {rest}".strip(), may_fail=may_fail)
    return Command(shell=text, may_fail=may_fail)


def _pipenv(name: str, value: object, place: Place) -> Task:
    task = Task(name=name, kind="pipenv", place=place, appends=True)
    if isinstance(value, dict) and isinstance(value.get("call"), str):
        argv = called(str(value["call"]))
    else:
        line = value.get("cmd") if isinstance(value, dict) else value
        argv = words_of(line) if isinstance(line, str) else ()
    if not argv:
        return _cannot(task, "it has no command that onward knows")
    return msgspec.structs.replace(task, commands=(Command(argv=argv),))


def _make(text: str, path: str) -> Iterator[Task]:
    """Give the targets with plain names: patterns, variables, file paths and dot targets are make's own."""
    seen: set[str] = set()
    for number, line in enumerate(lines_of(text), start=1):
        found = _TARGET.match(line.partition("#")[0].rstrip())
        for name in found[1].split() if found else ():
            if name not in seen:
                seen.add(name)
                _, mark, words = line.partition("##")
                yield Task(
                    name=name,
                    kind="make",
                    place=Place(path=path, line=number, source_line=line.strip()),
                    commands=(Command(argv=("make", name)),),
                    description=words.strip() if mark else "",
                )


def _cannot(task: Task, reason: str) -> Task:
    return msgspec.structs.replace(task, unsupported=reason)


def _env(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _table(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}
