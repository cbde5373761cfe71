"""``onward check --warm`` and ``--warm-stop``: when a type checker may stay in memory, what came of it, and ending it."""

import argparse

from onward.cli.door import Desk
from onward.core import env as names
from onward.core.errors import FINE
from onward.workflows.check import Checked
from onward.workflows.check_project import cool
from onward.workflows.checking.warm import STAYS
from onward.workflows.situation import Situation, open_situation


def is_wanted(options: argparse.Namespace, situation: Situation, desk: Desk) -> bool:
    """Say whether one that stays is to be asked: by the words of the command, else by the project's settings.

    On a build service there is none, which is told.
    """
    asked = options.warm
    if asked is None:
        asked = situation.policy.check.warm
    if asked and names.in_ci(desk.env):
        desk.tell("No type checker is kept warm where CI is set: it looks anew.")
        return False
    return bool(asked)


def tell(checked: Checked, desk: Desk) -> None:
    """Tell why a tool that may stay in memory was not asked there, and that there is none where that is so."""
    can = [tool for tool in checked.tools if tool.tool in STAYS]
    if not can:
        desk.tell("Nothing is kept warm: of the tools that looked none can stay in memory.")
    for tool in can:
        if tool.warmth.cold:
            desk.tell(f"{tool.tool} looked anew, and not from memory: {tool.warmth.cold}.")
        if tool.warmth.started:
            desk.tell(f"{tool.tool} stays in memory now; `onward check --warm-stop` ends it.")


def stop(desk: Desk) -> int:
    """End the one of this project, and say whether there was one."""
    situation = open_situation(desk.cwd, desk.env, desk.clock(), scripts=True)
    ended = cool(situation)
    desk.say("The type checker in memory has ended." if ended else "No type checker is in memory.")
    return FINE
