"""``onward guard on`` and ``off``: the settings that let uv, pip, poetry and pdm go through the guard."""

import argparse
from typing import TYPE_CHECKING, Any

from onward.cli.door import Desk
from onward.core.errors import FINE, MENDABLE, OutsideFailed
from onward.domain.guard.ways import DEFAULT_GUARD

if TYPE_CHECKING:
    from onward.domain.guard.ways import Guarded
    from onward.workflows.guard_clients import Place, Switch

_CI = ("github", "gitlab", "env")


def arguments_on(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``on``."""
    parser.add_argument(
        "url",
        nargs="?",
        default=DEFAULT_GUARD,
        metavar="URL",
        help=f"the guard's index (default: {DEFAULT_GUARD})",
    )
    _shared(parser)
    parser.add_argument(
        "--force", action="store_true", help="also when no onward answers at URL now"
    )
    parser.add_argument(
        "--ci",
        choices=_CI,
        help="write nothing; print the variables for a CI service, or as NAME=VALUE",
    )


def arguments_off(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``off``."""
    _shared(parser)


def _shared(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--user", action="store_true", help="your own settings, for every project (the default)"
    )
    where.add_argument(
        "--project",
        action="store_true",
        help="the settings of this project, for everyone who works on it",
    )
    parser.add_argument(
        "--client",
        action="append",
        metavar="NAME",
        help="uv, pip, poetry or pdm; several with commas, or again for more (default: those in use)",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the plan, change nothing")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Plan, say it, do it."""
    from onward.core.folders import cache_folder
    from onward.domain.guard.ways import parse_guarded
    from onward.workflows.guard_clients import PROJECT, USER, do, plan_off, plan_on
    from onward.workflows.guard_records import Records
    from onward.workflows.situation import alone

    on = options.action == "on"
    guard = parse_guarded(options.url) if on else None
    if guard is not None and options.ci:
        _say_ci(guard, options, desk)
        return FINE
    place = place_of(desk)
    records = Records(desk.env, platform=place.platform)
    scope = PROJECT if options.project else USER
    root = place.root if options.project and place.root is not None else records.folder
    clients = [word.strip() for words in options.client or () for word in words.split(",")]
    with alone(root, cache_folder(desk.env)):
        if guard is not None:
            switch = plan_on(guard, scope, place, records, clients)
        else:
            switch = plan_off(scope, place, records, clients)
        silent = ""
        if guard is not None and switch.files:
            silent = _ask(guard, options, desk)
            switch = switch if silent else _with_note_on_logins(switch, guard, desk)
        if not options.dry_run:
            do(switch, root, records, started=desk.clock().isoformat())
    _show(switch, guard, silent, options, desk)
    return MENDABLE if switch.failed else FINE


def place_of(desk: Desk) -> "Place":
    """Give where a person stands: the environment, and the project when it is one."""
    from onward.core.errors import BadInput
    from onward.workflows.guard_clients import Place
    from onward.workflows.project import find_root

    try:
        root = find_root(desk.cwd)
    except BadInput:
        return Place(env=desk.env, system=desk.system)
    folder = root / (desk.env.get("UV_PROJECT_ENVIRONMENT") or ".venv")
    return Place(env=desk.env, root=root, environment=folder, system=desk.system)


def _ask(guard: "Guarded", options: argparse.Namespace, desk: Desk) -> str:
    """Give why nobody answers there, empty when an onward does; raises OutsideFailed where that has to stop us."""
    from onward.core.env import OFFLINE, is_offline
    from onward.core.net import Net
    from onward.workflows.guard_ask import silence

    why = f"{OFFLINE} is set, so it was not asked" if is_offline(desk.env) else ""
    why = why or silence(guard, Net(desk.env, attempts=1))
    if why and not options.force and not options.dry_run:
        raise OutsideFailed(
            "no-onward-there",
            f"no onward answers at {guard.url}, so nothing was written: installers would find nothing",
            context=(why,),
            hint="Start it (`onward guard serve`), or write the settings all the same with `--force`.",
        )
    return why


def _with_note_on_logins(switch: "Switch", guard: "Guarded", desk: Desk) -> "Switch":
    """Add to what a person should know that the guard lets only some read, and installers would not get in as it is."""
    import msgspec

    from onward.core.net import Net
    from onward.workflows.guard_ask import closed, installers_login

    login = installers_login(guard, desk.env)
    why = closed(guard, Net(desk.env, attempts=1), login)
    if not why:
        return switch
    where = "what the netrc file or UV_INDEX_ONWARD_GUARD_PASSWORD has" if login else "no login"
    note = f"with {where} installers are not let in there ({why}); see `onward guard token --help`"
    return msgspec.structs.replace(switch, notes=(*switch.notes, note))


def _variables(guard: "Guarded") -> dict[str, str]:
    from onward.workflows.guard_clients import CI_VARIABLES

    return dict.fromkeys(CI_VARIABLES, guard.url)


def _say_ci(guard: "Guarded", options: argparse.Namespace, desk: Desk) -> None:
    variables = _variables(guard)
    if options.json:
        desk.say_json({"schema": 1, "address": guard.url, "variables": variables})
        return
    if options.ci == "env":
        lines = [f"{name}={value}" for name, value in variables.items()]
    else:
        head = {"github": "env:", "gitlab": "variables:"}[options.ci]
        lines = [head, *(f'  {name}: "{value}"' for name, value in variables.items())]
    for line in lines:
        desk.say(line)
    desk.tell(
        "poetry has no variable for this: `onward guard on --project --client poetry` writes it into the project."
    )


def _show(
    switch: "Switch", guard: "Guarded | None", silent: str, options: argparse.Namespace, desk: Desk
) -> None:
    sentences = [step.sentence for step in switch.plan.steps]
    done = bool(sentences) and not options.dry_run
    if options.json:
        answer: dict[str, Any] = {
            "schema": 1,
            "address": guard.url if guard else None,
            "scope": "project" if options.project else "user",
            "done": done,
            "steps": sentences,
            "files": list(switch.files),
            "unchanged": list(switch.unchanged),
            "notes": list(switch.notes),
            "failed": [" ".join((error.message, *error.context)) for error in switch.failed],
        }
        if guard:
            answer |= {"answers": not silent if sentences else None, "variables": _variables(guard)}
        desk.say_json(answer)
        return
    for sentence in sentences:
        desk.say(("Done: " if done else "Plan: ") + sentence)
    for line in switch.unchanged:
        desk.say(f"As it is: {line}")
    if not sentences and not switch.unchanged:
        desk.say(
            "Nothing to do: no settings there name the guard." if not guard else "Nothing to do."
        )
    if silent:
        desk.say(f"! No onward answers there now: {silent}")
    for note in switch.notes:
        desk.say(f"Note: {note}.")
    for error in switch.failed:
        desk.tell(
            "\n  ".join((f"! Not done: {error.message}", *error.context, error.hint or "")).rstrip()
        )
    if guard is None or not sentences:
        return
    desk.say()
    desk.say(
        "Where there are no such files (CI, containers), these variables do the same for uv, pip and pdm:"
    )
    for name, value in _variables(guard).items():
        desk.say(f"  {name}={value}")
    way = (
        "`onward undo` or `onward guard off --project`" if options.project else "`onward guard off`"
    )
    desk.say(f"{way} takes it back; `onward guard doctor` shows what still goes elsewhere.")
