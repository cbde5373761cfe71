"""``onward policy``: show the rules in force and where each comes from."""

import argparse
from itertools import groupby
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE

if TYPE_CHECKING:
    from onward.workflows.policy import Line, View


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Read the policy and print it."""
    from onward.core.folders import cache_folder
    from onward.core.net import Net
    from onward.workflows.check import with_ruff
    from onward.workflows.in_force import policy_in_force
    from onward.workflows.policy import view

    here = policy_in_force(desk.cwd, env=desk.env, net=Net(desk.env), cache=cache_folder(desk.env))
    seen = view(with_ruff(here.policy, here.root), desk.clock().date())
    if options.json:
        import msgspec

        answer = {"root": str(here.root), "digest": here.policy.digest, **msgspec.to_builtins(seen)}
        desk.say_json(answer)
    else:
        _show(seen, desk)
    return FINE


def _show(seen: "View", desk: Desk) -> None:
    desk.say("Settings")
    keys = max(len(setting.key) for setting in seen.settings)
    values = max(min(len(setting.value), 34) for setting in seen.settings)
    for setting in seen.settings:
        desk.say(f"  {setting.key.ljust(keys)}  {setting.value.ljust(values)}  {setting.origin}")
    desk.say()
    desk.say("Rows, in the order in which they are asked; in each group the first that fits wins")
    for source, group in groupby(seen.rows, key=lambda line: line.source):
        desk.say(f"  {_HEADINGS[source.value]}")
        for line in group:
            for text in _lines(line):
                desk.say(f"    {text}")
    if seen.next_change is not None:
        desk.say()
        desk.say(
            f"From {seen.next_change.isoformat()} on a decision may differ: a row will have ended."
        )


_HEADINGS = {
    "option": "this call",
    "project": "the project",
    "organisation": "the organisation (a floor, unless the row may be loosened)",
    "builtin": "onward",
}


def _lines(line: "Line") -> list[str]:
    words = f"{line.level.value.ljust(8)}{', '.join(line.rules)}"
    if line.only:
        words += f"  for {', '.join(line.only)}"
    if line.until:
        words += f"  until {line.until.isoformat()}"
    if line.source.value == "builtin":
        return [words]
    marks = (
        (line.expired, "expired: no longer counts"),
        (line.loosens, "loosens"),
        (line.held, "held back by the organisation's floor"),
        (line.may_loosen, "a project may loosen it"),
    )
    notes = [mark for holds, mark in marks if holds]
    tail = f"  ({'; '.join(notes)})" if notes else ""
    beneath = f"        {line.where}" + (f": {line.why}" if line.why else "")
    return [words + tail, beneath]
