"""``onward guard yank`` and ``onward guard delete``: take back what was uploaded to a server, on its machine."""

import argparse
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.cli.guard_serve import needs_server
from onward.cli.options import server_data, server_data_argument
from onward.core.errors import FINE

if TYPE_CHECKING:
    from onward.index.publish import Changed


def yank_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``yank``."""
    parser.add_argument("release", metavar="NAME==VERSION", help="which release")
    parser.add_argument(
        "--reason", default="", metavar="TEXT", help="why; installers show it to people"
    )
    parser.add_argument("--undo", action="store_true", help="take the yank back")
    _common(parser)


def delete_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``delete``."""
    parser.add_argument(
        "release", metavar="NAME==VERSION|FILE", help="which release, or which file"
    )
    _common(parser)


def _common(parser: argparse.ArgumentParser) -> None:
    server_data_argument(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be done, and do nothing"
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Yank or delete."""
    with needs_server():
        from onward.workflows.serving.own_by_hand import delete, own_packages_of, parse_which

    deleting = options.action == "delete"
    which = parse_which(options.release, files=deleting)
    with own_packages_of(server_data(options, desk), desk.clock) as own:
        if deleting:
            done = delete(own, which, pretend=options.dry_run)
        else:
            reason = None if options.undo else options.reason
            done = own.yank(which.name, which.version, reason, pretend=options.dry_run)
    _show(done, options, desk)
    return FINE


def _show(done: "Changed", options: argparse.Namespace, desk: Desk) -> None:
    if options.json:
        import msgspec

        answer = {"done": not options.dry_run, **msgspec.to_builtins(done)}
        desk.say_json(answer)
        return
    what = "deleted for good" if done.deleted else "not yanked" if done.yanked is None else "yanked"
    verb = "would be" if options.dry_run else "is now"
    why = f" ({done.yanked})" if done.yanked and not done.deleted else ""
    desk.say(f"{done.project}=={done.version} {verb} {what}{why}:")
    for filename in done.files:
        desk.say(f"  {filename}")
    if not options.dry_run:
        desk.say("A running server knows within a second.")
