"""``onward remove``: take libraries out, and say where the code still imports them."""

import argparse

from onward.cli.door import Desk
from onward.cli.options import change_arguments, group_options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "names", nargs="+", metavar="NAME", help="a library that the project declares"
    )
    change_arguments(parser)


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Show what leaves with it, and remove."""
    from onward.cli.changing import change
    from onward.workflows.remove import propose_remove

    where = group_options(options)
    return change(options, desk, lambda resolver: propose_remove(resolver, options.names, where))
