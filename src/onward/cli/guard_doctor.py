"""``onward guard doctor``: every way around the guard, and one sentence at the end."""

import argparse
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE, REFUSED

if TYPE_CHECKING:
    from onward.workflows.guard_doctor import Doctored


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "url",
        nargs="?",
        metavar="URL",
        help="the guard's index (default: the one that `guard on` has set, else the usual one)",
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Look; 1 when an enforced way around it is there, else 0."""
    from onward.cli.guard_on import place_of
    from onward.core.folders import cache_folder
    from onward.core.net import Net
    from onward.workflows.guard_configured import configured
    from onward.workflows.guard_doctor import doctor
    from onward.workflows.in_force import policy_in_force

    here = place_of(desk)
    known = configured(options.url, here)
    policy = policy_in_force(
        desk.cwd, env=desk.env, net=Net(desk.env), cache=cache_folder(desk.env)
    ).policy
    answer = doctor(known.guard, known.known_by, here, policy.rows, desk.clock().date())
    _show(answer, options, desk)
    return REFUSED if answer.decision.blocked else FINE


def _show(answer: "Doctored", options: argparse.Namespace, desk: Desk) -> None:
    from onward.cli.values import decision_value, standing
    from onward.workflows.guard_doctor import sentence

    told = standing(answer.decision)
    if options.json:
        value = decision_value(answer.decision)
        fixes = [
            [step.sentence for step in v.finding.fix.steps] if v.finding.fix else [] for v in told
        ]
        findings = [{**one, "fix": fix} for one, fix in zip(value["findings"], fixes, strict=True)]
        said = {
            "schema": 1,
            "address": answer.address,
            "known_by": answer.known_by,
            "clean": answer.clean,
            "sentence": sentence(answer),
            "looked_at": {
                "settings": answer.settings,
                "locks": answer.locks,
                "build_files": answer.lines,
                "variables": answer.variables,
            },
            **value,
            "findings": findings,
        }
        desk.say_json(said)
        return
    from onward.cli.show import show_verdicts

    show_verdicts(told, desk)
    desk.say(f"The guard is {answer.address} ({answer.known_by}).")
    desk.say(sentence(answer))
