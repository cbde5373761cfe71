"""``onward ship container-files``: the files that run a project in containers, or why it needs none."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE

if TYPE_CHECKING:
    from onward.domain.containers.facts import Facts
    from onward.workflows.regenerate import Outcome

_WORDS = "dockerfile, compose, devcontainer, vscode, pycharm, kubernetes, procfile"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add(
        "--only",
        nargs="+",
        default=[],
        metavar="WORD",
        help=f"write these only, and again where they were deleted: {_WORDS}",
    )
    add(
        "--package",
        metavar="MEMBER",
        help="which member of the workspace (default: the one whose folder this is)",
    )
    add("--command", metavar="WORDS", help="what starts the program, where nothing else tells")
    add(
        "--explain",
        action="store_true",
        help="say whether a container is of use here; write nothing",
    )
    add("--dry-run", action="store_true", help="show what would be written, and write nothing")
    add("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Write or explain; 1 when a person's edits and the new text collide, and then nothing is written."""
    from onward.cli.wrong_words import WrongWords
    from onward.core.folders import cache_folder
    from onward.core.net import Net
    from onward.core.perform import perform
    from onward.core.told_command import words_of_command
    from onward.workflows.container_files import (
        check_words,
        member_of,
        propose,
        read_facts,
        refuse_what_is_secret,
    )
    from onward.workflows.in_force import policy_in_force
    from onward.workflows.member import chosen
    from onward.workflows.project import open_project
    from onward.workflows.situation import alone, member_at

    wrong = WrongWords()
    wrong.need_values(options, ("package",))
    wrong.read(lambda: check_words(options.only))
    command: tuple[str, ...] = ()
    if options.command is not None:
        command = wrong.read(lambda: words_of_command(options.command)) or ()
    wrong.tell()
    project = open_project(desk.cwd, desk.env)
    here = chosen(project, member_at(desk.cwd.resolve(), project), options.package or "")
    facts = read_facts(project, command, here)
    if options.explain:
        return _explain(facts, options, desk)
    cache = cache_folder(desk.env)
    policy = policy_in_force(desk.cwd, env=desk.env, net=Net(desk.env), cache=cache).policy
    for words in refuse_what_is_secret(project, desk.env, policy.rows, desk.clock().date()):
        desk.tell(f"advise: {words}")
    with alone(project.root, cache):
        outcome = propose(member_of(project, here), facts, options.only)
        done = outcome.writes and not options.dry_run
        if done:
            perform(outcome.plan, project.root, started=desk.clock().isoformat())
    if options.json:
        desk.say_json(
            {
                "schema": "onward.container-files/1",
                "written": done,
                "files": sorted(outcome.changed),
                "left": outcome.left,
                **_facts(facts),
            }
        )
        return FINE
    show(outcome, project.root / here, desk, dry_run=options.dry_run)
    if "vscode" in (options.only or ["vscode"]):
        from onward.domain.containers.editors import waiting

        desk.say("To debug in the dev container, start it so and join it from the editor:")
        desk.say(f"  {shlex.join(waiting(facts))}")
    return FINE


def show(outcome: "Outcome", root: Path, desk: Desk, *, dry_run: bool) -> None:
    """Print what was done or would be; with ``dry_run`` as differences."""
    from onward.workflows.regenerate import difference

    for path, why in outcome.left.items():
        desk.say(f"note: {path} {why}")
    for path, text in outcome.changed.items():
        if dry_run:
            desk.say(difference(root, path, text))
        else:
            desk.say(f"written: {path}")
    if not outcome.changed:
        desk.say("Everything stands as it would be written.")
    elif dry_run:
        desk.say("Nothing was written (--dry-run).")
    else:
        desk.say("Done. `onward undo` takes it back.")


def _explain(facts: "Facts", options: argparse.Namespace, desk: Desk) -> int:
    from onward.domain.containers.facts import explain

    verdict = explain(facts)
    if options.json:
        desk.say_json(
            {
                "schema": "onward.container-files/1",
                "gains": verdict.gains,
                "sentence": verdict.sentence,
                "for": verdict.reasons_for,
                "against": verdict.reasons_against,
                **_facts(facts),
            }
        )
        return FINE
    desk.say(verdict.sentence)
    for reason in verdict.reasons_for:
        desk.say(f"  + {reason}")
    for reason in verdict.reasons_against:
        desk.say(f"  - {reason}")
    return FINE


def _facts(facts: "Facts") -> dict[str, object]:
    return {
        "python": facts.python,
        "services": facts.services,
        "processes": [
            {"name": one.name, "argv": one.argv, "port": one.port, "because": one.because}
            for one in facts.app.processes
        ],
        "to_build": facts.to_build,
        "variables": facts.app.variables,
    }
