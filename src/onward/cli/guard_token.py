"""``onward guard token``: make, list and revoke the tokens that let people and machines use the server."""

import argparse
import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from onward.cli.door import Desk
from onward.cli.guard_serve import needs_server
from onward.cli.options import server_data, server_data_argument
from onward.core.errors import FINE

if TYPE_CHECKING:
    from onward.adapters.database.engine import Database
    from onward.adapters.database.tokens import TokenRow

_EXPIRES = "365 days"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from onward.domain.grants import Action

    does = parser.add_subparsers(dest="token_action", required=True, metavar="ACTION")
    new = does.add_parser(
        "new",
        help="make a token and print it, once",
        description="Make a token. It is printed on standard output, alone and only now: the server keeps a digest of it.",
    )
    new.add_argument(
        "label", metavar="LABEL", help="what it is for; stands in the list and the log"
    )
    new.add_argument(
        "--action",
        dest="may",
        action="append",
        choices=[str(action) for action in Action],
        help="what it may do, again for more (default: read)",
    )
    new.add_argument(
        "--project",
        action="append",
        metavar="GLOB",
        help="the projects it is for, like `acme-*`, again for more (default: all)",
    )
    new.add_argument(
        "--expires",
        default=_EXPIRES,
        metavar="SPAN|DATE|never",
        help=f'"90 days", the last day it counts (2027-01-31), or never (default: {_EXPIRES})',
    )
    listed = does.add_parser(
        "list", help="show all tokens", description="Show all tokens there ever were."
    )
    revoke = does.add_parser(
        "revoke",
        help="let a token count no more",
        description="Let a token count no more; a running server knows within a second.",
    )
    revoke.add_argument("token", metavar="ID|LABEL", help="which one; never the token itself")
    for one in (new, listed, revoke):
        server_data_argument(one)
        one.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Do what ACTION says."""
    with needs_server():
        from onward.workflows.serving.data_folder import database_of

    do = {"new": _new, "list": _list, "revoke": _revoke}[options.token_action]
    with database_of(server_data(options, desk), make=do is _new) as database:
        do(options, desk, database)
    return FINE


def _new(options: argparse.Namespace, desk: Desk, database: "Database") -> None:
    import secrets

    from onward.domain.grants import Action
    from onward.workflows.serving.tokens import TokenWish, new_token

    wish = TokenWish(
        label=options.label,
        actions=tuple(Action(word) for word in options.may or ("read",)),
        projects=tuple(options.project or ()),
        expires=options.expires,
    )
    token, row = new_token(database, wish, now=desk.clock(), random=secrets.token_bytes)
    if options.json:
        desk.say_json({"token": token.text, **_values(row, desk.clock())})
        return
    until = f"until {_moment(row.expires)}" if row.expires else "until it is revoked"
    desk.tell(
        f"Token `{row.label}` ({row.id}) may {_actions(row)} {_projects(row)}, {until}.\n"
        "This is the only time it is shown. Send it as the password of user `__token__`."
    )
    desk.say(token.text)


def _list(options: argparse.Namespace, desk: Desk, database: "Database") -> None:
    from onward.workflows.serving.tokens import all_tokens

    rows = all_tokens(database)
    now = desk.clock()
    if options.json:
        desk.say_json([_values(row, now) for row in rows])
    elif not rows:
        desk.say("No tokens yet. `onward guard token new LABEL` makes one.")
    else:
        for line in _table(rows, now):
            desk.say(line)


def _revoke(options: argparse.Namespace, desk: Desk, database: "Database") -> None:
    from onward.workflows.serving.tokens import revoke

    row = revoke(database, options.token, now=desk.clock())
    if options.json:
        desk.say_json({"id": row.id, "label": row.label, "was_revoked": row.revoked is not None})
    elif row.revoked:
        desk.say(f"Token `{row.label}` ({row.id}) was revoked on {_moment(row.revoked)} already.")
    else:
        desk.say(f"Token `{row.label}` ({row.id}) counts no more.")


def _table(rows: Sequence["TokenRow"], now: dt.datetime) -> list[str]:
    from onward.workflows.serving.tokens import state_of

    cells = [("LABEL", "ID", "ACTIONS", "PROJECTS", "CREATED", "EXPIRES", "LAST USED", "STATE")]
    cells += [
        (
            row.label,
            row.id,
            _actions(row),
            ", ".join(row.grant.projects) or "all",
            _moment(row.created),
            _moment(row.expires) if row.expires else "never",
            _moment(row.used) if row.used else "never",
            state_of(row, now),
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def _values(row: "TokenRow", now: dt.datetime) -> dict[str, Any]:
    from onward.workflows.serving.tokens import state_of

    return {
        "id": row.id,
        "label": row.label,
        "actions": sorted(row.grant.actions),
        "projects": row.grant.projects,
        "created": row.created,
        "expires": row.expires,
        "used": row.used,
        "revoked": row.revoked,
        "state": state_of(row, now),
    }


def _actions(row: "TokenRow") -> str:
    return ", ".join(sorted(row.grant.actions))


def _projects(row: "TokenRow") -> str:
    return f"the projects {', '.join(row.grant.projects)}" if row.grant.projects else "all projects"


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%MZ")
