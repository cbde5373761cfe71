"""Options that several verbs share. Imports nothing heavy: `onward VERB --help` should be quick."""

import argparse


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
