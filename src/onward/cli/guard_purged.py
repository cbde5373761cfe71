"""``onward guard purged``: what the server took out of its store, why, and who has had it."""

import argparse

from onward.cli.door import Desk
from onward.cli.guard_serve import needs_server
from onward.cli.options import server_data, server_data_argument
from onward.core.errors import FINE


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    server_data_argument(parser)
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Read what was purged and print it."""
    with needs_server():
        from onward.workflows.serving.read_log import read_purged

    found = read_purged(server_data(options, desk))
    if options.json:
        desk.say_json(found)
        return FINE
    for recall in found:
        purge = recall.purge
        desk.say(f"{purge.at:%Y-%m-%d %H:%M:%S}  {purge.filename}  [{purge.rule}]")
        desk.say(f"  {purge.reason}")
        for row in recall.had:
            who = row.who or "-"
            desk.say(f"  had it: {row.at:%Y-%m-%d %H:%M:%S}  {who}  {row.address}  {row.client}")
        if not recall.had:
            desk.say("  nobody was given it, as far as the log goes back")
    if not found:
        desk.say("Nothing was purged.")
    return FINE
