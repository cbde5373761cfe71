"""``onward ship bump``: raise the version, by choice or by what became of the public API."""

import argparse
from typing import Any

from onward.cli.door import Desk
from onward.core.errors import FINE


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add(
        "to",
        nargs="?",
        default="auto",
        metavar="major|minor|patch|pre|VERSION|auto",
        help="which part goes up, or the version itself; auto (the default) compares the public API with the last release",
    )
    add("--dry-run", action="store_true", help="say what would be written, and write nothing")
    add("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Write the version, or say which tag of git would make it."""
    from onward.cli.changing import listener
    from onward.cli.ship_wheel import to_build
    from onward.core.perform import perform
    from onward.core.plan import WriteFile
    from onward.workflows.bump import propose_bump
    from onward.workflows.situation import working_on

    listen = listener(desk, quiet=options.json)
    with working_on(desk.cwd, desk.env, desk.clock(), listen) as (situation, _):
        folder, pyproject = to_build(situation.project, desk.cwd)
        bump = propose_bump(folder, pyproject, options.to, situation)
        writes = any(isinstance(step, WriteFile) for step in bump.plan.steps)
        done = writes and not options.dry_run
        if done:
            perform(bump.plan, situation.project.root, started=desk.clock().isoformat())
    if options.json:
        desk.say_json(_value(bump, done=done))
    else:
        _show(bump, desk, done=done, dry=options.dry_run)
    return FINE


def _show(bump: Any, desk: Desk, *, done: bool, dry: bool) -> None:
    from onward.cli.show import clean

    for words in bump.evidence:
        desk.say(clean(words))
    if bump.after == bump.before:
        desk.say(f"{bump.before} says so already ({bump.place.said}): nothing to do.")
        return
    desk.say(f"{bump.before or 'no version'} -> {bump.after}  ({bump.place.said})")
    for step in bump.plan.steps:
        desk.say(f"  {'would ' if dry else ''}{step.sentence}")
    if done:
        desk.say("Done. `onward undo` takes it back.")
    elif dry:
        desk.say("Nothing was changed (--dry-run).")


def _value(bump: Any, *, done: bool) -> dict[str, Any]:
    return {
        "schema": "onward.bump/1",
        "before": bump.before,
        "after": bump.after,
        "kept_in": bump.place.said,
        "evidence": list(bump.evidence),
        "steps": [step.sentence for step in bump.plan.steps],
        "done": done,
    }
