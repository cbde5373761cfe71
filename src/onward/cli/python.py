"""``onward python list|pin|check``: which Pythons are there, which one counts, and until when."""

import argparse
import json
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE, REFUSED, BadInput

if TYPE_CHECKING:
    from onward.core.plan import Plan
    from onward.core.project import Project
    from onward.workflows.python_in_use import Python


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_subparsers(dest="what", metavar="list|pin|check", required=True)
    listing = what.add_parser(
        "list", help="every installed Python, who manages it, until when it is kept up"
    )
    pin = what.add_parser("pin", help="pin the project to one version, everywhere at once")
    pin.add_argument(
        "version", metavar="VERSION", help="3.12 (any patch release) or 3.12.1 (that one)"
    )
    pin.add_argument(
        "--change-requires",
        action="store_true",
        help="in an application, also change requires-python where it has no room for the version",
    )
    pin.add_argument("--dry-run", action="store_true", help="show the plan, and change nothing")
    check = what.add_parser("check", help="say whether the project works with its pinned version")
    for parts in (listing, pin, check):
        parts.add_argument("--json", action="store_true", help="answer in JSON (schema 1)")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """List, pin or check."""
    return {"list": _list, "pin": _pin, "check": _check}[options.what](options, desk)


def _list(options: argparse.Namespace, desk: Desk) -> int:
    from onward.adapters.uv.commands import uv_program
    from onward.workflows.python_in_use import list_pythons, pin_of

    project = _project(desk)
    pin = pin_of(project.root)[0] if project else None
    listed = list_pythons(uv_program(desk.env), desk.env, desk.clock().date(), project)
    if options.json:
        pythons = [
            {
                "version": one.version,
                "path": one.path,
                "manager": one.manager,
                "variant": one.variant or None,
                "end_of_life": one.ends.isoformat() if one.ends else None,
                "state": str(one.state),
                "in_use": one.in_use,
                "pinned": bool(pin and pin.fits(one.version)),
            }
            for one in listed.found
        ]
        answer = {
            "schema": 1,
            "pin": str(pin) if pin else None,
            "complete": listed.complete,
            "pythons": pythons,
        }
        desk.say(json.dumps(answer, indent=2))
        return FINE
    width = max((len(one.path) for one in listed.found), default=0)
    for one in listed.found:
        words = f"{one.version:<10} {one.manager:<10} {one.path:<{width}}  {_life(one)}"
        desk.say(f"{'*' if one.in_use else ' '} {words}".rstrip())
    if any(one.in_use for one in listed.found):
        desk.say("* is the one this project works with")
    if not listed.found:
        desk.say("No Python >= 3.8 was found.")
    if not listed.complete:
        desk.tell(
            "uv could not be asked, so these are only what the version managers' folders show."
        )
    if pin:
        there = any(pin.fits(one.version) for one in listed.found)
        desk.say(
            f"Pinned: {pin}"
            + ("" if there else " (not installed; uv can fetch it at the next sync)")
        )
    return FINE


def _life(one: "Python") -> str:
    if one.ends is None:
        return "" if one.state == "unknown" else "past its end of life"
    words = {"supported": "kept up until", "ending": "ENDS SOON:", "ended": "past its end of life:"}
    variant = f" ({one.variant})" if one.variant else ""
    return f"{words[one.state]} {one.ends.isoformat()}{variant}"


def _project(desk: Desk) -> "Project | None":
    """The project here, if there is one: a list of Pythons makes sense anywhere."""
    from onward.workflows.project import open_project

    try:
        return open_project(desk.cwd, desk.env, read_lock=False)
    except BadInput as error:
        if error.reference != "no-project":
            raise
        return None


def _pin(options: argparse.Namespace, desk: Desk) -> int:
    from onward.core.folders import cache_folder
    from onward.core.perform import perform
    from onward.workflows.project import find_root, open_project
    from onward.workflows.python_pin import changes, propose_pin
    from onward.workflows.situation import alone

    now = desk.clock()
    with alone(find_root(desk.cwd), cache_folder(desk.env)):
        project = open_project(desk.cwd, desk.env, read_lock=False)
        plan = propose_pin(
            project,
            options.version,
            desk.env,
            now.date(),
            change_requires=options.change_requires,
        )
        done = changes(plan) and not options.dry_run
        if done:
            perform(plan, project.root, started=now.isoformat())
    _show_pin(plan, options, desk, done=done)
    return FINE


def _show_pin(plan: "Plan", options: argparse.Namespace, desk: Desk, *, done: bool) -> None:
    from onward.core.plan import Tell, WriteFile
    from onward.workflows.python_pin import changes

    if options.json:
        answer = {
            "schema": 1,
            "title": plan.title,
            "files": [step.path for step in plan.steps if isinstance(step, WriteFile)],
            "notes": [step.sentence for step in plan.steps if isinstance(step, Tell)],
            "done": done,
        }
        desk.say(json.dumps(answer, indent=2))
        return
    for step in plan.steps:
        desk.say(f"  {'note: ' if isinstance(step, Tell) else ''}{step.sentence}")
    if done:
        desk.say("Done. `onward undo` takes it back.")
    elif changes(plan):
        desk.say("Nothing was changed (--dry-run).")
    else:
        desk.say("Nothing to change: that is the pin already.")


def _check(options: argparse.Namespace, desk: Desk) -> int:
    from onward.cli.show import paint_for, verdict_lines
    from onward.cli.values import decision_value
    from onward.core.finding import Place
    from onward.core.folders import cache_folder
    from onward.core.net import Net
    from onward.domain.policy.decide import decide
    from onward.workflows.check import rows_for
    from onward.workflows.project import open_project
    from onward.workflows.python_in_use import python_findings
    from onward.workflows.settings import load_policy

    project = open_project(desk.cwd, desk.env, read_lock=False)
    today = desk.clock().date()
    policy = load_policy(
        project.root,
        project.tool_onward,
        env=desk.env,
        net=Net(desk.env),
        cache=cache_folder(desk.env),
    )
    findings = python_findings(project, desk.env, today)
    decision = decide(findings, rows_for(policy, project.root), today)
    if options.json:
        desk.say(json.dumps({"schema": 1, **decision_value(decision)}, indent=2))
    else:
        for verdict in decision.because:
            subject = verdict.finding.subject
            desk.say(subject.path if isinstance(subject, Place) else str(subject))
            for line in verdict_lines(verdict, paint_for(desk)):
                desk.say(f"  {line}")
        if not findings:
            desk.say("The project works with the Python it is meant to, and that one is kept up.")
    return REFUSED if decision.blocked else FINE
