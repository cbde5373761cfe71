"""``onward add``: libraries, each one judged before it is installed."""

import argparse

from onward.cli.changing import change, change_arguments, group_options
from onward.cli.door import Desk
from onward.workflows.add import propose_add


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "requirements", nargs="+", metavar="NAME", help="a name, with a version range if you like"
    )
    change_arguments(parser)


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Judge, show, and add unless refused."""
    where = group_options(options)
    return change(
        options, desk, lambda resolver: propose_add(resolver, options.requirements, where)
    )
