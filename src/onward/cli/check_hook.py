"""``onward check --hook`` and ``--install-hook``: what git asks before a commit or a push, and letting it ask."""

import argparse
import sys
from pathlib import Path

from onward.cli import hook_entry
from onward.cli.door import Desk
from onward.core.errors import FINE, REFUSED
from onward.workflows.hooks import STAGES, install, uninstall


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options about hooks."""
    what = parser.add_argument_group().add_mutually_exclusive_group()
    for name, text in (
        ("--install-hook", "let git check at every commit (or every push)"),
        ("--remove-hook", "let git no longer check at every commit (or every push)"),
        ("--hook", "be that hook: check what is committed, or what is pushed, and run the hooks of the project"),
    ):  # fmt: skip
        what.add_argument(name, choices=tuple(STAGES), nargs="?", const="commit", help=text)


def wanted(options: argparse.Namespace) -> bool:
    """Say whether one of these options was given."""
    return bool(options.install_hook or options.remove_hook or options.hook)


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Do what was asked about hooks, and give the exit code."""
    if options.install_hook:
        entry = Path(hook_entry.__file__).resolve()
        desk.say(install(desk.cwd, desk.env, options.install_hook, entry=entry))
        return FINE
    if options.remove_hook:
        desk.say(uninstall(desk.cwd, desk.env, options.remove_hook))
        return FINE
    from onward.cli.show_checked import show_checked
    from onward.workflows.hook_run import run_commit, run_push
    from onward.workflows.situation import open_situation

    situation = open_situation(desk.cwd, desk.env, desk.clock())
    if options.hook == "commit":
        runs = [run_commit(situation, desk.tell)]
    else:
        runs = list(run_push(situation, sys.stdin.read().splitlines(), desk.tell))
    for one in runs:
        what = "staged Python file" if options.hook == "commit" else "pushed Python file"
        show_checked(one.checked, desk, what=what, every_advice=options.all)
    good = all(one.passed and not one.checked.blocked for one in runs)
    return FINE if good else REFUSED
