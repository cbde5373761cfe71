"""``onward add``: libraries, each one judged before it is installed."""

import argparse

from onward.cli.door import Desk
from onward.cli.options import change_arguments, group_options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "requirements", nargs="+", metavar="NAME", help="a name, with a version range if you like"
    )
    change_arguments(parser)


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Judge, show, and add unless refused."""
    from onward.cli.changing import change
    from onward.workflows.add import propose_add

    where = group_options(options)
    return change(
        options, desk, lambda resolver: propose_add(resolver, options.requirements, where)
    )
