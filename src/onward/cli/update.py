"""``onward update``: raise versions, run the tests, keep what passes."""

import argparse
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE, REFUSED

if TYPE_CHECKING:
    from onward.workflows.resolve import Resolver
    from onward.workflows.update import UpdatePlan

_TEST_SECONDS = 1800.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="only these, indirect ones too (default: all)"
    )
    parser.add_argument(
        "--security", action="store_true", help="only what mends a known weakness, no further"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the plan, change nothing")
    parser.add_argument(
        "--no-test", action="store_true", help="take all of it; nothing is proven then"
    )
    parser.add_argument("--test-command", metavar="CMD", help="what to run as the tests")
    parser.add_argument(
        "--test-timeout",
        metavar="SECONDS",
        type=float,
        default=_TEST_SECONDS,
        help="how long one run of the tests may take (default: 1800)",
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Plan, show, try, keep what passes; 1 when nothing could be kept or the policy blocks."""
    from onward.cli.changing import listener, refuse, reopened
    from onward.cli.show_update import show_nothing, show_plan, show_updated, updated_value
    from onward.workflows.own_tests import find_tests
    from onward.workflows.project import editable_with_uv
    from onward.workflows.resolve import Resolver
    from onward.workflows.situation import working_on
    from onward.workflows.sync import write_stamp
    from onward.workflows.undo import bring_in_step
    from onward.workflows.update_trial import carry_out_update

    listen = listener(desk, quiet=options.json)
    with working_on(desk.cwd, desk.env, desk.clock(), listen) as (situation, stale):
        editable_with_uv(situation.project)
        if stale:
            bring_in_step(situation.project.root, desk.env, desk.clock())
        tests = None if options.no_test else find_tests(situation.project, options.test_command)
        resolver = Resolver(situation, situation.judge(), listen)
        plan = _plan(options, resolver)
        if not plan.proposal.possible:
            return refuse(plan.proposal, situation, options, desk)
        if not options.json:
            show_plan(plan, desk)
        if not plan.updates or options.dry_run:
            if options.json:
                desk.say(updated_value(plan, None, tests))
            else:
                show_nothing(plan, tests, desk)
            return FINE
        done = carry_out_update(resolver, plan, tests, timeout=options.test_timeout, listen=listen)
        if not done.rolled_back:
            write_stamp(reopened(situation, desk))
    if options.json:
        desk.say(updated_value(plan, done, tests))
    else:
        show_updated(plan, done, tests, desk)
    return REFUSED if done.rolled_back else FINE


def _plan(options: argparse.Namespace, resolver: "Resolver") -> "UpdatePlan":
    from onward.workflows.update import names_to_update, plan_update
    from onward.workflows.update_security import plan_security

    names = names_to_update(resolver.situation.project, options.names)
    resolver.listen("start", "Resolving, and judging each release")
    return plan_security(resolver, names) if options.security else plan_update(resolver, names)
