"""``onward new``: start a project that passes its own checks at once."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from onward import __version__
from onward.cli.door import Desk, load, parser_for
from onward.core.errors import FINE, OUR_FAULT, Refused
from onward.core.names import Name, is_name, parse_name
from onward.core.plan import Plan, WriteFile
from onward.domain.scaffold import (
    DEFAULT_PYTHON,
    FRAMEWORKS,
    LICENCES,
    STARTERS,
    Answers,
    Starter,
    answer,
    name_from_folder,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", metavar="NAME", help="the new folder, or `.` for this empty one")
    parser.add_argument("--kind", choices=tuple(STARTERS), help="what the project is")
    parser.add_argument("--framework", choices=tuple(FRAMEWORKS), help="for --kind web")
    parser.add_argument(
        "--python",
        default=DEFAULT_PYTHON,
        metavar="X.Y",
        help=f"oldest Python it supports (default: {DEFAULT_PYTHON})",
    )
    parser.add_argument(
        "--licence", "--license", choices=LICENCES, default="MIT", help="default: MIT"
    )
    parser.add_argument("--name", help="name of the project when the folder's name is no good")
    parser.add_argument("--no-sync", action="store_true", help="write the files, install nothing")
    parser.add_argument("--no-git", action="store_true", help="make no repository")
    parser.add_argument("--dry-run", action="store_true", help="list the files, write nothing")
    parser.add_argument("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Do it, and give the exit code."""
    from onward.workflows.new import create, plan_new, refuse_if_in_the_way

    target = Path(os.path.normpath(desk.cwd / options.folder))
    refuse_if_in_the_way(target)  # before anybody is asked anything
    answers = _answers(options, desk, target)
    plan = plan_new(answers, target, onward=__version__, env=desk.env, git=not options.no_git)
    if options.dry_run:
        _show(options, desk, answers, plan, target, synced=not options.no_sync)
        return FINE

    def listen(event: str, sentence: str) -> None:
        if event in ("undo", "note"):
            desk.tell(sentence)

    create(plan, target, started=desk.clock().isoformat(), listen=listen)
    code = FINE if options.no_sync else _make_environment(desk, target)
    synced = code == FINE and not options.no_sync
    _show(options, desk, answers, plan, target, synced=synced)
    return code


def _answers(options: argparse.Namespace, desk: Desk, target: Path) -> Answers:
    may_ask = desk.interactive and not options.json
    kind, framework = options.kind, options.framework or ""
    if kind is None and framework:
        kind = str(Starter.web)
    if kind is None:
        said = f"onward new {shlex.quote(options.folder)} --kind"
        kind = _ask(desk, said, "What is it going to be?", STARTERS, may_ask=may_ask)
    if kind == Starter.web and not framework:
        said = f"onward new {shlex.quote(options.folder)} --kind web --framework"
        framework = _ask(desk, said, "Which framework?", FRAMEWORKS, may_ask=may_ask)
    return answer(
        name=_name(options.name, target),
        kind=kind,
        framework=framework,
        python=options.python,
        licence=options.licence,
        year=desk.clock().year,
    )


def _name(given: str | None, target: Path) -> Name:
    if given is not None:
        return parse_name(given)
    return parse_name(target.name) if is_name(target.name) else name_from_folder(target.name)


def _ask(
    desk: Desk, command: str, question: str, choices: Mapping[str, str], *, may_ask: bool
) -> str:
    width = max(map(len, choices))
    lines = tuple(f"{word.ljust(width)}  {text}" for word, text in choices.items())
    unanswered = Refused(
        "question",
        f"{question} That is for you to say, and nobody is here to ask",
        context=lines,
        hint=f"For example: {command} {next(iter(choices))}",
    )
    if not may_ask:
        raise unanswered
    desk.tell(question)
    for number, line in enumerate(lines, start=1):
        desk.tell(f"  {number}  {line}")
    words = list(choices)
    while True:
        desk.err.write("Number or word: ")
        desk.err.flush()
        line = sys.stdin.readline()
        if not line:
            raise unanswered
        said = line.strip().lower()
        if said in words:
            return said
        if said.isdecimal() and 1 <= int(said) <= len(words):
            return words[int(said) - 1]


def _make_environment(desk: Desk, target: Path) -> int:
    """Lock and sync the project as ``onward sync`` does, judged; what it shows goes beside our answer."""
    inside = Desk(desk.env, cwd=target, clock=desk.clock, out=desk.err, err=desk.err)
    code = OUR_FAULT
    try:
        options = parser_for("sync").parse_args([])
        options.part = True  # of what we do here: the last word is ours
        code = load("sync").run(options, inside)
    finally:
        if code != FINE:
            desk.tell(f"The project in {target} is whole; only its environment is missing.")
            desk.tell("`onward sync` in that folder makes it.")
    return code


def _show(
    options: argparse.Namespace,
    desk: Desk,
    answers: Answers,
    plan: Plan,
    target: Path,
    *,
    synced: bool,
) -> None:
    files = [
        Path(step.path).relative_to(target).as_posix()
        for step in plan.steps
        if isinstance(step, WriteFile)
    ]
    others = [step.sentence for step in plan.steps if not isinstance(step, WriteFile)]
    to_try = _next(desk, answers, target, synced=synced)
    if options.json:
        told = {
            "name": answers.name,
            "module": answers.module,
            "kind": answers.kind,
            "framework": answers.framework or None,
            "python": answers.python,
            "licence": answers.licence,
            "root": str(target),
            "dry_run": options.dry_run,
            "synced": synced and not options.dry_run,
            "files": files,
            "steps": others,
            "next": to_try,
        }
        desk.say(json.dumps(told, indent=2, ensure_ascii=False))
        return
    desk.say(plan.title)
    if options.dry_run:
        for file in files:
            desk.say(f"  {file}")
    else:
        desk.say(f"  {len(files)} files")
    for sentence in others:
        desk.say(f"  {sentence}")
    if options.dry_run:
        desk.say("Nothing was written.")
        return
    desk.say("Next:")
    for command in to_try:
        desk.say(f"  {command}")


def _next(desk: Desk, answers: Answers, target: Path, *, synced: bool) -> list[str]:
    start = {
        Starter.application: "onward run start",
        Starter.library: "onward add httpx",
        Starter.web: "onward run dev",
        Starter.cli: f"onward run {answers.name} README.md",
        Starter.gui: "onward run start",
        Starter.data: "onward run pipeline",
    }[answers.kind]
    commands = ["onward run pytest", start, "onward check"]
    if not synced:
        commands.insert(0, "onward sync")
    if target != desk.cwd:
        there = os.path.relpath(target, desk.cwd)
        commands.insert(0, f'cd "{there}"' if os.name == "nt" else f"cd {shlex.quote(there)}")
    return commands[:3]
