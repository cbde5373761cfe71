"""Options that several verbs share. Imports nothing heavy: `onward VERB --help` should be quick."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onward.cli.door import Desk


def change_arguments(
    parser: argparse.ArgumentParser, *, groups: bool = True, sync: bool = True
) -> None:
    """Declare the options that all changing commands share."""
    if groups:
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--dev", action="store_true", help="the development group")
        where.add_argument("--group", metavar="NAME", help="a dependency group (PEP 735)")
        where.add_argument(
            "--optional", metavar="EXTRA", help="an extra that users of the project may ask for"
        )
    if sync:
        parser.add_argument(
            "--no-sync", action="store_true", help="change the files only, install nothing"
        )
    parser.add_argument(
        "--dry-run", action="store_true", help="show the plan and the judgement, change nothing"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def group_options(options: argparse.Namespace) -> tuple[str, ...]:
    """Give uv's words for the chosen group."""
    if options.dev:
        return ("--dev",)
    if options.group:
        return ("--group", options.group)
    return ("--optional", options.optional) if options.optional else ()


def server_data_argument(parser: argparse.ArgumentParser) -> None:
    """Declare ``--data`` for what works on a server's data folder."""
    parser.add_argument(
        "--data", metavar="DIR", help="the server's data folder (default: per user)"
    )


def server_data(options: argparse.Namespace, desk: "Desk") -> Path:
    """Give the data folder of the server that is meant; raises BadInput where this user has none."""
    from onward.core.folders import data_folder

    return (desk.cwd / options.data) if options.data else data_folder(desk.env) / "guard"


def seconds(text: str) -> float:
    """Read how long something may take, at most an hour: NaN, infinity and less than nothing are no time."""
    if not text.isdecimal() or int(text) > 3600:
        raise argparse.ArgumentTypeError(f"`{text}` is no number of seconds up to 3600")
    return float(text)
