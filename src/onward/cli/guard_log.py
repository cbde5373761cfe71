"""``onward guard log``: who was given which file by the server."""

import argparse

from onward.cli.door import Desk
from onward.cli.guard_serve import needs_server
from onward.cli.options import server_data, server_data_argument
from onward.core.errors import FINE


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "spec", nargs="?", metavar="NAME[==VERSION]", help="only this project or release"
    )
    parser.add_argument(
        "--since", metavar="WHEN", help='from then on: 2026-05-01, or "2 days" (default: all)'
    )
    server_data_argument(parser)
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Read the log and print it."""
    with needs_server():
        from onward.workflows.serving.read_log import read_log

    log = read_log(server_data(options, desk), options.spec, options.since, desk.clock())
    if options.json:
        desk.say_json(log)
        return FINE
    for row in log.downloads:
        who = row.who or "-"
        held = f"  would have been blocked: {row.held}" if row.held else ""
        when = row.at.strftime("%Y-%m-%d %H:%M:%S")
        desk.say(f"{when}  {row.filename}  {who}  {row.address or '-'}  {row.client or '-'}{held}")
    if not log.downloads:
        desk.say("Nothing was given that fits.")
    for gap in log.gaps:
        span = f"{gap.since:%Y-%m-%d %H:%M:%S} to {gap.until:%Y-%m-%d %H:%M:%S}"
        desk.say(f"! {gap.missing} downloads from {span} are missing here.")
    return FINE
