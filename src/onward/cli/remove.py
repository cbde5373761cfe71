"""``onward remove``: take libraries out, and say where the code still imports them."""

import argparse
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.cli.options import change_arguments, group_options

if TYPE_CHECKING:
    from onward.workflows.proposal import Proposal
    from onward.workflows.resolve import Resolver


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "names", nargs="+", metavar="NAME", help="a library that the project declares"
    )
    change_arguments(parser)


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Show what leaves with it, and remove."""
    from onward.cli.changing import change
    from onward.workflows.remove import brought_by, propose_remove, still_imported

    where = group_options(options)

    def propose(resolver: "Resolver") -> "Proposal":
        proposal = propose_remove(resolver, options.names, where)
        for name, places in still_imported(resolver, proposal, options.names).items():
            shown = ", ".join(map(str, places[:3])) + (" ..." if len(places) > 3 else "")
            desk.tell(f"onward: the code still imports `{name}`: {shown}")
            if others := brought_by(proposal, name):
                desk.tell(f"  it is there only as long as {', '.join(others)} needs it")
        return proposal

    return change(options, desk, propose)
