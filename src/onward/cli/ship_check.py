"""``onward ship check``: what would be handed out, compared with the repository and proven, and nothing written."""

import argparse
import json

from onward.cli.door import Desk
from onward.core.errors import FINE, REFUSED


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--no-reproduce", action="store_true", help="build once; do not compare a second build")
    add(
        "--offline",
        action="store_true",
        help="ask no registry; what is not in uv's cache stays unproven",
    )
    add("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Build, prove, compare and show; 1 when something enforced is found."""
    from onward.cli.changing import listener
    from onward.cli.ship_wheel import shipped_value, show_shipped, to_build
    from onward.core import env as names
    from onward.core.scratch_folder import scratch_folder
    from onward.workflows.ship_wheel import Wishes, ship_wheel
    from onward.workflows.situation import open_situation

    situation = open_situation(desk.cwd, desk.env, desk.clock())
    folder, pyproject = to_build(situation.project, desk.cwd)
    listen = listener(desk, quiet=options.json)
    with scratch_folder() as nowhere:
        wishes = Wishes(
            out=nowhere,
            reproduce=not options.no_reproduce,
            offline=options.offline or names.is_offline(desk.env),
            compare=True,
        )
        shipped = ship_wheel(folder, pyproject, situation, wishes, listen)
    if options.json:
        value = {
            **shipped_value(shipped, folder / "dist", done=False),
            "schema": "onward.ship-check/1",
        }
        del value["out"], value["written"]
        desk.say(json.dumps(value, indent=2, ensure_ascii=False))
        return REFUSED if shipped.decision.blocked else FINE
    show_shipped(shipped, folder / "dist", desk, done=False, only=True)
    for one in shipped.licences:
        desk.say(f"licence: {one.name} {one.version}: {one.licence or 'unknown'}")
    fit = "Not fit to hand out." if shipped.decision.blocked else "Fit to hand out."
    desk.say(f"{fit} Nothing was written.")
    if shipped.decision.blocked:
        desk.say(f"Log: {shipped.log}")
    return REFUSED if shipped.decision.blocked else FINE
