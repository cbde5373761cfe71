"""``onward allow``: let one thing pass, with a reason and a date."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.cli.options import server_data
from onward.core.errors import FINE, BadInput

if TYPE_CHECKING:
    from onward.workflows.allow import Allowed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "spec", metavar="NAME[==VERSION]", help="what may pass; `acme-*` fits many names"
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="RULE",
        help="the rule to let it past (again for more; default: every guard rule that can stop it here,"
        " except guard/malicious and guard/private-name, which must be named)",
    )
    parser.add_argument(
        "--until",
        metavar="DATE",
        help='the last day it counts: 2027-01-31, or "30 days" from today',
    )
    parser.add_argument(
        "--why", required=True, metavar="TEXT", help="the reason; whoever reviews will read it"
    )
    parser.add_argument(
        "--organisation-file",
        metavar="FILE",
        help="write into this policy file of an organisation instead of the project's pyproject.toml",
    )
    parser.add_argument(
        "--server",
        action="store_true",
        help="write into the policy of this user's server (`onward guard serve`), which takes it up at once",
    )
    parser.add_argument(
        "--data", metavar="DIR", help="the same for the server whose data folder this is"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be written, and write nothing"
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Plan the row, show it, and write it."""
    from onward.core.folders import cache_folder
    from onward.core.net import Net
    from onward.core.perform import perform
    from onward.workflows.allow import Wish, parse_until, plan_allow, plan_organisation_allow
    from onward.workflows.in_force import policy_in_force, root_of
    from onward.workflows.situation import alone

    now = desk.clock()
    wish = Wish(
        spec=options.spec,
        why=options.why,
        rules=tuple(options.rule),
        until=parse_until(options.until, now.date()) if options.until else None,
    )
    cache = cache_folder(desk.env)
    file = _policy_file(options, desk)
    with alone(file.parent.resolve() if file else root_of(desk.cwd), cache):
        if file is not None:
            allowed = plan_organisation_allow(wish, file, now.date())
        else:
            here = policy_in_force(desk.cwd, env=desk.env, net=Net(desk.env), cache=cache)
            allowed = plan_allow(wish, here, now.date())
        if allowed.plan is not None and not options.dry_run:
            perform(allowed.plan, allowed.root, started=now.isoformat())
    _show(allowed, options, desk)
    return FINE


def _policy_file(options: argparse.Namespace, desk: Desk) -> Path | None:
    """Give the policy file of an organisation or a server to write into; None: the project's own."""
    served = options.server or options.data
    if served and options.organisation_file:
        raise BadInput(
            "one-file",
            "a row goes into one policy file",
            hint="Give `--organisation-file`, or `--server` and `--data`.",
        )
    if served:
        from onward.workflows.settings import ORGANISATION_FILE

        folder = server_data(options, desk)
        if not folder.is_dir():
            raise BadInput(
                "no-server-data",
                f"there is no data folder of a server at `{folder}`",
                hint="Name the one that `onward guard serve` says: `--data DIR`.",
            )
        return folder / ORGANISATION_FILE
    return desk.cwd / options.organisation_file if options.organisation_file else None


def _show(allowed: "Allowed", options: argparse.Namespace, desk: Desk) -> None:
    from onward.domain.policy.write import render

    row, plan = allowed.row, allowed.plan
    if options.json:
        answer = {
            "file": str(allowed.file),
            "row": row.values() if row else None,
            "written": row is not None and not options.dry_run,
            "updated": allowed.updates,
            "notes": list(allowed.notes),
        }
        desk.say_json(answer)
        return
    if row is None or plan is None:
        desk.say(f"Nothing to allow: no rule of the guard stops {options.spec} here.")
    else:
        ours = allowed.file.name == "pyproject.toml"
        key = ("tool", "onward", "policy") if ours else ("policy",)
        desk.say(("Plan: " if options.dry_run else "Done: ") + plan.steps[0].sentence)
        for line in render(row, key, "\n").splitlines():
            desk.say(f"  {line}")
    for note in allowed.notes:
        desk.say(f"Note: {note}.")
    if row is not None and not options.dry_run and (options.server or options.data):
        desk.say("A server that runs takes it up within a second.")
    elif row is not None and not options.dry_run:
        desk.say("`onward undo` takes it back; `onward policy` shows all rows in force.")
