"""``onward lock``: write uv.lock, judged, and install nothing."""

import argparse

from onward.cli.door import Desk
from onward.cli.options import change_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    change_arguments(parser, groups=False, sync=False)


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Lock, or say why not."""
    from onward.cli.changing import change
    from onward.workflows.lock import propose_lock

    return change(options, desk, propose_lock, sync=False)
