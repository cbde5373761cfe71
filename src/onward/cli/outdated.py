"""``onward outdated``: what is newer, what the policy allows of it, and what holds the rest back."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from onward.cli.door import Desk
from onward.core.errors import FINE, OUTSIDE

if TYPE_CHECKING:
    from onward.workflows.outdated import Outdated, Standing
    from onward.workflows.situation import Situation


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--direct", action="store_true", help="only what the project itself asks for"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Look, print, and give 4 when something could not be looked up."""
    from onward.cli.changing import listener
    from onward.workflows.outdated import look_for_newer
    from onward.workflows.resolve import Resolver
    from onward.workflows.situation import open_situation

    situation = open_situation(desk.cwd, desk.env, desk.clock())
    resolver = Resolver(situation, situation.judge(), listener(desk, quiet=options.json))
    found = look_for_newer(resolver, direct_only=options.direct)
    if options.json:
        desk.say(json.dumps(_value(found, situation.advice.source), indent=2))
    else:
        _show(found, situation, desk)
    return OUTSIDE if any(package.trouble for package in found.packages) else FINE


def _show(found: "Outdated", situation: "Situation", desk: Desk) -> None:
    from onward.cli.show import clean, paint_for

    paint = paint_for(desk)
    shown = [p for p in found.packages if p.outdated or p.ids or p.trouble]
    width = max((len(p.name) + len(p.version) + 1 for p in shown), default=0)
    for package in shown:
        head = f"{package.name} {package.version}".ljust(width)
        desk.say(f"{paint('1', head)}  {_gap(package)}")
        if package.ids:
            desk.say(f"    {paint('31', 'known weaknesses')}: {', '.join(package.ids)}")
        for why in package.why:
            desk.say(f"    {clean(why)}")
    if found.unpinned:
        desk.say(f"Neither locked nor pinned, so not compared: {', '.join(found.unpinned)}")
    outdated = sum(p.outdated for p in found.packages)
    troubled = sum(bool(p.trouble) for p in found.packages)
    desk.say(
        f"{len(found.packages)} packages looked at, {outdated} with something newer"
        + (f", {troubled} could not be looked up." if troubled else ".")
    )
    desk.say(f"Known weaknesses are those of the {situation.advice.source}.")
    if any(p.allowed for p in found.packages):
        desk.say(f"-> {_how_to_take(situation)}")


def _how_to_take(situation: "Situation") -> str:
    from onward.core.errors import BadInput
    from onward.workflows.project import editable_with_uv

    try:
        editable_with_uv(situation.project)
    except BadInput as error:
        return f"onward does not change these versions itself: {error.message}"
    return "`onward update` takes what is allowed and keeps what passes your tests."


def _gap(package: "Standing") -> str:
    if package.trouble:
        return f"could not be looked up: {package.trouble}"
    if not package.outdated:
        return "the newest there is"
    if package.allowed == package.newest:
        return f"-> {package.allowed}"
    if package.allowed:
        return f"-> {package.allowed}  (newest: {package.newest})"
    return f"stays  (newest: {package.newest})"


def _value(found: "Outdated", source: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "advisory_data": source,
        "packages": [
            {
                "name": package.name,
                "version": package.version,
                "allowed": package.allowed or None,
                "newest": package.newest or None,
                "why": list(package.why),
                "advisories": list(package.ids),
                "direct": package.direct,
                "trouble": package.trouble or None,
            }
            for package in found.packages
        ],
        "unpinned": list(found.unpinned),
    }
