"""``onward lock``: write uv.lock, judged, and install nothing."""

import argparse

from onward.cli.changing import change, change_arguments
from onward.cli.door import Desk
from onward.workflows.lock import propose_lock


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    change_arguments(parser, groups=False, sync=False)


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Lock, or say why not."""
    return change(options, desk, propose_lock, sync=False)
